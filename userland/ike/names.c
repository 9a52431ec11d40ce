// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of exchanges, payloads, notifications and authentication methods, as the RFCs spell them.
 */
#include <stdio.h>

#include "payload.h"

struct name {
	uint16_t number;
	const char *text;
};

static const struct name exchanges[] = {
	{ IKE_EXCHANGE_SA_INIT, "IKE_SA_INIT" },
	{ IKE_EXCHANGE_AUTH, "IKE_AUTH" },
	{ IKE_EXCHANGE_CREATE_CHILD_SA, "CREATE_CHILD_SA" },
	{ IKE_EXCHANGE_INFORMATIONAL, "INFORMATIONAL" },
	{ IKE_EXCHANGE_SESSION_RESUME, "IKE_SESSION_RESUME" },
	{ IKE_EXCHANGE_INTERMEDIATE, "IKE_INTERMEDIATE" },
};

static const struct name payloads[] = {
	{ IKE_PAYLOAD_NONE, "none" },
	{ IKE_PAYLOAD_SA, "SA" },
	{ IKE_PAYLOAD_KE, "KE" },
	{ IKE_PAYLOAD_IDI, "IDi" },
	{ IKE_PAYLOAD_IDR, "IDr" },
	{ IKE_PAYLOAD_CERT, "CERT" },
	{ IKE_PAYLOAD_CERTREQ, "CERTREQ" },
	{ IKE_PAYLOAD_AUTH, "AUTH" },
	{ IKE_PAYLOAD_NONCE, "Nonce" },
	{ IKE_PAYLOAD_NOTIFY, "N" },
	{ IKE_PAYLOAD_DELETE, "D" },
	{ IKE_PAYLOAD_VENDOR, "V" },
	{ IKE_PAYLOAD_TSI, "TSi" },
	{ IKE_PAYLOAD_TSR, "TSr" },
	{ IKE_PAYLOAD_SK, "SK" },
	{ IKE_PAYLOAD_CP, "CP" },
	{ IKE_PAYLOAD_EAP, "EAP" },
	{ IKE_PAYLOAD_SKF, "SKF" },
};

#define N(name) { IKE_N_##name, #name }
static const struct name notifications[] = {
	N(UNSUPPORTED_CRITICAL_PAYLOAD), N(INVALID_IKE_SPI), N(INVALID_MAJOR_VERSION), N(INVALID_SYNTAX),
	N(INVALID_MESSAGE_ID), N(INVALID_SPI), N(NO_PROPOSAL_CHOSEN), N(INVALID_KE_PAYLOAD),
	N(AUTHENTICATION_FAILED), N(SINGLE_PAIR_REQUIRED), N(NO_ADDITIONAL_SAS), N(INTERNAL_ADDRESS_FAILURE),
	N(FAILED_CP_REQUIRED), N(TS_UNACCEPTABLE), N(INVALID_SELECTORS), N(UNACCEPTABLE_ADDRESSES),
	N(UNEXPECTED_NAT_DETECTED), N(TEMPORARY_FAILURE), N(CHILD_SA_NOT_FOUND), N(INITIAL_CONTACT),
	N(SET_WINDOW_SIZE), N(ADDITIONAL_TS_POSSIBLE), N(IPCOMP_SUPPORTED), N(NAT_DETECTION_SOURCE_IP),
	N(NAT_DETECTION_DESTINATION_IP), N(COOKIE), N(USE_TRANSPORT_MODE), N(HTTP_CERT_LOOKUP_SUPPORTED),
	N(REKEY_SA), N(ESP_TFC_PADDING_NOT_SUPPORTED), N(NON_FIRST_FRAGMENTS_ALSO), N(MOBIKE_SUPPORTED),
	N(ADDITIONAL_IP4_ADDRESS), N(ADDITIONAL_IP6_ADDRESS), N(NO_ADDITIONAL_ADDRESSES),
	N(UPDATE_SA_ADDRESSES), N(COOKIE2), N(NO_NATS_ALLOWED), N(AUTH_LIFETIME), N(MULTIPLE_AUTH_SUPPORTED),
	N(ANOTHER_AUTH_FOLLOWS), N(REDIRECT_SUPPORTED), N(REDIRECT), N(REDIRECTED_FROM), N(TICKET_REQUEST),
	N(EAP_ONLY_AUTHENTICATION), N(CHILDLESS_IKEV2_SUPPORTED), N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED),
	{ IKE_N_FRAGMENTATION_SUPPORTED, "IKEV2_FRAGMENTATION_SUPPORTED" },
	N(SIGNATURE_HASH_ALGORITHMS), N(USE_PPK), N(INTERMEDIATE_EXCHANGE_SUPPORTED),
};
#undef N

static const struct name methods[] = {
	{ IKE_AUTH_RSA_SIGNATURE, "RSA signature" },
	{ IKE_AUTH_PSK, "pre-shared key" },
	{ IKE_AUTH_DSS_SIGNATURE, "DSS signature" },
	{ IKE_AUTH_ECDSA_256, "ECDSA P-256" },
	{ IKE_AUTH_ECDSA_384, "ECDSA P-384" },
	{ IKE_AUTH_ECDSA_521, "ECDSA P-521" },
	{ IKE_AUTH_NULL, "NULL authentication" },
	{ IKE_AUTH_DIGITAL_SIGNATURE, "digital signature" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Several unknown ones may stand in one log line, hence a ring per thread. */
static const char *name_of(const struct name *table, size_t n, const char *kind, uint16_t number)
{
	static _Thread_local char ring[4][32];
	static _Thread_local unsigned int next;
	char *buf;

	for (size_t i = 0; i < n; i++)
		if (table[i].number == number)
			return table[i].text;
	buf = ring[next++ % COUNT(ring)];
	snprintf(buf, sizeof(ring[0]), "%s %u", kind, number);
	return buf;
}

const char *ike_exchange_name(uint8_t exchange)
{
	return name_of(exchanges, COUNT(exchanges), "exchange", exchange);
}

const char *ike_payload_name(uint8_t type)
{
	return name_of(payloads, COUNT(payloads), "payload", type);
}

const char *ike_notify_name(uint16_t type)
{
	return name_of(notifications, COUNT(notifications), "notification", type);
}

const char *ike_auth_method_name(uint8_t method)
{
	return name_of(methods, COUNT(methods), "method", method);
}

bool ike_payload_known(uint8_t type)
{
	for (size_t i = 0; i < COUNT(payloads); i++)
		if (payloads[i].number == type)
			return true;
	return false;
}
