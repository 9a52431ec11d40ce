/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities of IKE peers (RFC 7296 section 3.5) and patterns that match them.
 */
#ifndef DVTI_IKE_ID_H
#define DVTI_IKE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ike_id_type {
	IKE_ID_NONE = 0,
	IKE_ID_IPV4_ADDR = 1,
	IKE_ID_FQDN = 2,
	IKE_ID_RFC822_ADDR = 3,
	IKE_ID_IPV6_ADDR = 5,
	IKE_ID_DER_ASN1_DN = 9,
	IKE_ID_DER_ASN1_GN = 10,
	IKE_ID_KEY_ID = 11,
};

#define IKE_ID_MAX 256          /* octets; longer identities are refused */
#define IKE_ID_STRLEN 320

struct ike_id {
	uint8_t type;
	uint16_t len;
	uint8_t data[IKE_ID_MAX];
};

enum ike_id_match_kind {
	IKE_ID_MATCH_ANY,
	IKE_ID_MATCH_DOMAIN,    /* FQDN or RFC822 whose domain is, or ends in, @id: "fqdn *.example.com" */
	IKE_ID_MATCH_PREFIX,    /* address within a prefix: "address 192.0.2.0/24"; @id.data holds the address */
	IKE_ID_MATCH_EXACT,
};

struct ike_id_match {
	enum ike_id_match_kind kind;
	uint8_t prefix_len;
	struct ike_id id;
};

/*
 * Text forms: "fqdn hub.example.com", "email joe@example.com", "address 192.0.2.1", "key-id branch7",
 * "key-id 0x0102", "dn CN=hub,O=Example", or, without the first word, by form as other daemons do it.
 */
bool ike_id_parse(struct ike_id *id, const char *text);
bool ike_id_match_parse(struct ike_id_match *m, const char *text); /* also "any", wildcards, prefixes */
bool ike_id_equal(const struct ike_id *a, const struct ike_id *b); /* FQDN and domains without case */
/* 0 for no match, else the higher the more specific: any < domain or prefix (by length) < exact. */
unsigned int ike_id_match(const struct ike_id_match *m, const struct ike_id *id);
const char *ike_id_text(const struct ike_id *id, char buf[IKE_ID_STRLEN]); /* "fqdn hub.example.com" */

const char *ike_id_match_text(const struct ike_id_match *m, char buf[IKE_ID_STRLEN]); /* "fqdn *.example.com" */

#endif
