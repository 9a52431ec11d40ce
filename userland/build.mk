# SPDX-License-Identifier: GPL-2.0-or-later
#
# dvtid, dvtictl, and libdvti.a, which holds everything that the unit tests, the simulation and the fuzz
# targets link too. SAN=1 builds the same into another folder with ASan and UBSan.

USER_PKGS := libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libcrypto libuv libconfuse jansson libcap-ng libsystemd
SAN ?=
U := build/userland$(if $(SAN),-san)
# -O2 takes up to three times as long to compile under the sanitizers, and finds no more.
SAN_CFLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
USER_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-unused-parameter -fno-strict-aliasing -D_GNU_SOURCE -D_FORTIFY_SOURCE=$(if $(SAN),0,2) \
	-fstack-protector-strong -Iuserland -Ikmod/include/uapi $(shell pkg-config --cflags $(USER_PKGS) 2>/dev/null) \
	$(if $(SAN),$(SAN_CFLAGS))
USER_LDLIBS := -Wl,--as-needed $(shell pkg-config --libs $(USER_PKGS) 2>/dev/null)

LIB_SRC := $(filter-out %/main.c,$(wildcard userland/ike/*.c userland/ikev2/*.c userland/aaa/*.c userland/dvtid/*.c \
	userland/dvtictl/*.c))
LIB_OBJ := $(LIB_SRC:userland/%.c=$(U)/%.o)

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

$(U)/bin/dvtictl: $(U)/dvtictl/main.o $(U)/libdvti.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -o $@ $^ $(USER_LDLIBS)

-include $(LIB_OBJ:.o=.d) $(U)/dvtid/main.d $(U)/dvtictl/main.d
