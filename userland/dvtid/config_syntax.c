// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar of dvti.conf: which sections and options there are. libconfuse parses; every option arrives as
 * text with its file and line, so that whoever reads its meaning can say where a mistake stands.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "config_build.h"

/* Its default value is "parsed" when a section is opened, which records where that was. */
#define OPENED "__opened"
/*
 * libconfuse takes the end of the file for the end of every open section. So this option of the root is put
 * behind the file; found in a section, it tells that the section was not closed.
 */
#define END "__end"
#define SENTINEL "\n" END " = 1\n"

/* libconfuse hands its context to no callback, so the reading at work is kept here while it parses. */
static struct config *parsing;
static const cfg_t *parsing_root;

static void value_free(void *p)
{
	struct config_value *v = p;

	if (!v)
		return;
	OPENSSL_cleanse(v->text, strlen(v->text)); /* may be a key */
	free(v->text);
	free(v->file);
	free(v);
}

static int value_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct config_value *v;

	if (!(opt->flags & CFGF_LIST)) {
		/* The comment is ours to use; libconfuse has dropped the former value by now. */
		if (opt->comment && strcmp(opt->name, OPENED)) {
			cfg_error(cfg, "%s is set twice in this section", opt->name);
			return -1;
		}
		/*
		 * libconfuse takes a default value that is refused for a mistake of the program's, and aborts. The
		 * line that it has for the section is still the end of the first.
		 */
		if (opt->comment) {
			cfg->line = parsing_root->line;
			cfg_error(cfg, "there is a section of this kind already");
		}
		cfg_opt_setcomment(opt, (char *)"set");
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		abort();
	v->file = strdup(cfg->filename ? cfg->filename : "");
	v->line = cfg->line;
	v->text = strdup(value);
	if (!v->file || !v->text)
		abort();
	*(void **)result = v;
	return 0;
}

#define ONE(name) CFG_PTR_CB(name, NULL, CFGF_NODEFAULT, value_parse, value_free)
#define LIST(name) CFG_PTR_LIST_CB(name, NULL, CFGF_NODEFAULT, value_parse, value_free)
#define BEGIN CFG_PTR_CB(OPENED, "here", CFGF_NONE, value_parse, value_free)
#define NAMED (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

static cfg_opt_t template_opts[] = {
	BEGIN,
	ONE("unnumbered"), ONE("interface-pattern"), ONE("mtu"), ONE("vrf"), ONE("netns"), ONE("front-vrf"), ONE("df"),
	ONE("dscp"), ONE("ttl"), ONE("fwmark"), ONE("trigger-queue"), ONE("tcp-mss"), ONE("mode"), ONE("fragment"),
	ONE("mtu-ignore"), ONE("gre-key"), ONE("route-metric"), ONE("route-table"),
	CFG_END()
};

static cfg_opt_t pool_opts[] = { BEGIN, ONE("range"), CFG_END() };

static cfg_opt_t authorization_opts[] = {
	BEGIN,
	LIST("pool"), LIST("route-set"), LIST("remote-route"), LIST("route-accept"), LIST("dns"), ONE("domain"),
	CFG_END()
};

static cfg_opt_t keyring_peer_opts[] = {
	BEGIN,
	ONE("identity"), ONE("address"), ONE("pre-shared-key"), ONE("pre-shared-key-local"),
	ONE("pre-shared-key-remote"), CFG_END()
};

static cfg_opt_t keyring_opts[] = { BEGIN, CFG_SEC("peer", keyring_peer_opts, NAMED), CFG_END() };

static cfg_opt_t proposal_opts[] = {
	BEGIN,
	LIST("encryption"), LIST("integrity"), LIST("prf"), LIST("group"), CFG_END()
};

static cfg_opt_t transform_set_opts[] = {
	BEGIN,
	LIST("encryption"), LIST("integrity"), ONE("allow-unencrypted"), CFG_END()
};

static cfg_opt_t ipsec_profile_opts[] = {
	BEGIN,
	LIST("transform-set"), LIST("pfs"), ONE("pfs-required"), ONE("replay-window"), ONE("esn"), ONE("lifetime"),
	ONE("lifetime-bytes"), ONE("lifetime-packets"), LIST("local-ts"), LIST("remote-ts"), CFG_END()
};

static cfg_opt_t profile_opts[] = {
	BEGIN,
	ONE("peer"), ONE("port"), ONE("local-address"), ONE("identity-local"), LIST("match-identity-remote"),
	ONE("keyring"), ONE("pre-shared-key"), LIST("proposal"), ONE("ipsec-profile"), ONE("authorization"),
	ONE("virtual-template"), ONE("interface"), ONE("interface-mode"), ONE("connect"), ONE("config-request"), ONE("dpd"),
	ONE("nat-keepalive"), ONE("lifetime"), ONE("retransmit-interval"), ONE("retransmit-tries"),
	ONE("force-encapsulation"), ONE("initial-contact"), ONE("fragmentation"), CFG_END()
};

static cfg_opt_t ike_opts[] = {
	BEGIN,
	ONE("cookie-threshold"), ONE("half-open-limit"), ONE("port"), ONE("natt-port"), CFG_END()
};

static cfg_opt_t root_opts[] = {
	CFG_SEC("virtual-template", template_opts, NAMED),
	CFG_SEC("pool", pool_opts, NAMED),
	CFG_SEC("authorization-policy", authorization_opts, NAMED),
	CFG_SEC("keyring", keyring_opts, NAMED),
	CFG_SEC("ikev2-proposal", proposal_opts, NAMED),
	CFG_SEC("transform-set", transform_set_opts, NAMED),
	CFG_SEC("ipsec-profile", ipsec_profile_opts, NAMED),
	CFG_SEC("ikev2-profile", profile_opts, NAMED),
	CFG_SEC("ike", ike_opts, CFGF_NODEFAULT),
	CFG_FUNC("include", cfg_include),
	CFG_INT(END, 0, CFGF_NODEFAULT),
	CFG_END()
};

static void option_unknown(cfg_t *cfg, const char *word)
{
	const char *names[64];
	const char *nearest;
	size_t n = 0;

	if (!strcmp(word, END)) {
		fputs("the section is not closed; } is missing\n", parsing->report);
		return;
	}
	for (cfg_opt_t *o = cfg->opts; o->name && n < 63; o++)
		if (strncmp(o->name, "__", 2))
			names[n++] = o->name;
	names[n] = NULL;
	nearest = config_nearest(word, names);
	fprintf(parsing->report, "unknown %s \"%s\"", strcmp(cfg->name, "root") ? "option" : "section or option", word);
	if (nearest)
		fprintf(parsing->report, " (did you mean \"%s\"?)", nearest);
	fputs("; known:", parsing->report);
	for (size_t i = 0; i < n; i++)
		fprintf(parsing->report, " %s", names[i]);
	fputc('\n', parsing->report);
}

static void parse_error(cfg_t *cfg, const char *format, va_list ap)
{
	static const char no_option[] = "no such option '";
	char text[512];

	vsnprintf(text, sizeof(text), format, ap);
	parsing->errors++;
	if (cfg && strstr(text, END) && cfg_getopt(cfg, OPENED))
		fprintf(parsing->report, "%s:%d: ", cfg->filename, config_one(cfg, OPENED)->line);
	else if (cfg && cfg->filename)
		fprintf(parsing->report, "%s:%d: ", cfg->filename, cfg->line);
	if (cfg && cfg->name && strcmp(cfg->name, "root")) {
		fputs(cfg->name, parsing->report);
		if (cfg->title)
			fprintf(parsing->report, " \"%s\"", cfg->title);
		fputs(": ", parsing->report);
	}
	if (cfg && !strncmp(text, no_option, strlen(no_option))) {
		text[strcspn(text + strlen(no_option), "'") + strlen(no_option)] = '\0';
		option_unknown(cfg, text + strlen(no_option));
		return;
	}
	fprintf(parsing->report, "%s\n", text);
}

/* The file with the sentinel behind it; @size receives the length. NULL with errno when it cannot be read. */
static char *slurp(const char *path, size_t *size)
{
	FILE *fp = fopen(path, "re");
	size_t room = 0, len = 0, got;
	char *text = NULL, *more;

	if (!fp)
		return NULL;
	do {
		if (room - len < BUFSIZ) {
			more = malloc(room + 4 * BUFSIZ + sizeof(SENTINEL));
			if (!more)
				abort();
			if (text)
				memcpy(more, text, len);
			OPENSSL_clear_free(text, len);
			text = more;
			room += 4 * BUFSIZ;
		}
		got = fread(text + len, 1, room - len, fp);
		len += got;
	} while (got);
	if (ferror(fp)) {
		OPENSSL_clear_free(text, len);
		text = NULL;
	} else {
		memcpy(text + len, SENTINEL, sizeof(SENTINEL));
		*size = len + sizeof(SENTINEL) - 1;
	}
	fclose(fp);
	return text;
}

/**
 * config_parse() - parse the file; sections and options are known and stand where they may
 *
 * Return: the root, which the caller frees with cfg_free(), or NULL after reporting.
 */
cfg_t *config_parse(struct config *c, const char *path)
{
	cfg_t *root = cfg_init(root_opts, CFGF_NONE);
	size_t size;
	char *text;
	FILE *fp;
	int ret;

	if (!root)
		abort();
	text = slurp(path, &size);
	if (!text) {
		fprintf(c->report, "%s: cannot be read: %s\n", path, strerror(errno));
		c->errors++;
		cfg_free(root);
		return NULL;
	}
	fp = fmemopen(text, size, "r");
	if (!fp)
		abort();
	cfg_set_error_function(root, parse_error);
	free(root->filename);
	root->filename = strdup(path); /* names the file in messages; cfg_parse_fp() would say FILE */
	root->line = 1;
	parsing = c;
	parsing_root = root;
	ret = cfg_parse_fp(root, fp);
	parsing = NULL;
	parsing_root = NULL;
	fclose(fp);
	OPENSSL_clear_free(text, size);
	if (ret == CFG_SUCCESS && !c->errors)
		return root;
	if (!c->errors++)
		fprintf(c->report, "%s:%d: the file ends inside a value\n", path, root->line);
	cfg_free(root);
	return NULL;
}

unsigned int config_count(cfg_t *sec, const char *option)
{
	return cfg_size(sec, option);
}

const struct config_value *config_nth(cfg_t *sec, const char *option, unsigned int n)
{
	return n < cfg_size(sec, option) ? cfg_getnptr(sec, option, n) : NULL;
}

static void message(struct config *c, cfg_t *sec, const struct config_value *at, const char *kind,
		    const char *format, va_list ap)
{
	if (!at && sec && cfg_getopt(sec, OPENED))
		at = config_one(sec, OPENED);
	if (at)
		fprintf(c->report, "%s:%d: ", at->file, at->line);
	else if (c->root && c->root->filename)
		fprintf(c->report, "%s: ", c->root->filename);
	fputs(kind, c->report);
	if (sec && strcmp(sec->name, "root"))
		fprintf(c->report, sec->title ? "%s \"%s\": " : "%s: ", sec->name, sec->title);
	vfprintf(c->report, format, ap);
	fputc('\n', c->report);
}

void config_error(struct config *c, cfg_t *sec, const struct config_value *at, const char *format, ...)
{
	va_list ap;

	c->errors++;
	va_start(ap, format);
	message(c, sec, at, "", format, ap);
	va_end(ap);
}

void config_warning(struct config *c, cfg_t *sec, const struct config_value *at, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message(c, sec, at, "warning: ", format, ap);
	va_end(ap);
}
