# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests. `make check` installs missing packages, builds everything for both of Debian's kernels, and runs all
# layers; check-LAYER runs one. T=NAME runs one test of any layer, K=6.1 or K=6.12 keeps to one kernel, SMP=2 gives
# each test machine two CPUs.

VM := selftests/vm
K ?= 6.1 6.12
T ?=
SEEDS ?= 1000
SMP ?= 1

# --- programs that the tests consist of -----------------------------------------------------------------

SIM_SRC := $(wildcard selftests/sim/*.c)
SIM_OBJ := $(SIM_SRC:selftests/%.c=$(U)/selftests/%.o)
SIM_LIB_OBJ := $(filter-out %/main.o,$(SIM_OBJ))
# Sanitizers' runtimes of two compilers do not mix.
UNIT_SRC := $(filter-out $(if $(SAN),%_clang.c),$(wildcard selftests/unit/*.c))
UNIT_OBJ := $(UNIT_SRC:selftests/%.c=$(U)/selftests/%.o)
UNIT_BIN := $(UNIT_SRC:selftests/unit/%.c=$(U)/unit/%)
NET_BIN := $(patsubst selftests/net/%.c,build/net/%,$(wildcard selftests/net/*.c)) build/net/dvti-nl
TEST_CFLAGS = $(USER_CFLAGS) -Iselftests -Ikmod

# Single files of the module, built into a test with stand-ins for the kernel's headers
$(U)/selftests/unit/kmod_%.o: TEST_CFLAGS += -Iselftests/unit/kmod_shim

# The module's vector code for AES-GCM, with the instructions that each unit is made for (as in Kbuild)
GCM_UNITS := gcm_aesni gcm_avx gcm_vaes256 gcm_vaes512
GCM_OBJ := $(GCM_UNITS:%=$(U)/gcm/%.o)
GCM_INCLUDE := -Ikmod -Ikmod/include -Iselftests/unit/kmod_shim
gcm_aesni_CFLAGS := -msse4.1 -maes -mpclmul
gcm_avx_CFLAGS := -mavx -maes -mpclmul
gcm_vaes256_CFLAGS := -mavx2 -maes -mpclmul -mvaes -mvpclmulqdq
gcm_vaes512_CFLAGS := $(gcm_vaes256_CFLAGS) -mbmi2 -mavx512f -mavx512bw -mavx512dq -mavx512vl
# An option of gcc's
GCM_CFLAGS := $(if $(findstring clang,$(CC)),,-frename-registers)
GCM_SRC := $(wildcard kmod/aead/gcm*.[ch])

$(U)/gcm/%.o: kmod/aead/%.c $(GCM_SRC) selftests/build.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) $(GCM_INCLUDE) $(GCM_CFLAGS) $($*_CFLAGS) -c -o $@ $<

# The same by the other compiler
GCM_CLANG_OBJ := $(GCM_UNITS:%=$(U)/gcm-clang/%.o)
$(U)/gcm-clang/%.o: kmod/aead/%.c $(GCM_SRC) selftests/build.mk
	@mkdir -p $(@D)
	$(Q)clang $(USER_CFLAGS) $(GCM_INCLUDE) $($*_CFLAGS) -c -o $@ $<

$(U)/selftests/unit/gcm_%.o: TEST_CFLAGS += $(GCM_INCLUDE)
$(U)/unit/gcm_units: $(GCM_OBJ)
$(U)/unit/gcm_units_clang: $(GCM_CLANG_OBJ)

build/bench/cipher: selftests/bench/cipher.c $(GCM_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) $(GCM_INCLUDE) -o $@ $< $(GCM_OBJ) -lIPSec_MB -lcrypto

build/bench/instructions.so: selftests/bench/instructions.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $<

$(U)/selftests/%.o: selftests/%.c userland/build.mk selftests/build.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_BIN): $(U)/unit/%: $(U)/selftests/unit/%.o $(SIM_LIB_OBJ) $(U)/libdvti.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -o $@ $(filter %.o,$^) $(U)/libdvti.a $(USER_LDLIBS) -lcmocka

$(U)/sim/sim: $(SIM_OBJ) $(U)/libdvti.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -o $@ $^ $(USER_LDLIBS)

build/net/%: selftests/net/%.c kmod/include/uapi/linux/dvti.h selftests/build.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -o $@ $< $(USER_LDLIBS)

build/net/nf_accept: private USER_LDLIBS += -lnl-nf-3

build/net/dvti-nl: $(wildcard selftests/net/dvti-nl/*.[ch]) kmod/include/uapi/linux/dvti.h selftests/build.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -o $@ $(filter %.c,$^) $(USER_LDLIBS)

-include $(UNIT_OBJ:.o=.d) $(SIM_OBJ:.o=.d)

# libFuzzer wants clang, and the library instrumented: a build of its own.
F := build/fuzz
FUZZ_BIN := $(patsubst selftests/fuzz/%.c,$(F)/%,$(wildcard selftests/fuzz/*.c))
FUZZ_LIB_OBJ := $(LIB_SRC:userland/%.c=$(F)/obj/%.o)
FUZZ_CFLAGS = $(subst -D_FORTIFY_SOURCE=2,,$(USER_CFLAGS)) -O1 -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer -Wno-unknown-warning-option

$(F)/obj/%.o: userland/%.c userland/build.mk selftests/build.mk
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(F)/libdvti.a: $(FUZZ_LIB_OBJ)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Optimising what is unrolled and inlined to this extent, with checks in between, takes clang minutes.
$(F)/vectors/%.o: kmod/aead/%.c $(GCM_SRC) selftests/build.mk
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) -O0 $(GCM_INCLUDE) $($*_CFLAGS) -c -o $@ $<

$(F)/gcm: private FUZZ_CFLAGS += $(GCM_INCLUDE)
$(F)/gcm: $(GCM_UNITS:%=$(F)/vectors/%.o)
$(FUZZ_BIN): $(F)/%: selftests/fuzz/%.c $(F)/libdvti.a
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) -Iselftests -fsanitize=fuzzer -o $@ $(filter %.c %.o,$^) $(F)/libdvti.a $(USER_LDLIBS)

-include $(FUZZ_LIB_OBJ:.o=.d)

# --- running them ---------------------------------------------------------------------------------------

.PHONY: packages build-unit build-sim build-net build-fuzz
packages:
	@$(VM)/deps $(VM)/packages

build-unit: $(UNIT_BIN)
build-sim: $(if $(wildcard selftests/sim/main.c),$(U)/sim/sim)
# The compiler's warnings are errors here, and only here: a user's compiler may know more of them.
build-net: KMOD_ARGS += W=1 KCFLAGS=-Werror
build-net: userland $(NET_BIN) $(addprefix kmod-,$(K))
build-fuzz: $(FUZZ_BIN)

# Packages come first and by a make of their own: what follows asks pkg-config and dpkg about them.
CHECKS := check-unit check-sim check-san check-fuzz check-net check-style
.PHONY: check $(CHECKS) check-uml check-smp-debug vm demo bench bench-quick
check: packages
	@K="$(K)" T="$(T)" SEEDS="$(SEEDS)" SMP="$(SMP)" MAKE="$(MAKE)" selftests/check all
$(CHECKS): packages
	@K="$(K)" T="$(T)" SEEDS="$(SEEDS)" SMP="$(SMP)" MAKE="$(MAKE)" selftests/check $(@:check-%=%)
check-uml: packages
	@T="$(T)" MAKE="$(MAKE)" selftests/check uml
check-smp-debug: packages
	@T="$(T)" SMP="$(SMP)" MAKE="$(MAKE)" selftests/check smp-debug

JOBS = -j$(shell nproc)

vm: packages
	@$(MAKE) --no-print-directory $(JOBS) build-net K=$(lastword $(K))
	@$(VM)/run --kernel $(lastword $(K)) --shell

# The kernel is unpacked while the compiler works.
demo: packages
	@$(VM)/kernel 6.12 & $(MAKE) --no-print-directory $(JOBS) build-net K=6.12 && wait $$!
	@$(VM)/run --kernel 6.12 --timeout 110 -- env $$(test -t 1 || echo NO_COLOR=1) selftests/demo

# B=NAME runs one: native icount cipher cpus links rekey
B ?=
bench: packages
	@$(MAKE) --no-print-directory $(JOBS) build-net K="$(K)"
	@K="$(K)" selftests/bench/run $(B)
bench-quick: packages
	@$(MAKE) --no-print-directory $(JOBS) kmod-6.12 $(NET_BIN)
	@QUICK=1 ROUNDS=2 K=6.12 selftests/bench/run $(or $(B),native icount)
