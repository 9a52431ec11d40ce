# SPDX-License-Identifier: GPL-2.0-or-later
#
# dvti.ko. Each kernel gets a mirror of the sources in build/kmod/VERSION and is built there.
#
#	make kmod			for the running kernel, or the one that KVER= or KDIR= names
#	make kmod-6.1 kmod-6.12		for Debian's kernels, found through their meta-packages
#	make generate			UAPI header and policy tables from the netlink spec
#	make check-generated		fails when these have drifted from the spec
#	make check-kmod-style		checkpatch --strict, sparse and W=1, on both kernels

KDIR ?=
KVER ?= $(if $(KDIR),$(shell $(MAKE) -s --no-print-directory -C $(KDIR) kernelrelease 2>/dev/null | tail -n 1),$(shell uname -r))
KMOD_KDIR = $(or $(KDIR),/lib/modules/$(KVER)/build)
# For the kernel's make: ARCH=um, CC=clang and the like
KMOD_ARGS ?=
# Of linux-source, for make generate; empty takes the tarball in /usr/src
YNL_SRC ?=

# Where a headers meta-package points: linux-headers-6.12-amd64 -> 6.12.117+deb12-amd64
DEB_ARCH := $(shell dpkg --print-architecture 2>/dev/null)
kmod-meta = $(shell dpkg-query -W -f '$${Depends}' $(1) 2>/dev/null | sed -n 's/.*linux-headers-\([^ ,]*-$(DEB_ARCH)\).*/\1/p')
KVER_61 := $(call kmod-meta,linux-headers-$(DEB_ARCH))
KVER_612 := $(call kmod-meta,linux-headers-6.12-$(DEB_ARCH))

KMOD_SRC := Kbuild $(sort $(shell find kmod -type f ! -name '*.o' ! -name '*.cmd' ! -name '*.mod*' ! -name build.mk ! -path kmod/compat/config.h))
KMOD_GENERATED := include/uapi/linux/dvti.h netlink_gen.h netlink_gen.c

.PHONY: kmod kmod-6.1 kmod-6.12 generate check-generated check-kmod-style
kmod: build/kmod/$(KVER)/dvti.ko
kmod-6.1: build/kmod/$(or $(KVER_61),6.1)/dvti.ko
kmod-6.12: build/kmod/$(or $(KVER_612),6.12)/dvti.ko

build/kmod/%/dvti.ko: $(KMOD_SRC)
	$(Q)kmod/scripts/build '$*' '$(if $(filter $(KVER),$*),$(KMOD_KDIR),/lib/modules/$*/build)' build/kmod/$* $(KMOD_ARGS)

generate:
	$(Q)YNL_SRC='$(YNL_SRC)' kmod/scripts/ynl-generate kmod

check-generated:
	$(Q)YNL_SRC='$(YNL_SRC)' kmod/scripts/ynl-generate build/generated
	$(Q)for f in $(KMOD_GENERATED); do diff -u kmod/$$f build/generated/$$f || \
		{ echo "kmod/$$f has drifted from Documentation/netlink/specs/dvti.yaml: make generate" >&2; exit 1; }; done

check-kmod-style:
	$(Q)kmod/scripts/style $(KVER_61) $(KVER_612)
