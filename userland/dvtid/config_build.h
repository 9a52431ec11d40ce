/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the configuration reader share. config_syntax.c knows the grammar and turns a file into
 * sections of located text; config_value.c turns text into values; config_crypto.c, config_link.c and
 * config_profile.c turn sections into the arrays of the policy; config.c calls them in order.
 *
 * Every reader leaves its output alone when an option is absent, so defaults stand before the call. A
 * mistake is reported, counted, and otherwise treated as absent, so that one run finds them all.
 */
#ifndef DVTI_DVTID_CONFIG_BUILD_H
#define DVTI_DVTID_CONFIG_BUILD_H

#include <confuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../ike/policy.h"

/** struct config_value - an option's text and where it stood */
struct config_value {
	char *file;
	int line;
	char *text;
};

/** struct config_block - memory of the policy; wiped and freed with it */
struct config_block {
	struct config_block *next;
	size_t size;
	max_align_t data[];
};

/** struct config_policy - a policy with the memory that it reaches */
struct config_policy {
	struct ike_policy policy;
	struct config_block *blocks;
};

/** struct config - one reading of one file */
struct config {
	struct config_policy *out;
	cfg_t *root;
	FILE *report;
	unsigned int errors;
};

/* Messages. @at may be NULL where only the section is to blame. */
void config_error(struct config *c, cfg_t *sec, const struct config_value *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void config_warning(struct config *c, cfg_t *sec, const struct config_value *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The word of @known (NULL-terminated, @stride octets apart) that @word was probably meant to be, or NULL.
 */
const char *config_nearest(const char *word, const char *const *known);
/* "unknown %what "%word" (did you mean "…"?); known: …" */
void config_unknown(struct config *c, cfg_t *sec, const struct config_value *at, const char *what,
		    const char *const *known);

/* Is the tunnel mode of @option gre? The default is esp. */
bool config_mode_gre(struct config *c, cfg_t *sec, const char *option);

/* Memory of the policy, zeroed; exits on exhaustion like any start-up code. */
void *config_alloc(struct config *c, size_t n, size_t size);
void config_policy_release(struct ike_policy *policy);

/* Grammar (config_syntax.c). */
cfg_t *config_parse(struct config *c, const char *path);
const struct config_value *config_nth(cfg_t *sec, const char *option, unsigned int n); /* NULL past the end */
static inline const struct config_value *config_one(cfg_t *sec, const char *option)
{
	return config_nth(sec, option, 0);
}
unsigned int config_count(cfg_t *sec, const char *option);

/* Values (config_value.c). */
void config_bool(struct config *c, cfg_t *sec, const char *option, bool *out);
void config_u64(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint64_t *out);
void config_u32(struct config *c, cfg_t *sec, const char *option, uint32_t min, uint32_t max, uint32_t *out);
void config_u16(struct config *c, cfg_t *sec, const char *option, uint16_t min, uint16_t max, uint16_t *out);
void config_u8(struct config *c, cfg_t *sec, const char *option, uint8_t min, uint8_t max, uint8_t *out);
void config_seconds(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint32_t *out);
void config_milliseconds(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint32_t *out);
void config_bytes(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t *out);
void config_text(struct config *c, cfg_t *sec, const char *option, char *out, size_t size);
void config_device(struct config *c, cfg_t *sec, const char *option, char out[16]);
/* Index into @words, NULL-terminated. */
void config_word(struct config *c, cfg_t *sec, const char *option, const char *const *words, uint32_t *out);
void config_prefixes(struct config *c, cfg_t *sec, const char *option, struct ike_prefix **out, size_t *n);
void config_addresses(struct config *c, cfg_t *sec, const char *option, struct ike_addr **out, size_t *n);
void config_selectors(struct config *c, cfg_t *sec, const char *option, struct ike_ts **out, size_t *n);
void config_secret(struct config *c, cfg_t *sec, const char *option, struct ike_secret *out);

/*
 * Find what an option refers to by name among @n objects of @size octets at @base that begin with their
 * name. Without the option: the only one there is, else NULL. Sets *@missing when a name is unknown.
 */
void *config_reference(struct config *c, cfg_t *sec, const struct config_value *at, const char *what, void *base,
		       size_t n, size_t size);
void config_title(struct config *c, cfg_t *sec, char *out, size_t size);

/* Sections. Each appends its array to the policy; order as below, since later ones refer to earlier. */
void config_read_transform_sets(struct config *c);
void config_read_ipsec_profiles(struct config *c);
void config_read_templates(struct config *c);
void config_read_pools(struct config *c);
void config_read_authorizations(struct config *c);
void config_read_keyrings(struct config *c);
void config_read_profiles(struct config *c);
/* IKE proposals named by @profile's option "proposal", or the defaults (config_crypto.c). */
void config_profile_proposals(struct config *c, cfg_t *sec, struct ike_profile *profile);
/* Room for one more default object made here, when a section of that kind is left out altogether. */
const struct ike_ipsec_profile *config_default_ipsec(struct config *c);
const struct ike_virtual_template *config_default_template(struct config *c);

#endif
