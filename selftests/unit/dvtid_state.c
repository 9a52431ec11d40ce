// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state folder: what is saved of a session comes back as it was, and a damaged file is removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dvtid/link_session.h"
#include "dvtid/log.h"

static char folder[] = "/tmp/dvti-state-XXXXXX";

static int setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/sessions", folder);
	rmdir(path);
	return rmdir(folder);
}

struct loaded {
	struct link_session *s[4];
	size_t n;
};

static void take(struct link_session *s, void *ctx)
{
	struct loaded *l = ctx;

	assert_true(l->n < 4);
	l->s[l->n++] = s;
}

static struct link_session sample(struct dvtid_route *routes)
{
	struct link_session s = { .cookie = 0x7fffffff00000007, .ifindex = 12, .routes = routes, .n_routes = 2, .pinned = true };

	strcpy(s.profile, "spokes \"quoted\"");
	strcpy(s.ifname, "va7");
	strcpy(s.netns, "blue");
	ike_id_parse(&s.peer_id, "key-id 0x00ff22");
	ike_addr_parse(&s.our_addrs[0], "10.99.0.1");
	s.n_our_addrs = 1;
	ike_addr_parse(&s.peer_addrs[0], "10.99.0.7");
	ike_addr_parse(&s.peer_addrs[1], "2001:db8::7");
	s.n_peer_addrs = 2;
	ike_prefix_parse(&routes[0].to, "10.0.0.0/8");
	ike_addr_parse(&routes[0].source, "10.99.0.1");
	routes[0].table = 4000000000;
	routes[0].metric = 50;
	routes[0].ifindex = 12;
	ike_prefix_parse(&routes[1].to, "2001:db8:1::/48");
	ike_prefix_parse(&s.pin.to, "192.0.2.1/32");
	ike_addr_parse(&s.pin.gateway, "198.51.100.1");
	s.pin.ifindex = 2;
	return s;
}

static void comes_back_as_it_was(void **state)
{
	struct dvtid_route routes[2] = { 0 };
	struct link_session s = sample(routes), *t;
	struct loaded l = { 0 };

	link_session_save(folder, &s);
	link_session_load(folder, take, &l);
	assert_int_equal(l.n, 1);
	t = l.s[0];
	assert_true(t->cookie == s.cookie);
	assert_false(t->fixed);
	assert_string_equal(t->profile, s.profile);
	assert_string_equal(t->ifname, s.ifname);
	assert_string_equal(t->netns, s.netns);
	assert_true(ike_id_equal(&t->peer_id, &s.peer_id));
	assert_int_equal(t->n_our_addrs, 1);
	assert_true(ike_addr_equal(&t->our_addrs[0], &s.our_addrs[0]));
	assert_int_equal(t->n_peer_addrs, 2);
	assert_true(ike_addr_equal(&t->peer_addrs[1], &s.peer_addrs[1]));
	assert_int_equal(t->n_routes, 2);
	assert_memory_equal(t->routes, s.routes, sizeof(routes));
	assert_true(t->pinned);
	assert_memory_equal(&t->pin, &s.pin, sizeof(s.pin));
	link_session_free(t);
	link_session_remove(folder, &s);
	l.n = 0;
	link_session_load(folder, take, &l);
	assert_int_equal(l.n, 0);
}

static void only_root_may_read_it(void **state)
{
	struct dvtid_route routes[2] = { 0 };
	struct link_session s = sample(routes);
	struct stat st;
	char path[128];

	link_session_save(folder, &s);
	snprintf(path, sizeof(path), "%s/sessions/7fffffff00000007.json", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	link_session_remove(folder, &s);
}

/* What a crash in the middle of writing, or a curious administrator, may leave. */
static void damaged_files_are_removed(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"cookie\": 1}", "\xff\xfe",
		"{\"cookie\":-1,\"fixed\":false,\"profile\":\"p\",\"ifname\":\"va0\",\"netns\":\"\",\"peer_id_type\":2,\"peer_id\":\"\","
		"\"our_addresses\":[],\"peer_addresses\":[],\"routes\":[]}",
		"{\"cookie\":9,\"fixed\":false,\"profile\":\"p\",\"ifname\":\"a-name-that-is-too-long\",\"netns\":\"\",\"peer_id_type\":2,"
		"\"peer_id\":\"\",\"our_addresses\":[],\"peer_addresses\":[],\"routes\":[]}",
		"{\"cookie\":9,\"fixed\":false,\"profile\":\"p\",\"ifname\":\"va0\",\"netns\":\"../x\",\"peer_id_type\":2,\"peer_id\":\"\","
		"\"our_addresses\":[],\"peer_addresses\":[],\"routes\":[]}",
		"{\"cookie\":9,\"fixed\":false,\"profile\":\"p\",\"ifname\":\"va0\",\"netns\":\"\",\"peer_id_type\":2,\"peer_id\":\"abc\","
		"\"our_addresses\":[],\"peer_addresses\":[],\"routes\":[]}",
		"{\"cookie\":9,\"fixed\":false,\"profile\":\"p\",\"ifname\":\"va0\",\"netns\":\"\",\"peer_id_type\":2,\"peer_id\":\"\","
		"\"our_addresses\":[\"1\",\"2\",\"3\",\"4\",\"5\"],\"peer_addresses\":[],\"routes\":[]}",
		"{\"cookie\":9,\"fixed\":false,\"profile\":\"p\",\"ifname\":\"va0\",\"netns\":\"\",\"peer_id_type\":2,\"peer_id\":\"\","
		"\"our_addresses\":[],\"peer_addresses\":[],\"routes\":[{\"to\":\"10.0.0.1/8\"}]}",
	};
	char path[128];

	snprintf(path, sizeof(path), "%s/sessions", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/sessions/0000000000000009.json", folder);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct loaded l = { 0 };
		FILE *fp = fopen(path, "w");

		fputs(texts[i], fp);
		fclose(fp);
		link_session_load(folder, take, &l);
		assert_int_equal(l.n, 0);
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* Saving is given up with a line in the log, and nothing else suffers. */
static void no_folder_is_no_disaster(void **state)
{
	struct dvtid_route routes[2] = { 0 };
	struct link_session s = sample(routes);
	struct loaded l = { 0 };

	link_session_save("/nonexistent", &s);
	link_session_load("/nonexistent", take, &l);
	assert_int_equal(l.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was), cmocka_unit_test(only_root_may_read_it),
		cmocka_unit_test(damaged_files_are_removed), cmocka_unit_test(no_folder_is_no_disaster),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
