// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of dvtictl. A command is found by its words, each of which may be cut short as long as only
 * one command fits, as people are used to from routers: "dvtictl sh se".
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "format.h"
#include "show.h"

#define EXIT_USAGE 2

static bool too_many(const char *command, int argc, char **argv)
{
	if (!argc)
		return false;
	fprintf(stderr, "dvtictl: %s: unexpected \"%s\"\n", command, argv[0]);
	return true;
}

static bool read_session(json_t *request, const char *command, const char *text)
{
	long long number;
	char *end;

	number = strtoll(text, &end, 10);
	if (*end || end == text || number < 1) {
		fprintf(stderr, "dvtictl: %s: \"%s\" is not the number of a session; \"dvtictl show sessions\" shows them\n",
			command, text);
		return false;
	}
	json_object_set_new(request, "session", json_integer(number));
	return true;
}

static bool build_plain(json_t *request, const struct command_options *o, int argc, char **argv)
{
	return !too_many(json_string_value(json_object_get(request, "command")), argc, argv);
}

static bool build_sessions(json_t *request, const struct command_options *o, int argc, char **argv)
{
	for (; argc; argc--, argv++) {
		if (!strcmp(argv[0], "detail") || !strcmp(argv[0], "detailed")) {
			json_object_set_new(request, "detail", json_true());
			continue;
		}
		if (!strcmp(argv[0], "profile") && argc > 1) {
			json_object_set_new(request, "profile", json_string(argv[1]));
			argc--;
			argv++;
			continue;
		}
		if (!read_session(request, "show sessions", argv[0]))
			return false;
	}
	return true;
}

/* [NAME] [detail]; the link may be named by the option as well. */
static bool build_link(json_t *request, const struct command_options *o, int argc, char **argv)
{
	const char *link = o->link;

	for (; argc; argc--, argv++) {
		if (!strcmp(argv[0], "detail") || !strcmp(argv[0], "detailed"))
			continue;
		if (link)
			return !too_many(json_string_value(json_object_get(request, "command")), argc, argv);
		link = argv[0];
	}
	if (link)
		json_object_set_new(request, "link", json_string(link));
	return true;
}

static bool build_initiate(json_t *request, const struct command_options *o, int argc, char **argv)
{
	if (!argc) {
		fprintf(stderr, "dvtictl: initiate: which profile? \"dvtictl show profiles\" shows them\n");
		return false;
	}
	json_object_set_new(request, "profile", json_string(argv[0]));
	return !too_many("initiate", argc - 1, argv + 1);
}

static bool build_clear(json_t *request, const struct command_options *o, int argc, char **argv)
{
	if (!argc) {
		fprintf(stderr, "dvtictl: clear: which session, or all?\n");
		return false;
	}
	if (!strcmp(argv[0], "all"))
		json_object_set_new(request, "all", json_true());
	else if (!read_session(request, "clear", argv[0]))
		return false;
	return !too_many("clear", argc - 1, argv + 1);
}

static bool build_rekey(json_t *request, const struct command_options *o, int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "child";

	if (!argc) {
		fprintf(stderr, "dvtictl: rekey: which session?\n");
		return false;
	}
	if (strcmp(what, "ike") && strcmp(what, "child")) {
		fprintf(stderr, "dvtictl: rekey: \"%s\" is neither ike nor child\n", what);
		return false;
	}
	json_object_set_new(request, "what", json_string(what));
	return read_session(request, "rekey", argv[0]) && (argc < 2 || !too_many("rekey", argc - 2, argv + 2));
}

static bool build_set_link(json_t *request, const struct command_options *o, int argc, char **argv)
{
	json_t *settings = json_object();

	json_object_set_new(request, "settings", settings);
	if (argc < 3 || argc % 2 == 0) {
		fprintf(stderr, "dvtictl: set-link: needs a link, then pairs of a setting and its value\n");
		return false;
	}
	json_object_set_new(request, "link", json_string(argv[0]));
	if (o->netns)
		json_object_set_new(request, "netns", json_string(o->netns));
	for (int i = 1; i < argc; i += 2)
		json_object_set_new(settings, argv[i], json_string(argv[i + 1]));
	return true;
}

static bool build_monitor(json_t *request, const struct command_options *o, int argc, char **argv)
{
	if (o->level)
		json_object_set_new(request, "level", json_string(o->level));
	return !too_many("monitor", argc, argv);
}

static void print_initiate(json_t *reply, bool detail)
{
	printf("initiating profile %s; \"dvtictl monitor\" tells how it goes\n",
	       json_string_value(json_object_get(reply, "profile")));
}

static void print_clear(json_t *reply, bool detail)
{
	long long n = json_integer_value(json_object_get(reply, "cleared"));

	printf("%lld session%s cleared\n", n, n == 1 ? "" : "s");
}

static void print_rekey(json_t *reply, bool detail)
{
	printf("rekeying the %s SA of session %lld\n",
	       strcmp(json_string_value(json_object_get(reply, "what")), "ike") ? "Child" : "IKE",
	       json_integer_value(json_object_get(reply, "session")));
}

static void print_reload(json_t *reply, bool detail)
{
	long long n = json_integer_value(json_object_get(reply, "profiles"));

	printf("%s is in force: %lld profile%s\n", json_string_value(json_object_get(reply, "file")), n,
	       n == 1 ? "" : "s");
}

static void print_nothing(json_t *reply, bool detail)
{
}

static const struct command commands[] = {
	{ "show sessions", "[detail] [N | profile NAME]", "peers, their links and addresses", build_sessions, show_sessions },
	{ "show sa", "[detail] [LINK]", "ESP security associations in the kernel", build_link, show_sa },
	{ "show links", "[detail] [LINK]", "virtual links in the kernel", build_link, show_links },
	{ "show counters", "[LINK]", "what was dropped, and why", build_link, show_counters },
	{ "show failures", "", "the last refused negotiations", build_plain, show_failures },
	{ "show profiles", "", "whom the daemon dials and answers", build_plain, show_profiles },
	{ "show configuration", "", "the configuration in force, with its defaults", build_plain, show_configuration },
	{ "show daemon", "", "version, uptime, reloads", build_plain, show_daemon },
	{ "initiate", "PROFILE", "dial the peer of a profile", build_initiate, print_initiate },
	{ "clear", "N | all", "end a session, or all", build_clear, print_clear },
	{ "rekey", "N [ike | child]", "change the keys of a session", build_rekey, print_rekey },
	{ "reload", "", "read the configuration again", build_plain, print_reload },
	{ "monitor", "", "print events as they come", build_monitor, print_nothing },
	{ "set-link", "LINK SETTING VALUE …", "change settings of a link", build_set_link, print_nothing },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

void command_list(FILE *out)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		int len = snprintf(NULL, 0, "%s %s", commands[i].words, commands[i].arguments);

		fprintf(out, "  %s %s", commands[i].words, commands[i].arguments);
		/* "…" is one column and three octets */
		if (strstr(commands[i].arguments, "…"))
			len -= 2;
		fprintf(out, "%*s%s\n", len < 42 ? 42 - len : 2, "", commands[i].help);
	}
}

/* Do the words given begin those of @command? Return: how many were used, 0 for no match, -1 for too few. */
static int match(const struct command *command, int argc, char **argv)
{
	const char *space = strchr(command->words, ' ');
	size_t first = space ? (size_t)(space - command->words) : strlen(command->words);
	size_t len = strlen(argv[0]);

	if (!len || len > first || memcmp(argv[0], command->words, len))
		return 0;
	if (!space)
		return 1;
	if (argc < 2)
		return -1;
	len = strlen(argv[1]);
	return len && !strncmp(argv[1], space + 1, len) ? 2 : 0;
}

static bool exact(const struct command *command, int argc, char **argv, int used)
{
	size_t len = strlen(argv[0]);

	if (used == 1)
		return !strcmp(argv[0], command->words);
	return !strncmp(command->words, argv[0], len) && command->words[len] == ' ' &&
	       !strcmp(command->words + len + 1, argv[1]);
}

const struct command *command_find(int argc, char **argv, int *used)
{
	const struct command *found = NULL;
	bool incomplete = false, ambiguous = false;

	if (!argc) {
		fprintf(stderr, "dvtictl: no command; known are:\n");
		command_list(stderr);
		return NULL;
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		int n = match(&commands[i], argc, argv);

		if (n < 0)
			incomplete = true;
		if (n <= 0)
			continue;
		if (exact(&commands[i], argc, argv, n)) {
			*used = n;
			return &commands[i];
		}
		ambiguous = found;
		found = &commands[i];
		*used = n;
	}
	if (found && !ambiguous && !incomplete)
		return found;
	if (ambiguous)
		fprintf(stderr, "dvtictl: \"%s%s%s\" fits more than one command; known are:\n", argv[0],
			*used > 1 ? " " : "", *used > 1 ? argv[1] : "");
	else if (incomplete)
		fprintf(stderr, "dvtictl: \"%s\" is not complete; known are:\n", argv[0]);
	else
		fprintf(stderr, "dvtictl: unknown command \"%s%s%s\"; known are:\n", argv[0], argc > 1 ? " " : "",
			argc > 1 ? argv[1] : "");
	command_list(stderr);
	return NULL;
}

/* "show sessions" -> "show-sessions" */
static json_t *new_request(const struct command *command)
{
	char name[64];
	char *space;

	snprintf(name, sizeof(name), "%s", command->words);
	space = strchr(name, ' ');
	if (space)
		*space = '-';
	return json_pack("{s:s}", "command", name);
}

static void print_json(const json_t *object, size_t flags)
{
	json_dumpf(object, stdout, flags);
	putchar('\n');
	fflush(stdout);
}

static int monitor(FILE *client, const struct command_options *o)
{
	json_t *event;

	client_wait_forever(client);
	while ((event = client_receive(client))) {
		if (o->json) {
			print_json(event, JSON_COMPACT);
		} else {
			format_disarm(event, false);
			show_event(event);
		}
		json_decref(event);
	}
	fprintf(stderr, "dvtictl: the daemon has gone\n");
	return EXIT_FAILURE;
}

static bool wants_detail(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], "detail") || !strcmp(argv[i], "detailed"))
			return true;
	return false;
}

int command_run(const struct command *command, const struct command_options *o, int argc, char **argv)
{
	json_t *request = new_request(command), *reply = NULL;
	int status = EXIT_FAILURE;
	FILE *client = NULL;
	const char *error;

	if (!request)
		return EXIT_FAILURE;
	if (!command->build(request, o, argc, argv)) {
		fprintf(stderr, "usage: dvtictl %s %s\n", command->words, command->arguments);
		status = EXIT_USAGE;
		goto out;
	}
	client = client_open(o->control);
	if (!client || !client_send(client, request))
		goto out;
	reply = client_receive(client);
	if (!reply) {
		if (feof(client))
			fprintf(stderr, "dvtictl: the daemon has hung up without an answer\n");
		goto out;
	}
	if (!json_is_true(json_object_get(reply, "ok"))) {
		if (o->json)
			print_json(reply, JSON_INDENT(2));
		format_disarm(reply, true);
		error = json_string_value(json_object_get(reply, "error"));
		fprintf(stderr, "dvtictl: %s\n", error ? error : "the daemon refuses without saying why");
		goto out;
	}
	status = EXIT_SUCCESS;
	if (command->build == build_monitor) {
		status = monitor(client, o);
	} else if (o->json) {
		print_json(reply, JSON_INDENT(2));
	} else {
		format_disarm(reply, false);
		command->print(reply, wants_detail(argc, argv));
		if (json_is_string(json_object_get(reply, "warning")))
			fprintf(stderr, "dvtictl: warning: %s\n", json_string_value(json_object_get(reply, "warning")));
	}
out:
	json_decref(request);
	json_decref(reply);
	if (client)
		fclose(client);
	return status;
}
