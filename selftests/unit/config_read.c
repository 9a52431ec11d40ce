// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What dvti.conf means: the smallest spoke and hub get their defaults, and every option arrives where it should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <linux/dvti.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dvtid/config.h"

static struct ike_policy *read_text(const char *text, char **report)
{
	char path[] = "/tmp/dvti-config-XXXXXX";
	struct ike_policy *policy;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	policy = dvtid_config_read(path, report);
	unlink(path);
	return policy;
}

/* A configuration that is expected to be good, without a warning. */
static struct ike_policy *good(const char *text)
{
	char *report;
	struct ike_policy *policy = read_text(text, &report);

	if (!policy || *report)
		fail_msg("unexpected: %s", report);
	free(report);
	return policy;
}

static void smallest_spoke(void **state)
{
	struct ike_policy *policy = good("ikev2-profile \"hub\" {\n"
					 "  peer = vpn.example.com\n"
					 "  identity-local = \"fqdn spoke1.example.com\"\n"
					 "  pre-shared-key = \"a secret of some length\"\n"
					 "}\n");
	const struct ike_profile *p = ike_policy_profile(policy, "hub");

	assert_non_null(p);
	assert_string_equal(p->peer, "vpn.example.com");
	assert_int_equal(p->peer_port, 500);
	assert_int_equal(p->connect, IKE_CONNECT_AUTO);
	assert_true(p->config_request);
	assert_true(p->fragmentation);
	assert_true(p->initial_contact);
	assert_false(p->force_encap);
	assert_int_equal(p->dpd_seconds, 30);
	assert_int_equal(p->nat_keepalive_seconds, 20);
	assert_int_equal(p->retransmit_base_ms, 2000);
	assert_int_equal(p->retransmit_tries, 5);
	assert_int_equal(p->life_seconds, 86400);
	assert_int_equal(p->local_id.type, IKE_ID_FQDN);
	assert_int_equal(p->n_match_remote, 1);
	assert_int_equal(p->match_remote[0].kind, IKE_ID_MATCH_ANY);
	assert_true(p->n_proposals > 0);
	assert_int_equal(p->keyring->n_peers, 1);
	assert_int_equal(p->keyring->peers[0].local.len, strlen("a secret of some length"));
	assert_memory_equal(p->keyring->peers[0].remote.data, "a secret of some length", p->keyring->peers[0].remote.len);
	assert_string_equal(p->tmpl->name, "vt0");
	assert_string_equal(p->tmpl->pattern, "va%d");
	assert_int_equal(p->tmpl->trigger_queue, 64);
	assert_int_equal(p->ipsec->replay_window, 1024);
	assert_true(p->ipsec->esn);
	assert_int_equal(p->ipsec->life_seconds, 8 * 3600);
	assert_int_equal(p->ipsec->n_sets, 1);
	assert_true(p->ipsec->sets[0]->n_proposals > 0);
	assert_int_equal(policy->port, 500);
	assert_int_equal(policy->natt_port, 4500);
	assert_int_equal(policy->half_open_cookie, 50);
	ike_policy_unref(policy);
}

static void smallest_hub(void **state)
{
	struct ike_policy *policy = good("pool p4 { range = 10.99.0.2-10.99.0.254 }\n"
					 "authorization-policy branch { pool = {p4} route-set = {10.0.0.0/8} }\n"
					 "keyring kr {\n"
					 "  peer spoke1 { identity = \"fqdn spoke1.example.com\" pre-shared-key = one }\n"
					 "  peer spoke2 { identity = \"fqdn spoke2.example.com\" pre-shared-key = 0x00ff10 }\n"
					 "}\n"
					 "ikev2-profile spokes { identity-local = hub.example.com }\n");
	const struct ike_profile *p = ike_policy_profile(policy, "spokes");

	assert_int_equal(p->connect, IKE_CONNECT_LISTEN);
	assert_false(p->config_request);
	assert_ptr_equal(p->keyring, policy->keyrings);
	assert_ptr_equal(p->authorization, policy->authorizations);
	assert_ptr_equal(p->authorization->pool4, policy->pools);
	assert_null(p->authorization->pool6);
	assert_int_equal(p->authorization->n_routes, 1);
	assert_int_equal(p->keyring->n_peers, 2);
	assert_int_equal(p->keyring->peers[1].local.len, 3);
	assert_memory_equal(p->keyring->peers[1].local.data, "\x00\xff\x10", 3);
	ike_policy_unref(policy);
}

static void virtual_template(void **state)
{
	struct ike_policy *policy = good("virtual-template vt1 { unnumbered = lo0 interface-pattern = \"hub%d\" mtu = 1400\n"
					 "  vrf = red netns = blue front-vrf = green df = clear dscp = 46 ttl = 64 fwmark = 0x10\n"
					 "  trigger-queue = 8 tcp-mss = 1300 mode = gre fragment = before mtu-ignore = true\n"
					 "  gre-key = 4000000000 route-metric = 50 route-table = 1000 }\n"
					 "ikev2-profile p { pre-shared-key = x }\n");
	const struct ike_virtual_template *t = policy->profiles[0].tmpl;

	assert_string_equal(t->name, "vt1");
	assert_string_equal(t->unnumbered, "lo0");
	assert_string_equal(t->pattern, "hub%d");
	assert_int_equal(t->mtu, 1400);
	assert_string_equal(t->vrf, "red");
	assert_string_equal(t->netns, "blue");
	assert_string_equal(t->front_vrf, "green");
	assert_int_equal(t->df, DVTI_DF_POLICY_CLEAR);
	assert_int_equal(t->dscp, DVTI_DSCP_POLICY_FIXED);
	assert_int_equal(t->dscp_value, 46);
	assert_int_equal(t->ttl, 64);
	assert_int_equal(t->fwmark, 16);
	assert_int_equal(t->trigger_queue, 8);
	assert_int_equal(t->tcp_mss, 1300);
	assert_int_equal(t->fragment, DVTI_FRAGMENT_POLICY_BEFORE);
	assert_true(t->mtu_ignore);
	assert_int_equal(t->gre_key, 4000000000);
	assert_true(t->gre && policy->profiles[0].gre);
	assert_int_equal(t->route_metric, 50);
	assert_int_equal(t->route_table, 1000);
	ike_policy_unref(policy);
}

static void virtual_template_inherits_ttl(void **state)
{
	struct ike_policy *policy = good("virtual-template vt1 { ttl = inherit }\n"
					 "ikev2-profile p { pre-shared-key = x }\n");

	assert_true(policy->profiles[0].tmpl->ttl_inherit);
	ike_policy_unref(policy);
}

static void authorization(void **state)
{
	struct ike_policy *policy = good("pool p4 { range = 192.0.2.0/24 }\n"
					 "pool p6 { range = \"2001:db8::1 - 2001:db8::ff\" }\n"
					 "authorization-policy a { pool = {p6, p4} route-set = {10.0.0.0/8, 2001:db8:1::/48}\n"
					 "  remote-route = {172.16.0.0/12} route-accept = {10.1.0.0/16} dns = {10.0.0.53, 2001:db8::53}\n"
					 "  domain = example.com }\n"
					 "ikev2-profile p { pre-shared-key = x authorization = a }\n");
	const struct ike_authorization *a = policy->profiles[0].authorization;

	assert_string_equal(a->pool4->name, "p4");
	assert_string_equal(a->pool6->name, "p6");
	assert_int_equal(a->n_routes, 2);
	assert_int_equal(a->n_remote_routes, 1);
	assert_int_equal(a->n_accept, 1);
	assert_int_equal(a->n_dns, 2);
	assert_int_equal(a->dns[1].family, AF_INET6);
	assert_string_equal(a->domain, "example.com");
	ike_policy_unref(policy);
}

static const struct ike_transform *nth(const struct ike_proposal *p, uint8_t type, size_t n)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i].type == type && !n--)
			return &p->t[i];
	return NULL;
}

static void proposals(void **state)
{
	struct ike_policy *policy = good("ikev2-proposal a { encryption = {aes-gcm-256} prf = {sha384} group = {19, \"14\"} }\n"
					 "ikev2-proposal b { encryption = {aes-cbc-256, aes-gcm-128} integrity = {sha256} }\n"
					 "ikev2-profile p { pre-shared-key = x proposal = {a, b} }\n");
	const struct ike_profile *p = policy->profiles;

	assert_int_equal(p->n_proposals, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(p->proposals[i].protocol, IKE_PROTO_IKE);
		assert_int_equal(p->proposals[i].number, i + 1);
	}
	/* An AEAD stands apart from integrity transforms. */
	assert_null(nth(&p->proposals[0], IKE_TRANSFORM_INTEG, 0));
	assert_int_equal(nth(&p->proposals[0], IKE_TRANSFORM_KE, 0)->id, 19);
	assert_int_equal(nth(&p->proposals[0], IKE_TRANSFORM_KE, 1)->id, 14);
	assert_null(nth(&p->proposals[0], IKE_TRANSFORM_PRF, 1));
	assert_int_equal(nth(&p->proposals[1], IKE_TRANSFORM_ENCR, 0)->id, 12);
	assert_int_equal(nth(&p->proposals[1], IKE_TRANSFORM_ENCR, 0)->key_bits, 256);
	assert_int_equal(nth(&p->proposals[1], IKE_TRANSFORM_INTEG, 0)->id, 12);
	assert_int_equal(nth(&p->proposals[1], IKE_TRANSFORM_PRF, 0)->id, 5); /* of the same hash */
	assert_int_equal(nth(&p->proposals[2], IKE_TRANSFORM_ENCR, 0)->key_bits, 128);
	assert_null(nth(&p->proposals[2], IKE_TRANSFORM_INTEG, 0));
	assert_non_null(nth(&p->proposals[2], IKE_TRANSFORM_KE, 0));
	ike_policy_unref(policy);
}

static void ipsec_profile(void **state)
{
	struct ike_policy *policy = good("transform-set gcm { encryption = {aes-gcm-256, aes-gcm-128} }\n"
					 "transform-set cbc { encryption = {aes-cbc-256} integrity = {sha256, sha1} }\n"
					 "ipsec-profile ip { transform-set = {cbc, gcm} pfs = {20, x25519} pfs-required = yes\n"
					 "  replay-window = 64 esn = false lifetime = 1h lifetime-bytes = 10G lifetime-packets = 5000000\n"
					 "  local-ts = {any} remote-ts = {\"10.0.0.0/8 tcp 80\", 192.0.2.1-192.0.2.9} }\n"
					 "ikev2-profile p { pre-shared-key = x }\n");
	const struct ike_ipsec_profile *ip = policy->profiles[0].ipsec;

	assert_string_equal(ip->name, "ip");
	assert_int_equal(ip->n_sets, 2);
	assert_string_equal(ip->sets[0]->name, "cbc");
	assert_int_equal(ip->sets[0]->proposals[0].protocol, IKE_PROTO_ESP);
	assert_null(nth(&ip->sets[0]->proposals[0], IKE_TRANSFORM_PRF, 0));
	assert_null(nth(&ip->sets[0]->proposals[0], IKE_TRANSFORM_KE, 0));
	assert_int_equal(ip->n_pfs, 2);
	assert_int_equal(ip->pfs[0], 20);
	assert_int_equal(ip->pfs[1], 31);
	assert_true(ip->pfs_required);
	assert_int_equal(ip->replay_window, 64);
	assert_false(ip->esn);
	assert_int_equal(ip->life_seconds, 3600);
	assert_true(ip->life_bytes == 10ULL << 30);
	assert_true(ip->life_packets == 5000000);
	assert_int_equal(ip->n_local_ts, 2);
	assert_int_equal(ip->n_remote_ts, 2);
	assert_int_equal(ip->remote_ts[0].protocol, 6);
	ike_policy_unref(policy);
}

static void profile(void **state)
{
	struct ike_policy *policy = good("keyring one { peer a { pre-shared-key-local = l pre-shared-key-remote = remote\n"
					 "  address = 192.0.2.0/24 identity = \"fqdn *.example.com\" } }\n"
					 "keyring two { peer b { pre-shared-key = x address = 2001:db8::1 } }\n"
					 "ikev2-profile p { peer = 192.0.2.1 port = 1500 local-address = 192.0.2.2 keyring = one\n"
					 "  identity-local = \"key-id branch7\" match-identity-remote = {\"fqdn *.example.com\", \"address 192.0.2.0/24\"}\n"
					 "  interface = dvti0 connect = on-demand config-request = true dpd = 0 nat-keepalive = 1m lifetime = 2d\n"
					 "  retransmit-interval = 500ms retransmit-tries = 3 force-encapsulation = true initial-contact = no\n"
					 "  fragmentation = off }\n"
					 "ike { cookie-threshold = 5 half-open-limit = 10 port = 1500 natt-port = 14500 }\n");
	const struct ike_profile *p = policy->profiles;

	assert_string_equal(p->keyring->name, "one");
	assert_int_equal(p->keyring->peers[0].local.len, 1);
	assert_int_equal(p->keyring->peers[0].remote.len, 6);
	assert_true(p->keyring->peers[0].has_address);
	assert_int_equal(policy->keyrings[1].peers[0].address.len, 128);
	assert_int_equal(p->peer_port, 1500);
	assert_int_equal(p->local_addr.family, AF_INET);
	assert_int_equal(p->local_id.type, IKE_ID_KEY_ID);
	assert_int_equal(p->n_match_remote, 2);
	assert_string_equal(p->interface, "dvti0");
	assert_null(p->tmpl);
	assert_int_equal(p->connect, IKE_CONNECT_ON_DEMAND);
	assert_true(p->config_request);
	assert_int_equal(p->dpd_seconds, 0);
	assert_int_equal(p->nat_keepalive_seconds, 60);
	assert_int_equal(p->life_seconds, 2 * 86400);
	assert_int_equal(p->retransmit_base_ms, 500);
	assert_int_equal(p->retransmit_tries, 3);
	assert_true(p->force_encap);
	assert_false(p->initial_contact);
	assert_false(p->fragmentation);
	assert_int_equal(policy->half_open_cookie, 5);
	assert_int_equal(policy->half_open_max, 10);
	assert_int_equal(policy->port, 1500);
	assert_int_equal(policy->natt_port, 14500);
	ike_policy_unref(policy);
}

static void includes(void **state)
{
	char path[] = "/tmp/dvti-include-XXXXXX", text[256];
	const char *keys = "keyring kr { peer any { pre-shared-key = x } }\n";
	int fd = mkstemp(path);
	struct ike_policy *policy;

	assert_int_equal(write(fd, keys, strlen(keys)), strlen(keys));
	close(fd);
	snprintf(text, sizeof(text), "include(\"%s\")\nikev2-profile p { }\n", path);
	policy = good(text);
	assert_string_equal(policy->profiles[0].keyring->name, "kr");
	ike_policy_unref(policy);
	unlink(path);
}

static void open_to_everybody(void **state)
{
	char path[] = "/tmp/dvti-config-XXXXXX", *report;
	const char *text = "ikev2-profile p { pre-shared-key = x }\n";
	int fd = mkstemp(path);
	struct ike_policy *policy;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, 0644);
	close(fd);
	policy = dvtid_config_read(path, &report);
	unlink(path);
	assert_non_null(policy);
	assert_non_null(strstr(report, "warning: contains keys and is open to every user; chmod 0600"));
	free(report);
	ike_policy_unref(policy);
}

/* By name one gets what is weak, and is told. */
static void weak_transforms(void **state)
{
	char *report;
	struct ike_policy *policy = read_text("ikev2-profile \"p\" { pre-shared-key = x }\n"
					      "transform-set \"t\" {\n"
					      "  encryption = {3des, \"null\"}\n"
					      "  integrity = {md5}\n"
					      "  allow-unencrypted = true\n"
					      "}\n", &report);

	assert_non_null(policy);
	assert_non_null(strstr(report, ":3: warning: transform-set \"t\": 3des has blocks of 64 bits"));
	assert_non_null(strstr(report, ":3: warning: transform-set \"t\": \"null\" lets everybody on the way read the traffic\n"));
	assert_non_null(strstr(report, ":4: warning: transform-set \"t\": md5 is outdated"));
	assert_int_equal(policy->transform_sets[0].proposals[0].n, 3);
	assert_int_equal(policy->transform_sets[0].proposals[0].t[1].id, IKE_ENCR_NULL);
	free(report);
	ike_policy_unref(policy);
	policy = read_text("ikev2-profile \"p\" { pre-shared-key = x }\n"
			   "transform-set \"t\" { encryption = {chacha20-poly1305}  allow-unencrypted = true }\n", &report);
	assert_non_null(policy);
	assert_non_null(strstr(report, "allow-unencrypted is set, but all of encryption encrypts"));
	free(report);
	ike_policy_unref(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weak_transforms),
		cmocka_unit_test(smallest_spoke), cmocka_unit_test(smallest_hub), cmocka_unit_test(virtual_template),
		cmocka_unit_test(virtual_template_inherits_ttl),
		cmocka_unit_test(authorization), cmocka_unit_test(proposals), cmocka_unit_test(ipsec_profile),
		cmocka_unit_test(profile), cmocka_unit_test(includes), cmocka_unit_test(open_to_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
