# SPDX-License-Identifier: GPL-2.0-or-later
#
# dvtid, dvtictl, and libdvti.a, which holds everything that the unit tests, the simulation and the fuzz
# targets link too. SAN=1 builds the same into another folder with ASan and UBSan.

USER_PKGS := libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libcrypto libuv libconfuse jansson libcap-ng libsystemd
SAN ?=
U := build/userland$(if $(SAN),-san)
USER_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-unused-parameter -fno-strict-aliasing -D_GNU_SOURCE -D_FORTIFY_SOURCE=$(if $(SAN),0,2) \
	-fstack-protector-strong -Iuserland -Ikmod/include/uapi $(shell pkg-config --cflags $(USER_PKGS) 2>/dev/null) \
	$(if $(SAN),-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
USER_LDLIBS = $(shell pkg-config --libs $(USER_PKGS) 2>/dev/null)

LIB_SRC := $(filter-out userland/dvtid/main.c,$(wildcard userland/ike/*.c userland/ikev2/*.c userland/aaa/*.c userland/dvtid/*.c))
LIB_OBJ := $(LIB_SRC:userland/%.c=$(U)/%.o)
CTL_OBJ := $(patsubst userland/%.c,$(U)/%.o,$(wildcard userland/dvtictl/*.c))

.PHONY: userland
userland: $(U)/bin/dvtid $(U)/bin/dvtictl

$(U)/%.o: userland/%.c userland/build.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(U)/libdvti.a: $(LIB_OBJ)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(U)/bin/dvtid: $(U)/dvtid/main.o $(U)/libdvti.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -o $@ $^ $(USER_LDLIBS)

$(U)/bin/dvtictl: $(CTL_OBJ) $(U)/libdvti.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -o $@ $^ $(USER_LDLIBS)

-include $(LIB_OBJ:.o=.d) $(CTL_OBJ:.o=.d) $(U)/dvtid/main.d
