// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every kind of mistake in dvti.conf is refused with the line where it stands and what would be right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dvtid/config.h"

/** struct mistake - @text is refused, and the report contains @line ":" and @expected */
struct mistake {
	const char *text;
	int line;
	const char *expected;
};

#define KEY "pre-shared-key = \"x\" "
#define P "ikev2-profile p { " KEY "}\n"

static const struct mistake mistakes[] = {
	/* grammar */
	{ P "ikev2-profle q { }\n", 2, "unknown section or option \"ikev2-profle\" (did you mean \"ikev2-profile\"?)" },
	{ "ikev2-profile p {\n" KEY "\n  lifetme = 1h\n}\n", 3, "ikev2-profile \"p\": unknown option \"lifetme\" (did you mean \"lifetime\"?); known: peer port" },
	{ "ikev2-profile p {\n" KEY "\n  frobnicate = 1\n}\n", 3, "unknown option \"frobnicate\"; known:" },
	{ "ikev2-profile p {\n" KEY, 1, "ikev2-profile \"p\": the section is not closed; } is missing" },
	{ P "ike {\n port = ", 4, "ike: unexpected token" },
	{ P "ike {\n port = \"50", 5, "premature end of file" },
	{ P "ike {\n port = {", 3, "unexpected token '{'" },
	{ P "}\n", 2, "unexpected closing brace" },
	{ "ikev2-profile p {\n  dpd 30\n}\n", 2, "missing equal sign after option 'dpd'" },
	{ "ikev2-profile {\n}\n", 1, "missing title" },
	{ P P, 2, "found duplicate title 'p'" },
	{ "ikev2-profile p {\n" KEY "\ndpd = 1\ndpd = 2\n}\n", 4, "dpd is set twice" },
	{ P "ike { }\nike { port = 501 }\n", 3, "ike: there is a section of this kind already" },
	{ P "include(\"/nonexistent.conf\")\n", 2, "/nonexistent.conf" },
	{ "", 0, "there is no ikev2-profile" },
	{ "ikev2-profile \"\" { " KEY "}\n", 1, "the name is empty" },

	/* numbers, durations, sizes, words */
	{ "ikev2-profile p {\n" KEY "\n  port = 70000\n}\n", 3, "port 70000 is out of range: 1 to 65535" },
	{ "ikev2-profile p {\n" KEY "\n  port = http\n}\n", 3, "port \"http\" is not a number" },
	{ "ikev2-profile p {\n" KEY "\n  dpd = soon\n}\n", 3, "dpd \"soon\" is not a duration such as 30" },
	{ "ikev2-profile p {\n" KEY "\n  lifetime = 5s\n}\n", 3, "lifetime \"5s\" is out of range: 60s to 2592000s" },
	{ "ikev2-profile p {\n" KEY "\n  lifetime = 99999999999999999999s\n}\n", 3, "is not a duration" },
	{ "ikev2-profile p {\n" KEY "\n  retransmit-interval = 0\n}\n", 3, "must not be 0" },
	{ "ikev2-profile p {\n" KEY "\n  retransmit-tries = 0\n}\n", 3, "retransmit-tries 0 is out of range: 1 to 30" },
	{ "ikev2-profile p {\n" KEY "\n  fragmentation = perhaps\n}\n", 3, "fragmentation \"perhaps\" is neither true nor false" },
	{ "ikev2-profile p {\n" KEY "peer = a\n  connect = ondemand\n}\n", 3, "unknown connect \"ondemand\" (did you mean \"on-demand\"?); known: listen auto on-demand" },
	{ P "ike { port = 4500 }\n", 2, "port and natt-port are both 4500" },
	{ P "ike {\n cookie-threshold = 2000 }\n", 3, "cookie-threshold 2000 is above half-open-limit 1000" },

	/* links */
	{ P "virtual-template vt1 {\n mtu = 100 }\n", 3, "mtu 100 is below 576" },
	{ P "virtual-template vt1 {\n mtu = 65536 }\n", 3, "mtu 65536 is out of range: 0 to 65535" },
	{ P "virtual-template a-name-that-is-too-long { }\n", 2, "the name is longer than 15 octets" },
	{ P "virtual-template vt1 { interface-pattern = va }\n", 2, "must contain %d once" },
	{ P "virtual-template vt1 { interface-pattern = \"va%s\" }\n", 2, "must contain %d once" },
	{ P "virtual-template vt1 { vrf = \"a/b\" }\n", 2, "vrf \"a/b\" is not a device name" },
	{ P "virtual-template vt1 { netns = \"../x\" }\n", 2, "netns \"../x\" is not a name" },
	{ P "virtual-template vt1 { df = klear }\n", 2, "unknown df \"klear\" (did you mean \"clear\"?); known: copy set clear" },
	{ P "virtual-template vt1 { dscp = 64 }\n", 2, "dscp 64 is out of range: 0 to 63" },
	{ P "virtual-template vt1 { dscp = ef }\n", 2, "dscp \"ef\" is neither \"copy\" nor a value from 0 to 63" },
	{ P "virtual-template vt1 { tcp-mss = 20 }\n", 2, "tcp-mss 20 is out of range: 48 to 65495" },
	{ P "virtual-template vt1 { ttl = long }\n", 2, "ttl \"long\" is neither \"inherit\" nor a value from 0 to 255" },
	{ P "virtual-template vt1 { tcp-mss = low }\n", 2, "tcp-mss \"low\" is neither \"auto\" nor \"off\" nor a number" },
	{ P "virtual-template vt1 { mode = vxlan }\n", 2, "mode \"vxlan\"" },
	{ "ikev2-profile p { " KEY "\n interface-mode = gre }\n", 2, "interface-mode is without meaning here" },
	{ "ikev2-profile p { " KEY "\n interface = t0\n interface-mode = gre }\nipsec-profile i { local-ts = {10.0.0.0/8} }\n", 3, "mode \"gre\" takes everything that is routed, but ipsec-profile \"i\" has local-ts" },
	{ P "virtual-template vt1 { trigger-queue = 1000 }\n", 2, "trigger-queue 1000 is out of range: 0 to 256" },
	{ P "virtual-template vt1 { gre-key = 4294967296 }\n", 2, "gre-key 4294967296 is out of range: 0 to 4294967295" },
	{ "virtual-template a { fwmark = 1 }\nvirtual-template b {\n fwmark = 2 }\nikev2-profile p { " KEY "virtual-template = a }\n", 3, "fwmark 2 differs from that of virtual-template \"a\" (1)" },
	{ "virtual-template a { }\nvirtual-template b { }\nikev2-profile p { " KEY "}\n", 3, "there are 2 virtual-templates; say which one, as in virtual-template = \"a\"" },
	{ "virtual-template vt1 { }\nikev2-profile p { " KEY "\nvirtual-template = vt2 }\n", 3, "unknown virtual-template \"vt2\" (did you mean \"vt1\"?); known: vt1" },
	{ "virtual-template vt1 { }\nikev2-profile p { " KEY "virtual-template = vt1\ninterface = dvti0 }\n", 3, "interface stands beside virtual-template \"vt1\"" },
	{ "ikev2-profile p { " KEY "interface = dvti0 }\nikev2-profile q { " KEY "\ninterface = dvti0 }\n", 3, "interface \"dvti0\" is that of ikev2-profile \"p\" already" },

	/* addresses */
	{ P "pool p4 { }\n", 2, "range is missing" },
	{ P "pool p4 { range = 10.0.0.9-10.0.0.1 }\n", 2, "range" },
	{ P "pool p4 { range = 10.0.0.1-2001:db8::1 }\n", 2, "range" },
	{ P "authorization-policy a {\n pool = {p5} }\n", 3, "unknown pool \"p5\"; none is configured" },
	{ P "pool p4 { range = 10.0.0.0/24 }\nauthorization-policy a {\n pool = {p5} }\n", 4, "unknown pool \"p5\" (did you mean \"p4\"?); known: p4" },
	{ P "pool a { range = 10.0.0.0/24 }\npool b { range = 10.0.1.0/24 }\nauthorization-policy a { pool = {a, b} }\n", 4, "pool \"b\" is a second one for IPv4 beside \"a\"" },
	{ P "authorization-policy a { route-set = {10.1.2.3/8} }\n", 2, "route-set \"10.1.2.3/8\" has host bits set (did you mean \"10.0.0.0/8\"?)" },
	{ P "authorization-policy a { remote-route = {10.0.0.0/40} }\n", 2, "remote-route \"10.0.0.0/40\" is not a prefix" },
	{ P "authorization-policy a { dns = {dns.example.com} }\n", 2, "dns \"dns.example.com\" is not an IP address" },
	{ "ikev2-profile p { " KEY "\n authorization = a }\n", 2, "unknown authorization-policy \"a\"; none is configured" },
	{ "ikev2-profile p { " KEY "\n local-address = here }\n", 2, "local-address \"here\" is not an IP address" },
	{ "ikev2-profile p { " KEY "\n peer = \"a b\" }\n", 2, "peer \"a b\" is neither a host name nor an IP address" },

	/* keys and identities */
	{ "ikev2-profile p { }\n", 1, "no key: set pre-shared-key, or keyring" },
	{ "ikev2-profile p {\n keyring = kr }\n", 2, "unknown keyring \"kr\"; none is configured" },
	{ "ikev2-profile p { pre-shared-key = \"\" }\n", 1, "pre-shared-key is empty" },
	{ "ikev2-profile p { pre-shared-key = 0x123 }\n", 1, "not an even number of hexadecimal digits" },
	{ "ikev2-profile p { pre-shared-key = 0xzz }\n", 1, "not an even number of hexadecimal digits" },
	{ "keyring k { }\nikev2-profile p { }\n", 1, "there is no peer in it" },
	{ "keyring k { peer a { } }\nikev2-profile p { }\n", 1, "peer \"a\": pre-shared-key is missing" },
	{ "keyring k { peer a { pre-shared-key-local = x } }\nikev2-profile p { }\n", 1, "go together; one is missing" },
	{ "keyring k { peer a { pre-shared-key = y pre-shared-key-local = x } }\nikev2-profile p { }\n", 1, "use one form" },
	{ "keyring k { peer a { " KEY "address = 10.0.0.0/99 } }\nikev2-profile p { }\n", 1, "address \"10.0.0.0/99\" is neither" },
	{ "keyring k { peer a { " KEY "identity = \"fqdn \" } }\nikev2-profile p { }\n", 1, "identity \"fqdn \" is none of: fqdn NAME" },
	{ "keyring k { peer a { " KEY "} }\nkeyring l { peer a { " KEY "} }\nikev2-profile p { }\n", 3, "there are 2 keyrings; say which one, as in keyring = \"k\"" },
	{ "keyring k { peer a { " KEY "} }\nikev2-profile p { keyring = k\n" KEY "}\n", 3, "pre-shared-key stands beside keyring \"k\"" },
	{ "ikev2-profile p { " KEY "\n identity-local = \"address nowhere\" }\n", 2, "identity-local \"address nowhere\" is none of" },
	{ "ikev2-profile p { " KEY "\n match-identity-remote = {\"address 10.0.0.0/99\"} }\n", 2, "match-identity-remote \"address 10.0.0.0/99\" is none of" },
	{ "ikev2-profile p { " KEY "\n connect = auto }\n", 2, "connect \"auto\" needs a peer" },
	{ "ikev2-profile p { " KEY "peer = a\n connect = on-demand }\n", 2, "needs a link for the first packet to arrive at" },

	/* cryptography */
	{ P "transform-set t { encryption = {aes-cbc-256}\n integrity = {sha-256} }\n", 3, "transform-set \"t\": unknown integrity \"sha-256\" (did you mean \"sha256\"?); known:" },
	{ P "transform-set t { }\n", 2, "encryption is missing" },
	{ P "transform-set t { encryption = {aes-cbc-256} }\n", 2, "does not protect integrity by itself; add integrity" },
	{ P "transform-set t { encryption = {des} }\n", 2, "unknown encryption \"des\"" },
	{ P "transform-set t { encryption = {des} }\n", 2, "unknown encryption \"des\"" },
	{ P "transform-set t { encryption = {null} }\n", 2, "encryption \"null\" does not protect integrity by itself" },
	{ P "transform-set t { encryption = {null} integrity = {sha256} }\n", 2, "\"null\" lets everybody on the way read the traffic; allow-unencrypted = true permits it" },
	{ P "transform-set t { encryption = {aes-gcm-256, aes-gmac-128} }\n", 2, "\"aes-gmac-128\" lets everybody" },
	{ "ikev2-profile p { " KEY " proposal = {i} }\nikev2-proposal i { encryption = {3des} integrity = {sha1} }\n", 2, "unknown encryption \"3des\"" },
	{ "ikev2-profile p { " KEY " proposal = {i} }\nikev2-proposal i { encryption = {chacha20-poly1305} }\n", 2, "unknown encryption \"chacha20-poly1305\"" },
	{ "ikev2-profile p { " KEY " proposal = {i} }\nikev2-proposal i { encryption = {aes-cbc-256} integrity = {md5} }\n", 2, "unknown integrity \"md5\"" },
	{ P "ipsec-profile ip {\n transform-set = {nosuch} }\n", 3, "unknown transform-set \"nosuch\"" },
	{ P "ipsec-profile ip { pfs = {2000} }\n", 2, "unknown pfs \"2000\"; known:" },
	{ P "ipsec-profile ip { pfs-required = true }\n", 2, "pfs-required needs the groups" },
	{ P "ipsec-profile ip { replay-window = 9000 }\n", 2, "replay-window 9000 is out of range" },
	{ P "ipsec-profile ip { replay-window = 16 }\n", 2, "replay-window 16 is out of range: 32 to 8192" },
	{ P "ipsec-profile ip { replay-window = 0 esn = true }\n", 2, "esn needs a replay-window" },
	{ P "ipsec-profile ip { lifetime-bytes = much }\n", 2, "lifetime-bytes \"much\" is not a size" },
	{ P "ipsec-profile ip { lifetime-bytes = 1K }\n", 2, "lifetime-bytes \"1K\" is too small" },
	{ P "ipsec-profile ip { lifetime-packets = 10 }\n", 2, "lifetime-packets is too small" },
	{ P "ipsec-profile ip { local-ts = {everything} }\n", 2, "local-ts \"everything\" is not a traffic selector" },
	{ "ipsec-profile a { }\nipsec-profile b { }\n" P, 3, "there are 2 ipsec-profiles; say which one" },
	{ "ikev2-profile p { " KEY "\n proposal = {strong} }\n", 2, "unknown ikev2-proposal \"strong\"; none is configured" },
	{ "ikev2-proposal strong { encryption = {aes-gcm-256}\n group = {1} }\nikev2-profile p { " KEY "proposal = {strong} }\n", 2, "ikev2-proposal \"strong\": unknown group \"1\"; known:" },
	{ "ikev2-proposal strong { encryption = {aes-gcm-256}\n prf = {sha3} }\nikev2-profile p { " KEY "proposal = {strong} }\n", 2, "unknown prf \"sha3\"" },
};

static char *refused(const char *text, const char *path)
{
	FILE *fp = fopen(path, "w");
	char *report;

	fputs(text, fp);
	fclose(fp);
	if (dvtid_config_read(path, &report))
		fail_msg("accepted:\n%s", text);
	return report;
}

static void each_mistake_is_told(void **state)
{
	char path[] = "/tmp/dvti-mistake-XXXXXX", where[64];
	unsigned int wrong = 0;

	close(mkstemp(path));
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		char *report = refused(m->text, path), *found = strstr(report, m->expected);

		snprintf(where, sizeof(where), "%s:%d: ", path, m->line);
		if (!m->line)
			snprintf(where, sizeof(where), "%s: ", path);
		if (!found || !strstr(report, where)) {
			print_error("--- for\n%s--- expected at line %d\n%s\n--- got\n%s\n", m->text, m->line, m->expected, report);
			wrong++;
		}
		free(report);
	}
	unlink(path);
	assert_int_equal(wrong, 0);
}

static void several_mistakes_in_one_run(void **state)
{
	char path[] = "/tmp/dvti-mistake-XXXXXX", *report;

	close(mkstemp(path));
	report = refused("ikev2-profile p { " KEY "\n dpd = soon\n port = 0\n keyring = kr\n}\n", path);
	unlink(path);
	assert_non_null(strstr(report, ":2: ikev2-profile \"p\": dpd"));
	assert_non_null(strstr(report, ":3: ikev2-profile \"p\": port"));
	assert_non_null(strstr(report, "pre-shared-key stands beside keyring"));
	free(report);
}

static void no_message_has_the_key(void **state)
{
	char path[] = "/tmp/dvti-mistake-XXXXXX", *report;

	close(mkstemp(path));
	report = refused("ikev2-profile p { pre-shared-key = 0xSECRET dpd = x }\n", path);
	unlink(path);
	assert_null(strstr(report, "SECRET"));
	free(report);
}

static void no_such_file(void **state)
{
	char *report;

	assert_null(dvtid_config_read("/nonexistent/dvti.conf", &report));
	assert_string_equal(report, "/nonexistent/dvti.conf: cannot be read: No such file or directory\n");
	free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_told), cmocka_unit_test(several_mistakes_in_one_run),
		cmocka_unit_test(no_message_has_the_key), cmocka_unit_test(no_such_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
