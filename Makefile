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

PREFIX ?= /usr
SBINDIR = $(DESTDIR)$(PREFIX)/sbin
MANDIR = $(DESTDIR)$(PREFIX)/share/man
DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/dvti
UNITDIR = $(DESTDIR)/lib/systemd/system
CONFDIR = $(DESTDIR)/etc/dvti
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' packaging/dkms.conf)
# DKMS builds the module anew for each kernel from this copy of its source.
SRCDIR = $(DESTDIR)/usr/src/dvti-$(VERSION)
MODULE_FILES = Kbuild $(shell git ls-files kmod 2>/dev/null || find kmod -type f)

.PHONY: all clean help install install-files uninstall
clean:
	rm -rf build

install-files: userland
	install -d $(SBINDIR) $(UNITDIR) $(DOCDIR)/examples $(MANDIR)/man5 $(MANDIR)/man8
	install -d -m 750 $(CONFDIR)
	install -m 755 $(U)/bin/dvtid $(U)/bin/dvtictl $(SBINDIR)
	sed 's|/usr/sbin/dvti|$(PREFIX)/sbin/dvti|g' packaging/dvtid.service >$(UNITDIR)/dvtid.service
	install -m 644 README.md $(DOCDIR)
	install -m 644 packaging/examples/*.conf $(DOCDIR)/examples
	install -m 640 packaging/examples/spoke.conf $(CONFDIR)/dvti.conf.sample
	install -m 644 Documentation/man/*.5 $(MANDIR)/man5
	install -m 644 Documentation/man/*.8 $(MANDIR)/man8
	rm -rf $(SRCDIR)
	for f in $(MODULE_FILES); do install -D -m $$(test -x $$f && echo 755 || echo 644) $$f $(SRCDIR)/$$f; done
	install -m 644 packaging/dkms.conf $(SRCDIR)

# What touches the running system is left out when staging into DESTDIR.
install: install-files
ifeq ($(DESTDIR),)
	@if command -v dkms >/dev/null; then \
		dkms remove -m dvti -v $(VERSION) --all >/dev/null 2>&1; \
		dkms add -m dvti -v $(VERSION) && dkms install --force -m dvti -v $(VERSION); \
	else \
		echo "dkms is not installed: the module goes to kernel $(KVER) only"; \
		$(MAKE) --no-print-directory kmod && \
		install -D -m 644 build/kmod/$(KVER)/dvti.ko /lib/modules/$(KVER)/updates/dvti.ko && depmod $(KVER); \
	fi
	@! [ -d /run/systemd/system ] || systemctl daemon-reload
	@[ -e $(CONFDIR)/dvti.conf ] || echo "Next: write $(CONFDIR)/dvti.conf (a sample lies beside it), then: systemctl enable --now dvtid"
endif

uninstall:
ifeq ($(DESTDIR),)
	@! [ -d /run/systemd/system ] || systemctl disable --now dvtid 2>/dev/null || true
	@! command -v dkms >/dev/null || dkms remove -m dvti -v $(VERSION) --all || true
	rm -f /lib/modules/*/updates/dvti.ko
endif
	rm -rf $(SRCDIR) $(DOCDIR)
	rm -f $(SBINDIR)/dvtid $(SBINDIR)/dvtictl $(UNITDIR)/dvtid.service $(CONFDIR)/dvti.conf.sample
	rm -f $(patsubst Documentation/man/%,$(MANDIR)/man5/%,$(wildcard Documentation/man/*.5))
	rm -f $(patsubst Documentation/man/%,$(MANDIR)/man8/%,$(wildcard Documentation/man/*.8))
	rmdir --ignore-fail-on-non-empty $(CONFDIR) 2>/dev/null || true
ifeq ($(DESTDIR),)
	@! [ -d /run/systemd/system ] || systemctl daemon-reload
endif

help:
	@sed -n 's/^#\t\(make[\t ].*\)/\1/p' Makefile
	@echo "make vm			a shell in the test machine, K=6.1 or K=6.12"
	@echo "make check T=NAME	one test; with K=6.1 or K=6.12 on one kernel only, with SMP=2 on two CPUs"
	@echo "make check-unit check-sim check-san check-fuzz check-net check-style	one layer"
	@echo "make check-uml		the module's tests on a sanitised kernel (KASAN, lockdep, kmemleak)"
	@echo "make check-smp-debug	those of the data path on two CPUs with the same, or SMP=N; slow"
	@echo "make bench		cost, speed and scale beside the kernel's own IPsec and WireGuard; B=NAME runs one part"
	@echo "make bench-quick	the cost of a packet only, in few rounds"
	@echo "make install uninstall	DESTDIR=, PREFIX= (/usr); module through DKMS, systemd unit, sample configuration"
