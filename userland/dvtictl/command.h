/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of dvtictl: words of the command line into a request, and the reply into text.
 */
#ifndef DVTI_DVTICTL_COMMAND_H
#define DVTI_DVTICTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** struct command_options - options that stand anywhere on the command line; NULL when not given */
struct command_options {
	const char *control;
	const char *link;
	const char *level;
	const char *netns;
	bool json;
};

/**
 * struct command - one of them
 * @words: "show sessions"
 * @arguments: for the usage text
 * @help: what it does
 * @build: fill @request from the words that follow; false for a mistake, after a message on stderr
 * @print: the reply as text
 */
struct command {
	const char *words;
	const char *arguments;
	const char *help;
	bool (*build)(json_t *request, const struct command_options *o, int argc, char **argv);
	void (*print)(json_t *reply, bool detail);
};

/** command_find() - the command that the words begin with; @used says how many of them it took */
const struct command *command_find(int argc, char **argv, int *used);

/** command_run() - carry it out; exit status */
int command_run(const struct command *command, const struct command_options *o, int argc, char **argv);

void command_list(FILE *out);

#endif
