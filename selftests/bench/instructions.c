// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU's that counts how often each piece of kernel code runs, for selftests/bench/profile.
 *
 *	-plugin file=instructions.so,out=FILE
 *
 * At the end a line for each translation block: its address, its instructions, how often it has run. Debian's packages
 * come without qemu-plugin.h, so what is used of it is declared here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_info;
enum op { ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*cb)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum op op, void *counter, uint64_t value);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*cb)(plugin_id id, void *arg), void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

API int qemu_plugin_version = 1;
API int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);

struct block {
	uint64_t address;
	uint64_t instructions;
	uint64_t runs;
};

/* By hash of the address. QEMU keeps pointers into it, so it never grows. */
#define BLOCKS (1 << 20)
static struct block blocks[BLOCKS];
static char out[4096];

static struct block *block_at(uint64_t address, uint64_t instructions)
{
	uint64_t hash = (address + instructions) * 0x9e3779b97f4a7c15;

	for (uint32_t i = 0, at = hash >> 44; i < BLOCKS; i++, at = (at + 1) % BLOCKS) {
		struct block *b = &blocks[at];

		if (!b->instructions)
			*b = (struct block){ .address = address, .instructions = instructions };
		if (b->address == address && b->instructions == instructions)
			return b;
	}
	return NULL;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	struct block *b;

	(void)id;
	if (!(address >> 63))
		return;
	b = block_at(address, qemu_plugin_tb_n_insns(tb));
	if (b)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &b->runs, 1);
}

static void ends(plugin_id id, void *arg)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)arg;
	if (!f) {
		perror(out);
		return;
	}
	for (struct block *b = blocks; b < blocks + BLOCKS; b++)
		if (b->runs)
			fprintf(f, "%#llx %llu %llu\n", (unsigned long long)b->address,
				(unsigned long long)b->instructions, (unsigned long long)b->runs);
	fclose(f);
}

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fputs("instructions.so: say where to: out=FILE\n", stderr);
		return -1;
	}
	snprintf(out, sizeof(out), "%s", argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ends, NULL);
	return 0;
}
