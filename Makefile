# SPDX-License-Identifier: GPL-2.0-or-later
#
#	make		the module for the running kernel (or KVER=, KDIR=), dvtid and dvtictl
#	make demo	hub and spokes in a VM: see it work
#	make check	every test
#	make help	the rest

Q ?= @
.DEFAULT_GOAL := all
all: kmod userland

include kmod/build.mk
include userland/build.mk
include selftests/build.mk

.PHONY: all clean
clean:
	rm -rf build
