# ddump: `make help` lists the targets. Everything that is made lies under build/.
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
BUILD_ARCH := $(shell uname -m)
ARCH      ?= $(BUILD_ARCH)
JOBS      ?= 2
PYTHON    ?= /usr/bin/python3
CLANG     ?= clang
CLANG_FORMAT ?= clang-format
SETUP     ?= tools/setup.sh
FUZZ_SECONDS ?= 30
CHAOS_SECONDS ?= 600
PYTEST_JOBS ?= 3
CFLAGS    ?= -O2 -g
# Fat: lint and nm look at the objects. The path of a packet crosses many of them.
LTO       ?= -flto -flto-partition=one -ffat-lto-objects
VERSION   := $(shell cat VERSION)
MAKEFLAGS += $(if $(filter 0,$(MAKELEVEL)),-j$(JOBS) --no-print-directory)
$(if $(filter 1,$(V)),.LOUD,.SILENT):

, := ,
O := build/$(ARCH)
TRIPLET := $(if $(filter armhf,$(ARCH)),arm-linux-gnueabihf,$(ARCH)-linux-gnu)
CROSS := $(if $(filter-out $(BUILD_ARCH),$(ARCH)),$(TRIPLET)-)
STRIP ?= $(CROSS)strip
HOST := $(or $(shell $(CROSS)$(CC) -dumpmachine 2>/dev/null),$(ARCH)$(if $(wildcard /etc/alpine-release),-alpine-linux-musl,-linux-gnu))
# libgcc's division by zero wants raise(), which is then in the C library behind it.
LDFLAGS += $(if $(filter armhf,$(ARCH)),-Wl$(,)-u$(,)raise)
HARDEN := -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections
ifneq ($(findstring musl,$(HOST)),)
# musl is the system's own C library (Alpine): gcc knows static-pie, and libc.a is a package.
NATIVE := 1
TCC := $(CC) -static-pie -Wl,-z,text,-z,relro,-z,now,-z,noexecstack
LIBS := libpcap mbedtls
else
TCC := $(CROSS)$(CC) -specs=$(CURDIR)/third_party/static-pie.specs --sysroot=$(CURDIR)/$(O)/sysroot
LIBS := musl libpcap mbedtls
endif
WARN := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wswitch-enum
CPP := -iquote src -D_GNU_SOURCE -DDDUMP_VERSION=\"$(VERSION)\" -ffile-prefix-map=$(CURDIR)=.
CSTD := -std=c11

# Sources, by the binary or archive that they end up in.
CORE   := $(wildcard src/base/*.c src/http/*.c src/merge/*.c src/print/*.c src/path/*.c) $(filter-out src/pcap/capture.c,$(wildcard src/pcap/*.c))
MBED   := $(wildcard src/sys/tls/tls.c src/sys/tls/chain.c)
SYS    := $(filter-out $(MBED),$(wildcard src/sys/*.c src/sys/*/*.c))
WORKER := $(wildcard src/worker/*/*.c src/worker/*/*/*.c)
CLI    := $(wildcard src/cli/*/*.c)
MAINS  := $(wildcard src/ddump.c src/ddump_worker.c)
ALL_SRC := $(CORE) $(SYS) $(WORKER) $(CLI) $(MAINS) $(MBED) $(wildcard src/pcap/capture.c)
TESTS  := $(wildcard tests/*/*_test.c tests/*/*/*_test.c tests/*/*/*/*_test.c)
SUPPORT := $(wildcard tests/support/*.c) $(filter-out %_test.c,$(wildcard tests/sim/*.c))
FUZZ   := $(wildcard tests/fuzz/*_fuzz.c)
obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
S := $(O)/san
san = $(patsubst %.c,$(S)/%.o,$(1))
fuz = $(patsubst %.c,$(O)/fuzz/%.o,$(1))
BINS   := $(patsubst src/%.c,$(O)/%,$(subst ddump_worker,ddump-worker,$(MAINS)))
UNIT   := $(patsubst %.c,$(S)/%,$(TESTS))
HOST_PCAP := $(O)/host/libpcap
FUZZERS := $(patsubst %.c,$(O)/fuzz/%,$(FUZZ))

# Archives are made anew when a source file comes or goes, objects when this file changes.
$(shell mkdir -p $(O) && echo '$(ALL_SRC) $(SUPPORT)' | cmp -s - $(O)/sources || \
	echo '$(ALL_SRC) $(SUPPORT)' >$(O)/sources)
COMMON := Makefile VERSION

.DELETE_ON_ERROR:
all: $(BINS)
$(BINS): $(LIBS:%=$(O)/.%)

# Set-up and third-party libraries.
build/.setup-%: tools/setup.sh
	$(SETUP) $*
	mkdir -p build && touch $@
build/src/.fetched: third_party/fetch.sh third_party/versions $(wildcard third_party/patches/*) | build/.setup-build
	echo "  FETCH   $(LIBS)"
	DDUMP_NATIVE_MUSL=$(NATIVE) third_party/fetch.sh build/src
	touch $@
RECIPE = echo "  LIB     $(@F:.%=%)"; CC='$(CROSS)$(CC)' TCC='$(TCC)' AR=$(CROSS)ar RANLIB=$(CROSS)ranlib \
	HOST=$(HOST) JOBS=$(JOBS) HARDEN='$(HARDEN)' third_party/build.sh $(@F:.%=%) build/src $(O) && touch $@
THIRD := build/src/.fetched third_party/build.sh third_party/static-pie.specs
$(O)/.musl: | $(if $(CROSS),build/.setup-cross-$(ARCH))
$(O)/.libpcap: $(if $(NATIVE),,$(O)/.musl)
$(O)/.mbedtls: $(wildcard third_party/mbedtls_*) $(O)/.libpcap
$(O)/.musl $(O)/.libpcap $(O)/.mbedtls: $(THIRD)
	$(RECIPE)

# The static binaries.
$(O)/obj/src/pcap/capture.o: CPP += -isystem $(O)/libpcap/include
$(call obj,$(MBED) tests/e2e/gcm_probe.c): CPP += -isystem $(O)/mbedtls/include
# What no packet passes through is made small: one file is copied to a rescue system.
$(call obj,$(wildcard $(addsuffix /*.c,$(addprefix src/cli/,extcap link options report run target)))): SMALL := -Os
$(call obj,src/cli/run/pump.c): SMALL :=
$(O)/obj/%.o: %.c $(COMMON) $(LIBS:%=$(O)/.%)
	mkdir -p $(@D) && echo "  CC      $<"
	$(TCC) $(CSTD) $(CPP) $(WARN) $(WERROR) $(CFLAGS) $(SMALL) $(LTO) $(HARDEN) -MMD -MP -c -o $@ $<
AR_CMD = echo "  AR      $@"; mkdir -p $(@D); rm -f $@; $(if $(filter %.o,$^),$(AR_PREFIX)ar qcsD $@ $(filter %.o,$^),printf '!<arch>\n' >$@)
$(O)/libcore.a $(O)/libsys.a: AR_PREFIX := $(CROSS)
$(O)/libcore.a: $(call obj,$(CORE))
$(O)/libsys.a: $(call obj,$(SYS))
$(O)/libcore.a $(O)/libsys.a: $(O)/sources
	$(AR_CMD)
LINK = echo "  LINK    $@"; mkdir -p $(@D); $(TCC) $(CFLAGS) $(LTO) $(HARDEN) $(LDFLAGS) -Wl,--gc-sections -o $@ $(filter %.o %.a,$^)
$(O)/ddump-worker: $(call obj,src/ddump_worker.c $(WORKER) $(wildcard src/pcap/capture.c)) $(O)/libsys.a $(O)/libcore.a
	$(LINK) -L$(O)/libpcap/lib -lpcap
$(O)/ddump-worker.image: $(O)/ddump-worker
	$(STRIP) -o $@ $<
$(O)/image.o: src/cli/link/image.S src/cli/link/boot.sh $(O)/ddump-worker.image
	$(TCC) -c -Wa,-I$(O) -o $@ $<
$(O)/ddump: $(call obj,src/ddump.c $(CLI) $(MBED)) $(O)/image.o $(O)/libsys.a $(O)/libcore.a
$(O)/tests/tls_probe: $(call obj,tests/e2e/tls_probe.c src/sys/trust.c $(wildcard src/sys/tls/*.c)) $(O)/libcore.a
$(O)/tests/gcm_probe: $(call obj,tests/e2e/gcm_probe.c)
$(O)/ddump $(O)/tests/tls_probe $(O)/tests/gcm_probe:
	$(LINK) -L$(O)/mbedtls/lib -lmbedtls

# Unit tests: the host's compiler and C library, under ASan and UBSan, with a libpcap for them.
SANFLAGS := -O1 -g -fno-omit-frame-pointer -ffunction-sections -Wl,--gc-sections $(if $(NATIVE),\
	-fsanitize=undefined -fsanitize-undefined-trap-on-error,-fsanitize=address,undefined -fno-sanitize-recover=all)
$(HOST_PCAP)/lib/libpcap.a: $(THIRD)
	echo "  LIB     $@"; CC=$(CC) TCC=$(CC) AR=ar RANLIB=ranlib HOST=$$($(CC) -dumpmachine) JOBS=$(JOBS) HARDEN= third_party/build.sh libpcap build/src $(O)/host && touch $@
$(S)/src/pcap/capture.o: CPP += -isystem $(HOST_PCAP)/include
$(S)/src/pcap/capture.o: | $(HOST_PCAP)/lib/libpcap.a
$(S)/src/%.o: src/%.c $(COMMON) | build/.setup-check
	mkdir -p $(@D) && echo "  SAN     $<"
	$(CC) $(CSTD) $(CPP) $(WARN) $(WERROR) $(SANFLAGS) -MMD -MP -c -o $@ $<
$(S)/tests/%.o: tests/%.c $(COMMON) | build/.setup-check
	mkdir -p $(@D) && echo "  SAN     $<"
	$(CC) $(CSTD) $(CPP) -iquote tests -Wall -Wextra $(WERROR) $(SANFLAGS) -MMD -MP -c -o $@ $<
SANLIBS := $(S)/tests/support.a $(S)/librest.a $(S)/libcore.a $(HOST_PCAP)/lib/libpcap.a $(O)/image.o
$(S)/tests/support.a: $(call san,$(SUPPORT))
$(S)/librest.a: $(call san,$(SYS) $(WORKER) $(CLI) src/pcap/capture.c)
$(S)/libcore.a: $(call san,$(CORE))
$(filter $(S)/%,$(SANLIBS)): $(O)/sources
	$(AR_CMD)
.SECONDARY:
$(UNIT): %: %.o $(SANLIBS)
	$(CC) $(SANFLAGS) -o $@ $< $(SANLIBS) -lcmocka -lm -lpthread

check: build/.setup-check
	for t in all fmt-check lint check-static check-unit fuzz-smoke check-e2e; do $(MAKE) WERROR=-Werror $$t || exit 1; done
check-unit: $(UNIT)
	rm -f $(UNIT:=.failed); printf '%s\n' $(UNIT) | xargs -P $(JOBS) -n 1 sh -c '$$0 >$$0.out 2>&1 || touch $$0.failed'; \
	failed=; for t in $(UNIT); do echo "== $${t#$(S)/}"; cat $$t.out; [ ! -e $$t.failed ] || failed="$$failed $${t#$(S)/}"; done; \
	[ -z "$$failed" ] || { echo "check-unit: FAILED:$$failed" >&2; exit 1; }
coverage:
	find $(O) -path '$(O)/cov/*.gcda' -delete
	SIM_RUNS=200 $(MAKE) S=$(O)/cov SANFLAGS='-O0 -g --coverage -DCOVERAGE -ffunction-sections -Wl,--gc-sections' check-unit >$(O)/cov.log || { tail $(O)/cov.log; exit 1; }
	$(PYTHON) -B tools/coverage.py $(COVERAGE_FLAGS) $(O)/cov
mutants: $(UNIT)
	$(PYTHON) -B tools/mutants.py --build $(S) --compile '$(CC) $(CSTD) $(CPP) $(SANFLAGS)' --libs '$(SANLIBS) -lcmocka -lm -lpthread' --jobs $(JOBS) $(MUTANTS)
check-e2e: all $(O)/tests/tls_probe $(O)/tests/gcm_probe build/.setup-check
	DDUMP_BUILD=$(CURDIR)/$(O) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest tests/e2e -q -p no:cacheprovider -n $(PYTEST_JOBS) $(PYTEST_FLAGS)
chaos: all build/.setup-check
	DDUMP_BUILD=$(CURDIR)/$(O) $(PYTHON) -B tests/chaos/chaos.py --seconds $(CHAOS_SECONDS) --jobs $(JOBS) $(CHAOS_FLAGS)
check-long: build/.setup-check-long
	NODES=225000 $(MAKE) lint
	$(MAKE) mutants
	DDUMP_LONG=1 $(MAKE) check-e2e
check-static: all
	READELF=$(CROSS)readelf STRIP=$(STRIP) ARCH=$(ARCH) tools/check-static.sh $(BINS)
check-corpus: all
	DDUMP=$(O)/ddump $(PYTHON) -B tests/corpus/corpus.py --jobs $(JOBS) $(CORPUS)
check-image: build/.setup-image; tests/image/check-image.sh
demo: all build/.setup-demo
	DDUMP_BUILD=$(CURDIR)/$(O) tools/demo.sh
lint: $(call obj,$(ALL_SRC)) build/.setup-check
	O=$(O) HOSTCC=$(CC) CLANG=$(CLANG) NM=$(CROSS)nm PYTHON=$(PYTHON) JOBS=$(JOBS) HOST=$(HOST) \
	CPPDEFS='$(CPP)' WARN='$(WARN)' tools/lint.sh
FMT_FILES = $(shell find src tests third_party -name '*.[ch]' 2>/dev/null | sort)
fmt fmt-check: build/.setup-check
	$(if $(FMT_FILES),$(CLANG_FORMAT) $(if $(filter fmt,$@),-i,--dry-run -Werror) $(FMT_FILES))

# Fuzzing and measuring.
include tests/fuzz/fuzz.mk
BENCHES := $(patsubst %.c,$(O)/obj/%,$(wildcard tests/bench/*.c))
$(BENCHES): %: %.o $(O)/libsys.a $(O)/libcore.a
	$(LINK)
bench: all $(BENCHES)
	for b in $(filter %_bench,$(BENCHES)) $(wildcard tests/bench/*_bench.py); do echo "== $$b"; DDUMP_BUILD=$(CURDIR)/$(O) $$b || exit 1; done

NOTICE: $(O)/NOTICE
$(O)/NOTICE: LICENSE tools/notice.sh $(LIBS:%=$(O)/.%)
	tools/notice.sh $(O)/licenses >$@
include share/share.mk
completions: all
	$(PYTHON) -B tools/completions.py $(BINS) share/completions
clean:
	rm -rf $(O)/obj $(O)/san $(O)/cov $(O)/fuzz $(O)/lint $(O)/*.a $(BINS) $(O)/NOTICE $(O)/sources
distclean: ; rm -rf build
help: ; cat tools/help.txt
.PHONY: all chaos coverage mutants check check-corpus check-long check-unit check-e2e check-static check-image completions demo lint fmt fmt-check \
	bench NOTICE clean distclean help
-include $(shell find $(O)/obj $(S) $(O)/fuzz -name '*.d' 2>/dev/null)
