// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities: text to octets and back, equality, and patterns.
 */
#include <ctype.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "id.h"

static bool set_data(struct ike_id *id, uint8_t type, const void *data, size_t len)
{
	*id = (struct ike_id){ .type = type };
	if (!len || len > IKE_ID_MAX)
		return false;
	memcpy(id->data, data, len);
	id->len = (uint16_t)len;
	return true;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

static bool parse_fqdn(struct ike_id *id, const char *text)
{
	return printable(text) && set_data(id, IKE_ID_FQDN, text, strlen(text));
}

static bool parse_email(struct ike_id *id, const char *text)
{
	const char *at = strchr(text, '@');

	return printable(text) && at && at != text && at[1] && set_data(id, IKE_ID_RFC822_ADDR, text, strlen(text));
}

static bool parse_address(struct ike_id *id, const char *text)
{
	struct ike_addr a;

	return ike_addr_parse(&a, text) && !a.scope &&
	       set_data(id, a.family == AF_INET ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR, a.bytes, ike_addr_size(&a));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool parse_key_id(struct ike_id *id, const char *text)
{
	uint8_t data[IKE_ID_MAX];
	size_t len = strlen(text);

	if (strncmp(text, "0x", 2))
		return set_data(id, IKE_ID_KEY_ID, text, len);
	text += 2;
	len -= 2;
	if (len % 2 || len / 2 > sizeof(data))
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		data[i] = (uint8_t)(high << 4 | low);
	}
	return set_data(id, IKE_ID_KEY_ID, data, len / 2);
}

/*
 * One "CN=value" into @name; a backslash takes the next character as it is. @set: -1 to join the RDN before it.
 * Returns where it ends.
 */
static const char *parse_rdn(X509_NAME *name, const char *text, int set)
{
	unsigned char value[IKE_ID_MAX];
	char field[64];
	size_t n = 0, len;

	text += strspn(text, " ");
	len = strcspn(text, "=,+");
	if (text[len] != '=' || !len || len >= sizeof(field))
		return NULL;
	memcpy(field, text, len);
	field[len] = '\0';
	text += len + 1;
	for (; *text && *text != ',' && *text != '+'; text++) {
		if (*text == '\\' && !*++text)
			return NULL;
		if (n == sizeof(value))
			return NULL;
		value[n++] = (unsigned char)*text;
	}
	/* Text type by value, as certificates have it: PrintableString where it fits, else UTF8String. */
	if (!n || !X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, value, (int)n, -1, set))
		return NULL;
	return text;
}

static bool parse_dn(struct ike_id *id, const char *text)
{
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	bool ok = name && *text;
	int len;

	for (int set = 0; ok && *text;) {
		text = parse_rdn(name, text, set);
		ok = text && (!*text || text[1]);
		if (ok && *text)
			set = *text++ == '+' ? -1 : 0;
	}
	len = ok ? i2d_X509_NAME(name, &der) : -1;
	ok = len > 0 && set_data(id, IKE_ID_DER_ASN1_DN, der, (size_t)len);
	OPENSSL_free(der);
	X509_NAME_free(name);
	return ok;
}

typedef bool (*parse_fn)(struct ike_id *id, const char *text);

static const struct {
	const char *word;
	parse_fn parse;
} forms[] = {
	{ "fqdn", parse_fqdn },
	{ "email", parse_email },
	{ "address", parse_address },
	{ "key-id", parse_key_id },
	{ "dn", parse_dn },
};

/* The form whose word @text begins with, NULL for none; @text moves behind the word and its blanks. */
static parse_fn form_of(const char **text)
{
	size_t len = strcspn(*text, " \t");

	if (!(*text)[len])
		return NULL;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strlen(forms[i].word) != len || strncmp(forms[i].word, *text, len))
			continue;
		*text += len + strspn(*text + len, " \t");
		return forms[i].parse;
	}
	return NULL;
}

bool ike_id_parse(struct ike_id *id, const char *text)
{
	parse_fn parse = form_of(&text);
	const char *at = strchr(text, '@');

	*id = (struct ike_id){ 0 };
	if (parse)
		return parse(id, text);
	if (strchr(text, '='))
		return parse_dn(id, text);
	if (parse_address(id, text))
		return true;
	if (at == text)
		return parse_fqdn(id, text + 1);
	return at ? parse_email(id, text) : parse_fqdn(id, text);
}

bool ike_id_match_parse(struct ike_id_match *m, const char *text)
{
	const char *rest = text, *star;
	parse_fn parse = form_of(&rest);
	struct ike_prefix p;

	*m = (struct ike_id_match){ 0 };
	if (!strcmp(text, "any"))
		return true;

	if ((!parse || parse == parse_address) && strchr(rest, '/') && ike_prefix_parse(&p, rest)) {
		m->kind = IKE_ID_MATCH_PREFIX;
		m->prefix_len = p.len;
		return set_data(&m->id, p.addr.family == AF_INET ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR, p.addr.bytes,
				ike_addr_size(&p.addr));
	}

	/* "*.example.com", "*@example.com" and "*@*.example.com": one domain and, with the dot, those below. */
	star = parse == parse_fqdn || parse == parse_email || !parse ? strchr(rest, '*') : NULL;
	if (!star) {
		m->kind = IKE_ID_MATCH_EXACT;
		return ike_id_parse(&m->id, text);
	}
	m->kind = IKE_ID_MATCH_DOMAIN;
	if (star != rest || !printable(rest))
		return false;
	if (rest[1] == '@' && parse != parse_fqdn) {
		rest += 2;
		if (*rest == '*')
			rest++;
		return *rest && !strchr(rest, '*') && !strchr(rest, '@') && strcmp(rest, ".") &&
		       set_data(&m->id, IKE_ID_RFC822_ADDR, rest, strlen(rest));
	}
	return rest[1] == '.' && rest[2] && !strchr(rest + 1, '*') && !strchr(rest, '@') && parse != parse_email &&
	       set_data(&m->id, IKE_ID_FQDN, rest + 1, strlen(rest + 1));
}

static bool equal_nocase(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

static const uint8_t *domain_of(const struct ike_id *id, size_t *len)
{
	const uint8_t *at = NULL;

	for (size_t i = 0; i < id->len; i++)
		if (id->data[i] == '@')
			at = id->data + i + 1;
	if (!at)
		return NULL;
	*len = (size_t)(id->data + id->len - at);
	return at;
}

static bool equal_email(const struct ike_id *a, const struct ike_id *b)
{
	size_t a_len = 0, b_len = 0;
	const uint8_t *a_domain = domain_of(a, &a_len), *b_domain = domain_of(b, &b_len);

	if (!a_domain || !b_domain || a_len != b_len)
		return !memcmp(a->data, b->data, a->len);
	return equal_nocase(a_domain, b_domain, a_len) && !memcmp(a->data, b->data, a->len - a_len);
}

static bool equal_dn(const struct ike_id *a, const struct ike_id *b)
{
	const unsigned char *pa = a->data, *pb = b->data;
	X509_NAME *na, *nb;
	bool equal;

	if (a->len == b->len && !memcmp(a->data, b->data, a->len))
		return true;
	/* Canonical forms make "PrintableString Hub" and "UTF8String hub" the same, as certificate chains do. */
	na = d2i_X509_NAME(NULL, &pa, a->len);
	nb = d2i_X509_NAME(NULL, &pb, b->len);
	equal = na && nb && pa == a->data + a->len && pb == b->data + b->len && !X509_NAME_cmp(na, nb);
	X509_NAME_free(na);
	X509_NAME_free(nb);
	return equal;
}

bool ike_id_equal(const struct ike_id *a, const struct ike_id *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == IKE_ID_DER_ASN1_DN)
		return equal_dn(a, b);
	if (a->len != b->len)
		return false;
	if (a->type == IKE_ID_FQDN)
		return equal_nocase(a->data, b->data, a->len);
	if (a->type == IKE_ID_RFC822_ADDR)
		return equal_email(a, b);
	return !memcmp(a->data, b->data, a->len);
}

/* A pattern that begins with a dot takes every name below it, one without takes that domain only. */
static bool match_domain(const struct ike_id *pattern, const uint8_t *name, size_t len)
{
	if (pattern->data[0] != '.')
		return len == pattern->len && equal_nocase(name, pattern->data, len);
	return len > pattern->len && equal_nocase(name + len - pattern->len, pattern->data, pattern->len);
}

static struct ike_addr id_address(const struct ike_id *id)
{
	struct ike_addr a = { .family = id->type == IKE_ID_IPV4_ADDR ? AF_INET : AF_INET6 };

	memcpy(a.bytes, id->data, ike_addr_size(&a));
	return a;
}

enum { SCORE_ANY = 1, SCORE_PARTIAL = 2, SCORE_EXACT = 2 + IKE_ID_MAX + 1 };

unsigned int ike_id_match(const struct ike_id_match *m, const struct ike_id *id)
{
	struct ike_prefix p = { .len = m->prefix_len };
	const uint8_t *name = id->data;
	struct ike_addr a;
	size_t len = id->len;

	switch (m->kind) {
	case IKE_ID_MATCH_ANY:
		return SCORE_ANY;
	case IKE_ID_MATCH_EXACT:
		return ike_id_equal(&m->id, id) ? SCORE_EXACT : 0;
	case IKE_ID_MATCH_PREFIX:
		if (m->id.type != id->type)
			return 0;
		p.addr = id_address(&m->id);
		a = id_address(id);
		return ike_prefix_contains(&p, &a) ? SCORE_PARTIAL + p.len : 0;
	case IKE_ID_MATCH_DOMAIN:
		if (m->id.type != id->type || !m->id.len)
			return 0;
		if (id->type == IKE_ID_RFC822_ADDR)
			name = domain_of(id, &len);
		return name && match_domain(&m->id, name, len) ? SCORE_PARTIAL + m->id.len : 0;
	}
	return 0;
}

/* What a peer sends goes to a log and to a terminal: nothing but printable ASCII, the rest as \xNN. */
static void append_clean(char *buf, size_t size, const uint8_t *data, size_t len)
{
	size_t at = strlen(buf);

	for (size_t i = 0; i < len && at + 5 < size; i++) {
		if (data[i] > ' ' && data[i] < 0x7f && data[i] != '\\')
			at += (size_t)snprintf(buf + at, size - at, "%c", data[i]);
		else if (data[i] == ' ' && i && i + 1 < len)
			at += (size_t)snprintf(buf + at, size - at, " ");
		else
			at += (size_t)snprintf(buf + at, size - at, "\\x%02x", data[i]);
	}
}

static void append_hex(char *buf, size_t size, const uint8_t *data, size_t len)
{
	size_t at = strlen(buf);

	for (size_t i = 0; i < len && at + 3 < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%02x", data[i]);
}

static void append_dn(char *buf, size_t size, const struct ike_id *id)
{
	const unsigned char *p = id->data;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, id->len);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (name && bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~XN_FLAG_DN_REV) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		append_clean(buf, size, (const uint8_t *)text, len > 0 ? (size_t)len : 0);
	} else {
		append_hex(buf, size, id->data, id->len);
	}
	BIO_free(bio);
	X509_NAME_free(name);
}

static bool clean_key_id(const struct ike_id *id)
{
	for (size_t i = 0; i < id->len; i++)
		if (id->data[i] <= ' ' || id->data[i] >= 0x7f || id->data[i] == '\\')
			return false;
	return id->len < 2 || memcmp(id->data, "0x", 2);
}

const char *ike_id_text(const struct ike_id *id, char buf[IKE_ID_STRLEN])
{
	char host[IKE_ADDR_STRLEN];
	struct ike_addr a;

	switch (id->type) {
	case IKE_ID_NONE:
		snprintf(buf, IKE_ID_STRLEN, "none");
		break;
	case IKE_ID_IPV4_ADDR:
	case IKE_ID_IPV6_ADDR:
		a = id_address(id);
		snprintf(buf, IKE_ID_STRLEN, "address %s", ike_addr_text(&a, host));
		break;
	case IKE_ID_FQDN:
		strcpy(buf, "fqdn ");
		append_clean(buf, IKE_ID_STRLEN, id->data, id->len);
		break;
	case IKE_ID_RFC822_ADDR:
		strcpy(buf, "email ");
		append_clean(buf, IKE_ID_STRLEN, id->data, id->len);
		break;
	case IKE_ID_DER_ASN1_DN:
		strcpy(buf, "dn ");
		append_dn(buf, IKE_ID_STRLEN, id);
		break;
	case IKE_ID_KEY_ID:
		strcpy(buf, clean_key_id(id) ? "key-id " : "key-id 0x");
		if (clean_key_id(id))
			append_clean(buf, IKE_ID_STRLEN, id->data, id->len);
		else
			append_hex(buf, IKE_ID_STRLEN, id->data, id->len);
		break;
	default:
		snprintf(buf, IKE_ID_STRLEN, "type-%u 0x", id->type);
		append_hex(buf, IKE_ID_STRLEN, id->data, id->len);
	}
	return buf;
}

const char *ike_id_match_text(const struct ike_id_match *m, char buf[IKE_ID_STRLEN])
{
	char id[IKE_ID_STRLEN];
	size_t form;

	ike_id_text(&m->id, id);
	switch (m->kind) {
	case IKE_ID_MATCH_ANY:
		snprintf(buf, IKE_ID_STRLEN, "any");
		break;
	case IKE_ID_MATCH_EXACT:
		snprintf(buf, IKE_ID_STRLEN, "%s", id);
		break;
	case IKE_ID_MATCH_PREFIX:
		snprintf(buf, IKE_ID_STRLEN, "%.300s/%u", id, m->prefix_len);
		break;
	case IKE_ID_MATCH_DOMAIN:
		/* "fqdn .example.com" is a pattern with its star left out. */
		form = strcspn(id, " ");
		snprintf(buf, IKE_ID_STRLEN, "%.*s %s%.300s", (int)form, id,
			 m->id.type == IKE_ID_FQDN ? "*" : m->id.data[0] == '.' ? "*@*" : "*@",
			 id + form + (id[form] == ' '));
		break;
	}
	return buf;
}
