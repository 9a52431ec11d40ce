// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvti.conf(5) names exactly the options that the reader knows, and the examples that are installed are
 * accepted as they are. Runs at the top of the tree.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dvtid/config.h"

#define MANUAL "Documentation/man/dvti.conf.5"
#define EXAMPLES "packaging/examples"

/* Subsections of the manual, and a file that has an unknown option in a section of that kind. */
static const struct {
	const char *subsection, *probe;
} sections[] = {
	{ "virtual-template", "virtual-template \"x\" { nonsense = \"1\" }" },
	{ "pool", "pool \"x\" { nonsense = \"1\" }" },
	{ "authorization-policy", "authorization-policy \"x\" { nonsense = \"1\" }" },
	{ "keyring", "keyring \"x\" { nonsense = \"1\" }" },
	{ "peer (in a keyring)", "keyring \"x\" { peer \"y\" { nonsense = \"1\" } }" },
	{ "ikev2-proposal", "ikev2-proposal \"x\" { nonsense = \"1\" }" },
	{ "transform-set", "transform-set \"x\" { nonsense = \"1\" }" },
	{ "ipsec-profile", "ipsec-profile \"x\" { nonsense = \"1\" }" },
	{ "ikev2-profile", "ikev2-profile \"x\" { nonsense = \"1\" }" },
	{ "ike", "ike { nonsense = \"1\" }" },
};

#define N_SECTIONS (sizeof(sections) / sizeof(sections[0]))

static void report_on(const char *text, char **report)
{
	char path[] = "/tmp/dvti-documents-XXXXXX";
	struct ike_policy *policy;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	policy = dvtid_config_read(path, report);
	assert_null(policy);
	unlink(path);
}

/* " known: a b c" of the reader's message, as " a b c " */
static char *known_options(const char *probe)
{
	char *report = NULL, *known, *list;
	int n;

	report_on(probe, &report);
	known = strstr(report, "; known:");
	if (!known)
		fail_msg("%s: no list of options in \"%s\"", probe, report);
	known += strlen("; known:");
	n = asprintf(&list, "%.*s ", (int)strcspn(known, "\n"), known);
	assert_true(n > 0);
	free(report);
	return list;
}

/* The words after ".It Cm " of a subsection, as " a b c " */
static char *documented_options(const char *subsection)
{
	char line[512], name[64], *list = NULL;
	FILE *manual = fopen(MANUAL, "r"), *out;
	bool inside = false;
	size_t size;

	assert_non_null(manual);
	out = open_memstream(&list, &size);
	fputc(' ', out);
	while (fgets(line, sizeof(line), manual)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, ".Ss ", 4))
			inside = !strcmp(line + 4, subsection);
		else if (!strncmp(line, ".Sh ", 4))
			inside = false;
		else if (inside && sscanf(line, ".It Cm %63s", name) == 1)
			fprintf(out, "%s ", name);
	}
	fclose(manual);
	fclose(out);
	return list;
}

static void expect_all(const char *subsection, char *of, const char *in, const char *what)
{
	char *saved, padded[80];

	for (char *word = strtok_r(of, " ", &saved); word; word = strtok_r(NULL, " ", &saved)) {
		/* A keyring holds sections, which the manual describes in a subsection of their own. */
		if (!strcmp(subsection, "keyring") && !strcmp(word, "peer"))
			continue;
		snprintf(padded, sizeof(padded), " %s ", word);
		if (!strstr(in, padded))
			fail_msg("%s: option %s is %s", subsection, word, what);
	}
}

static void the_manual_names_the_options(void **state)
{
	for (size_t i = 0; i < N_SECTIONS; i++) {
		char *known = known_options(sections[i].probe), *documented = documented_options(sections[i].subsection);
		char *copy = strdup(known);

		expect_all(sections[i].subsection, copy, documented, "not in the manual");
		free(copy);
		expect_all(sections[i].subsection, documented, known, "in the manual but unknown to the reader");
		free(documented);
		free(known);
	}
}

static void the_manual_names_the_sections(void **state)
{
	char *known = known_options("nonsense \"x\" { }"), *saved;

	for (char *word = strtok_r(known, " ", &saved); word; word = strtok_r(NULL, " ", &saved)) {
		bool found = !strcmp(word, "include");

		for (size_t i = 0; i < N_SECTIONS && !found; i++)
			found = !strcmp(word, sections[i].subsection);
		if (!found)
			fail_msg("section %s is not in the manual", word);
	}
	free(known);
}

static void examples_are_accepted(void **state)
{
	DIR *dir = opendir(EXAMPLES);
	struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[512], *report = NULL;
		struct ike_policy *policy;

		if (!strstr(entry->d_name, ".conf"))
			continue;
		snprintf(path, sizeof(path), EXAMPLES "/%s", entry->d_name);
		policy = dvtid_config_read(path, &report);
		if (!policy)
			fail_msg("%s: %s", path, report);
		/* The tree's files are readable by all, which the reader remarks on; nothing else is expected. */
		if (*report && (!strstr(report, "open to every user") || strchr(report, '\n')[1]))
			fail_msg("%s: %s", path, report);
		ike_policy_unref(policy);
		free(report);
		n++;
	}
	closedir(dir);
	assert_true(n >= 2);
}

/* The two files that the manual and the README begin with. */
static unsigned int lines_that_count(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int n = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += line[strspn(line, " \t\n")] && line[strspn(line, " \t")] != '#';
	fclose(file);
	return n;
}

static void defaults_keep_files_short(void **state)
{
	assert_true(lines_that_count(EXAMPLES "/spoke.conf") < 10);
	assert_true(lines_that_count(EXAMPLES "/hub.conf") < 20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_names_the_options),
		cmocka_unit_test(the_manual_names_the_sections),
		cmocka_unit_test(examples_are_accepted),
		cmocka_unit_test(defaults_keep_files_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
