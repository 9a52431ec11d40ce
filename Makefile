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

.PHONY: all clean help
clean:
	rm -rf build

help:
	@sed -n 's/^#\t\(make .*\)/\1/p' Makefile
	@echo "make vm			a shell in the test machine, K=6.1 or K=6.12"
	@echo "make check T=NAME	one test; with K=6.1 or K=6.12 on one kernel only"
	@echo "make check-unit check-sim check-san check-fuzz check-net check-style	one layer"
	@echo "make check-uml		the module's tests on a sanitised kernel (KASAN, lockdep, kmemleak)"
	@echo "make bench-quick	cost of a packet, beside the kernel's own IPsec"
	@echo "make install uninstall	DESTDIR=, PREFIX= (/usr); module through DKMS, systemd unit, sample configuration"
