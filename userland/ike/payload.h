/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKEv2 messages on the wire (RFC 7296 section 3, RFC 7383 section 2.5): header, chain of payloads, and each
 * payload's body. Structure only: what an exchange permits or means is decided elsewhere.
 *
 * Decoders point into the datagram, which must outlive what they fill. Each returns false for a malformed
 * body and then leaves a static text in *@why, which may be NULL, that fits behind "malformed: ".
 * Encoders add to a struct ike_chain, whose error is sticky.
 */
#ifndef DVTI_IKE_PAYLOAD_H
#define DVTI_IKE_PAYLOAD_H

#include "addr.h"
#include "buf.h"
#include "id.h"
#include "suite.h"
#include "ts.h"

#define IKE_HEADER_LEN 28
#define IKE_PAYLOAD_HEADER_LEN 4
#define IKE_VERSION_2 0x20
#define IKE_NONCE_MIN 16        /* RFC 7296 section 3.9 */
#define IKE_NONCE_MAX 256

enum ike_exchange {
	IKE_EXCHANGE_SA_INIT = 34,
	IKE_EXCHANGE_AUTH = 35,
	IKE_EXCHANGE_CREATE_CHILD_SA = 36,
	IKE_EXCHANGE_INFORMATIONAL = 37,
	IKE_EXCHANGE_SESSION_RESUME = 38,
	IKE_EXCHANGE_INTERMEDIATE = 43,
};

enum ike_flag {
	IKE_FLAG_INITIATOR = 0x08,
	IKE_FLAG_VERSION = 0x10,
	IKE_FLAG_RESPONSE = 0x20,
};

enum ike_payload_type {
	IKE_PAYLOAD_NONE = 0,
	IKE_PAYLOAD_SA = 33,
	IKE_PAYLOAD_KE = 34,
	IKE_PAYLOAD_IDI = 35,
	IKE_PAYLOAD_IDR = 36,
	IKE_PAYLOAD_CERT = 37,
	IKE_PAYLOAD_CERTREQ = 38,
	IKE_PAYLOAD_AUTH = 39,
	IKE_PAYLOAD_NONCE = 40,
	IKE_PAYLOAD_NOTIFY = 41,
	IKE_PAYLOAD_DELETE = 42,
	IKE_PAYLOAD_VENDOR = 43,
	IKE_PAYLOAD_TSI = 44,
	IKE_PAYLOAD_TSR = 45,
	IKE_PAYLOAD_SK = 46,
	IKE_PAYLOAD_CP = 47,
	IKE_PAYLOAD_EAP = 48,
	IKE_PAYLOAD_SKF = 53,
};

/* IANA "IKEv2 Notify Message Error Types" and "Status Types": those that are used or worth a name in a log. */
enum ike_notify_type {
	IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	IKE_N_INVALID_IKE_SPI = 4,
	IKE_N_INVALID_MAJOR_VERSION = 5,
	IKE_N_INVALID_SYNTAX = 7,
	IKE_N_INVALID_MESSAGE_ID = 9,
	IKE_N_INVALID_SPI = 11,
	IKE_N_NO_PROPOSAL_CHOSEN = 14,
	IKE_N_INVALID_KE_PAYLOAD = 17,
	IKE_N_AUTHENTICATION_FAILED = 24,
	IKE_N_SINGLE_PAIR_REQUIRED = 34,
	IKE_N_NO_ADDITIONAL_SAS = 35,
	IKE_N_INTERNAL_ADDRESS_FAILURE = 36,
	IKE_N_FAILED_CP_REQUIRED = 37,
	IKE_N_TS_UNACCEPTABLE = 38,
	IKE_N_INVALID_SELECTORS = 39,
	IKE_N_UNACCEPTABLE_ADDRESSES = 40,
	IKE_N_UNEXPECTED_NAT_DETECTED = 41,
	IKE_N_TEMPORARY_FAILURE = 43,
	IKE_N_CHILD_SA_NOT_FOUND = 44,
	IKE_N_ERROR_LAST = 16383,
	IKE_N_INITIAL_CONTACT = 16384,
	IKE_N_SET_WINDOW_SIZE = 16385,
	IKE_N_ADDITIONAL_TS_POSSIBLE = 16386,
	IKE_N_IPCOMP_SUPPORTED = 16387,
	IKE_N_NAT_DETECTION_SOURCE_IP = 16388,
	IKE_N_NAT_DETECTION_DESTINATION_IP = 16389,
	IKE_N_COOKIE = 16390,
	IKE_N_USE_TRANSPORT_MODE = 16391,
	IKE_N_HTTP_CERT_LOOKUP_SUPPORTED = 16392,
	IKE_N_REKEY_SA = 16393,
	IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED = 16394,
	IKE_N_NON_FIRST_FRAGMENTS_ALSO = 16395,
	IKE_N_MOBIKE_SUPPORTED = 16396,
	IKE_N_ADDITIONAL_IP4_ADDRESS = 16397,
	IKE_N_ADDITIONAL_IP6_ADDRESS = 16398,
	IKE_N_NO_ADDITIONAL_ADDRESSES = 16399,
	IKE_N_UPDATE_SA_ADDRESSES = 16400,
	IKE_N_COOKIE2 = 16401,
	IKE_N_NO_NATS_ALLOWED = 16402,
	IKE_N_AUTH_LIFETIME = 16403,
	IKE_N_MULTIPLE_AUTH_SUPPORTED = 16404,
	IKE_N_ANOTHER_AUTH_FOLLOWS = 16405,
	IKE_N_REDIRECT_SUPPORTED = 16406,
	IKE_N_REDIRECT = 16407,
	IKE_N_REDIRECTED_FROM = 16408,
	IKE_N_TICKET_REQUEST = 16411,
	IKE_N_EAP_ONLY_AUTHENTICATION = 16417,
	IKE_N_CHILDLESS_IKEV2_SUPPORTED = 16418,
	IKE_N_IKEV2_MESSAGE_ID_SYNC_SUPPORTED = 16420,
	IKE_N_FRAGMENTATION_SUPPORTED = 16430,
	IKE_N_SIGNATURE_HASH_ALGORITHMS = 16431,
	IKE_N_USE_PPK = 16435,
	IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED = 16438,
};

enum ike_auth_method {
	IKE_AUTH_RSA_SIGNATURE = 1,
	IKE_AUTH_PSK = 2,
	IKE_AUTH_DSS_SIGNATURE = 3,
	IKE_AUTH_ECDSA_256 = 9,
	IKE_AUTH_ECDSA_384 = 10,
	IKE_AUTH_ECDSA_521 = 11,
	IKE_AUTH_NULL = 13,
	IKE_AUTH_DIGITAL_SIGNATURE = 14,
};

enum ike_cp_type { IKE_CP_REQUEST = 1, IKE_CP_REPLY = 2, IKE_CP_SET = 3, IKE_CP_ACK = 4 };

enum ike_cp_attr_type {
	IKE_CP_INTERNAL_IP4_ADDRESS = 1,
	IKE_CP_INTERNAL_IP4_NETMASK = 2,
	IKE_CP_INTERNAL_IP4_DNS = 3,
	IKE_CP_INTERNAL_IP4_NBNS = 4,
	IKE_CP_INTERNAL_IP4_DHCP = 6,
	IKE_CP_APPLICATION_VERSION = 7,
	IKE_CP_INTERNAL_IP6_ADDRESS = 8,        /* address and prefix length: 17 octets */
	IKE_CP_INTERNAL_IP6_DNS = 10,
	IKE_CP_INTERNAL_IP6_DHCP = 12,
	IKE_CP_INTERNAL_IP4_SUBNET = 13,        /* address and mask: 8 octets */
	IKE_CP_SUPPORTED_ATTRIBUTES = 14,
	IKE_CP_INTERNAL_IP6_SUBNET = 15,        /* address and prefix length: 17 octets */
	IKE_CP_INTERNAL_DNS_DOMAIN = 25,
};

/* Names for log lines, as the RFCs spell them; "exchange 99" and so on for others, from a static ring. */
const char *ike_exchange_name(uint8_t exchange);
const char *ike_payload_name(uint8_t type);
const char *ike_notify_name(uint16_t type);
const char *ike_auth_method_name(uint8_t method);
static inline bool ike_notify_is_error(uint16_t type) { return type <= IKE_N_ERROR_LAST; }
bool ike_payload_known(uint8_t type); /* for the Critical bit (RFC 7296 section 2.5) */

/** struct ike_header - of every message; SPIs as numbers whose big-endian form is on the wire */
struct ike_header {
	uint64_t spi_i, spi_r;
	uint8_t next_payload;
	uint8_t version;        /* IKE_VERSION_2 */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length;        /* whole message; filled in by the encoders */
};

/**
 * ike_header_decode() - read and check the header of a datagram
 *
 * The length must be that of the datagram. The version is not judged (a responder answers
 * INVALID_MAJOR_VERSION to it), nor are flags and exchange.
 */
bool ike_header_decode(const uint8_t *data, size_t len, struct ike_header *h, const char **why);

/**
 * struct ike_payload - one payload where it lies
 * @next: type of the payload after it; of SK and SKF, of the first one inside
 * @body: behind the generic header
 */
struct ike_payload {
	uint8_t type;
	uint8_t next;
	bool critical;
	const uint8_t *body;
	size_t len;
};

#define IKE_PAYLOADS_MAX 64

struct ike_payloads {
	struct ike_payload p[IKE_PAYLOADS_MAX];
	size_t n;
};

/**
 * ike_payloads_decode() - walk a chain
 * @first: type of the first payload
 * @data, @len: all payloads: behind the header, or the plaintext of SK
 *
 * SK and SKF end the chain and must come last. The payloads must fill @len exactly.
 */
bool ike_payloads_decode(uint8_t first, const uint8_t *data, size_t len, struct ike_payloads *out,
			 const char **why);
const struct ike_payload *ike_payloads_find(const struct ike_payloads *ps, uint8_t type); /* first, or NULL */
size_t ike_payloads_count(const struct ike_payloads *ps, uint8_t type);
/* The first payload of a type that nobody here knows whose Critical bit is set, or NULL. */
const struct ike_payload *ike_payloads_critical(const struct ike_payloads *ps);

/* Bodies. All take (body, len) of a struct ike_payload. */

/**
 * ike_sa_decode() - proposals of an SA payload
 * @n: how many of at most @max were filled in; what goes beyond @max or IKE_TRANSFORMS_MAX is checked and left out
 *
 * A transform with an attribute that is not understood stays in, with key_bits IKE_KEY_BITS_UNUSABLE, so that
 * it matches nothing.
 */
bool ike_sa_decode(const uint8_t *body, size_t len, struct ike_proposal *out, size_t max, size_t *n,
		   const char **why);

struct ike_ke {
	uint16_t group;
	struct ike_bytes data;
};
bool ike_ke_decode(const uint8_t *body, size_t len, struct ike_ke *ke, const char **why);

bool ike_id_decode(const uint8_t *body, size_t len, struct ike_id *id, const char **why);

struct ike_auth {
	uint8_t method;
	struct ike_bytes data;
};
bool ike_auth_decode(const uint8_t *body, size_t len, struct ike_auth *auth, const char **why);

bool ike_nonce_decode(const uint8_t *body, size_t len, struct ike_bytes *nonce, const char **why);

struct ike_notify {
	uint16_t type;
	uint8_t protocol;       /* 0 when it is about the IKE SA */
	struct ike_bytes spi;   /* 0, 4 or 8 octets */
	struct ike_bytes data;
};
bool ike_notify_decode(const uint8_t *body, size_t len, struct ike_notify *n, const char **why);
/* First notification of that type among the payloads; malformed ones are passed over. */
bool ike_notify_find(const struct ike_payloads *ps, uint16_t type, struct ike_notify *n);
/* First error notification; @index (may be NULL) is where to go on, start with 0. */
bool ike_notify_next_error(const struct ike_payloads *ps, size_t *index, struct ike_notify *n);
uint32_t ike_notify_spi4(const struct ike_notify *n); /* SPI of 4 octets, host byte order; 0 when there is none */

struct ike_delete {
	uint8_t protocol;
	uint8_t spi_len;        /* 0 for the IKE SA */
	uint16_t n;
	const uint8_t *spis;    /* @n times @spi_len octets */
};
bool ike_delete_decode(const uint8_t *body, size_t len, struct ike_delete *d, const char **why);
uint32_t ike_delete_spi4(const struct ike_delete *d, size_t i); /* host byte order */

/* Selectors of types other than IPv4 and IPv6 ranges are checked for structure and left out. */
bool ike_ts_decode(const uint8_t *body, size_t len, struct ike_ts *out, size_t max, size_t *n, const char **why);

#define IKE_CP_ATTRS_MAX 256

struct ike_cp_attr {
	uint16_t type;
	struct ike_bytes value;
};

struct ike_cp {
	uint8_t type;
	size_t n;
	struct ike_cp_attr a[IKE_CP_ATTRS_MAX];
};
bool ike_cp_decode(const uint8_t *body, size_t len, struct ike_cp *cp, const char **why);
/* Value of an INTERNAL_IP4/6_ADDRESS or _DNS as an address; of a _SUBNET as a prefix. False: not one, or empty. */
bool ike_cp_attr_addr(const struct ike_cp_attr *a, struct ike_addr *addr);
bool ike_cp_attr_prefix(const struct ike_cp_attr *a, struct ike_prefix *prefix);

/** struct ike_cert - CERT or CERTREQ; the encoding decides what data is */
struct ike_cert {
	uint8_t encoding;
	struct ike_bytes data;
};
bool ike_cert_decode(const uint8_t *body, size_t len, struct ike_cert *cert, const char **why);

/** struct ike_skf - fragment header (RFC 7383 section 2.5), before IV, ciphertext and checksum */
struct ike_skf {
	uint16_t number;        /* from 1 */
	uint16_t total;
};
bool ike_skf_decode(const uint8_t *body, size_t len, struct ike_skf *skf, const char **why);

/**
 * struct ike_chain - payloads being written
 *
 * Zero-initialised is empty. Goes into a message by ike_message_encode() or ike_sk_seal() (crypto.h).
 */
struct ike_chain {
	struct ike_writer w;
	uint8_t first;          /* type of the first payload */
	size_t last;            /* offset of the last payload's header */
};

void ike_chain_free(struct ike_chain *c);
bool ike_chain_ok(const struct ike_chain *c);
void ike_chain_begin(struct ike_chain *c, uint8_t type); /* then write the body into @c->w */
void ike_chain_end(struct ike_chain *c);
void ike_chain_raw(struct ike_chain *c, uint8_t type, const void *body, size_t len); /* NONCE, VENDOR, EAP, … */
void ike_chain_sa(struct ike_chain *c, const struct ike_proposal *p, size_t n);
void ike_chain_ke(struct ike_chain *c, uint16_t group, const void *data, size_t len);
void ike_chain_id(struct ike_chain *c, uint8_t type, const struct ike_id *id); /* IDI or IDR */
void ike_chain_auth(struct ike_chain *c, uint8_t method, const void *data, size_t len);
void ike_chain_notify(struct ike_chain *c, uint16_t type, const void *data, size_t len); /* about the IKE SA */
void ike_chain_notify_spi(struct ike_chain *c, uint16_t type, uint8_t protocol, uint32_t spi,
			  const void *data, size_t len);
void ike_chain_delete_ike(struct ike_chain *c);
void ike_chain_delete_esp(struct ike_chain *c, const uint32_t *spis, size_t n); /* host byte order */
void ike_chain_ts(struct ike_chain *c, uint8_t type, const struct ike_ts *ts, size_t n); /* TSI or TSR */
void ike_chain_cp(struct ike_chain *c, uint8_t type, const struct ike_cp_attr *a, size_t n);
void ike_chain_cert(struct ike_chain *c, uint8_t type, uint8_t encoding, const void *data, size_t len);

/* Body of an ID payload (type, three reserved octets, data), as AUTH covers it; for ike_auth_octets(). */
void ike_id_encode(struct ike_writer *w, const struct ike_id *id);
/* CP attribute values out of addresses; @storage must live as long as the attribute. */
#define IKE_CP_VALUE_MAX 17
struct ike_cp_attr ike_cp_make_addr(uint16_t type, const struct ike_addr *addr, uint8_t storage[IKE_CP_VALUE_MAX]);
struct ike_cp_attr ike_cp_make_prefix(uint16_t type, const struct ike_prefix *p, uint8_t storage[IKE_CP_VALUE_MAX]);

void ike_header_encode(struct ike_writer *w, const struct ike_header *h);
/* A message in the clear; length and next_payload of @h are computed. False when out of memory or too long. */
bool ike_message_encode(struct ike_writer *out, const struct ike_header *h, const struct ike_chain *c);

#endif
