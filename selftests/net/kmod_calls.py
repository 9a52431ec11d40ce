#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""List the calls in the machine code of kernel objects: kmod_calls.py OBJECT…

A line each: the function it stands in, the offset there to which it returns, and whom it calls: a function's name, "*"
for a call through a pointer, "?" where no way to it was found. Calls within a section of an object are left out, and so
is code that is thrown away after the start. Kernels with frame pointers, as those are that faults are injected into,
make no calls by a jump.

Kernels with the large code model (User Mode Linux) call everything through a register, which the compiler loads as
early as it pleases. So it is followed along all ways through a function which symbol each register, and each word of
the stack's frame, holds.
"""
import re
import subprocess
import sys

RELOCATION = re.compile(r"\t+[0-9a-f]+: R_X86_64_\w+\t([\w.$]+?)([-+]0x[0-9a-f]+)?$")
INSTRUCTION = re.compile(r" *([0-9a-f]+):\t(?:(?:lock|rep\w*|notrack|data16|cs|bnd) )*(\S+) *([^#<]*)")
OPERAND = re.compile(r"[^,(]*\([^)]*\)|[^,]+")
SLOT = re.compile(r"-?0x[0-9a-f]+\(%r[bs]p\)$")
# Names of parts of registers: %eax, %ax, %al are parts of %rax
PARTS = {part: "%r" + r for r in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")
	for part in ("%e" + r, "%" + r, "%" + r[0] + "l", "%" + r[0] + "h", "%" + r + "l")}
PARTS |= {f"%r{n}{part}": f"%r{n}" for n in range(8, 16) for part in "dwb"}
LOST_IN_CALL = {"%rax", "%rcx", "%rdx", "%rsi", "%rdi", "%r8", "%r9", "%r10", "%r11"}
READS = re.compile(r"(cmp[bwlq]?|test[bwlq]?|push|bt[wlq]?|nop[wl]?|j\w+)$")
# These write registers that they do not name.
SILENT = re.compile(r"i?mul|i?div|c[qld]t|c[wbl]t|movs[bwlq]$|stos|lods|cmpxchg|cpuid|rdtsc|xgetbv|rdmsr|xchg|xadd")


class Function:
	"""Code with one entry. What is unlikely may stand elsewhere, as a part with a name of its own."""

	def __init__(self):
		self.code = []		# part, offset in it, mnemonic, operands, relocation's symbol and offset
		self.at = {}		# section or part, and address there, to index in the code

	def add(self, section, part, start, address, mnemonic, operands):
		self.at[section, address] = self.at[part, address - start] = len(self.code)
		# Jumps within a section have addresses of their section.
		if mnemonic.startswith("j") and re.match("[0-9a-f]+$", operands[0]):
			self.code.append([part, address - start, mnemonic, operands, section, int(operands[0], 16) - 4])
		else:
			self.code.append([part, address - start, mnemonic, operands, None, 0])

	def run(self, i, held):
		"""What is held after one instruction. @held: by registers and slots before it"""
		mnemonic, operands, symbol = self.code[i][2:5]
		if mnemonic.startswith("call"):
			return {k: v for k, v in held.items() if k not in LOST_IN_CALL}
		if not operands or READS.match(mnemonic):
			return held
		held = dict(held)
		to = PARTS.get(operands[-1], operands[-1])
		value = symbol if mnemonic == "movabs" else held.get(operands[0]) if mnemonic == "mov" else None
		if SILENT.match(mnemonic):
			for r in LOST_IN_CALL.union(operands):
				held.pop(r, None)
		held.pop(to, None)
		if value and (to.startswith("%") or SLOT.match(to)):
			held[to] = value
		return held

	def next(self, i):
		"""Where it goes on after an instruction."""
		part, _, mnemonic, _, symbol, offset = self.code[i]
		after = []
		if i + 1 < len(self.code) and self.code[i + 1][0] == part and not re.match("jmp|ret|ud2", mnemonic):
			after.append(i + 1)
		# A relocation counts from its own place, four octets before the next instruction.
		if mnemonic.startswith("j") and (symbol, offset + 4) in self.at:
			after.append(self.at[symbol, offset + 4])
		return after

	def calls(self):
		before = {0: {}}
		todo = [0]
		while todo:
			i = todo.pop()
			held = self.run(i, before[i])
			for n in self.next(i):
				met = held if n not in before else {k: v for k, v in before[n].items() if held.get(k) == v}
				if n not in before or met != before[n]:
					before[n] = met
					todo.append(n)
		for i, (part, _, mnemonic, operands, symbol, _) in enumerate(self.code[:-1]):
			through = re.match(r"\*(.*)", operands[0]) if mnemonic.startswith("call") else None
			if through:
				symbol = before[i].get(through[1], "*") if i in before else "?"
			if symbol and mnemonic.startswith("call") and self.code[i + 1][0] == part:
				yield part, self.code[i + 1][1], symbol


def functions(path):
	found = {}
	said = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", path], capture_output=True, text=True, check=True)
	for line in said.stdout.splitlines():
		if line.startswith("Disassembly"):
			section = line.split()[3].rstrip(":")
		elif is_a := re.match(r"([0-9a-f]+) <(.*)>:$", line):
			start, part = int(is_a[1], 16), is_a[2]
			function = found.setdefault((section.startswith((".init", ".exit")), part.removesuffix(".cold")), Function())
		elif is_a := RELOCATION.match(line):
			function.code[-1][4:] = is_a[1], int(is_a[2] or "0", 16)
		elif is_a := INSTRUCTION.match(line):
			function.add(section, part, start, int(is_a[1], 16), is_a[2], OPERAND.findall(is_a[3].strip()) or [""])
	return [function for (thrown_away, _), function in found.items() if not thrown_away]


for o in sys.argv[1:]:
	for f in functions(o):
		for where, returns_to, called in f.calls():
			print(where, hex(returns_to), called)
