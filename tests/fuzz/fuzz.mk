# The fuzz targets; part of the Makefile.
FUZZFLAGS := -O2 -g -fno-omit-frame-pointer -ffunction-sections -fsanitize=address,undefined -fno-sanitize-recover=all
$(O)/fuzz/%.o: %.c $(COMMON) | build/.setup-fuzz
	mkdir -p $(@D)
	$(CLANG) $(CSTD) $(CPP) -iquote tests $(FUZZFLAGS) -fsanitize=fuzzer-no-link $(FUZZ_NO_CMP) -MMD -MP -c -o $@ $<
# What merge, the targets and the makers of text compare is no input: to watch it takes a third of the time.
$(call fuz,$(wildcard src/merge/*.c tests/fuzz/*.c) src/base/text.c src/base/span.c): FUZZ_NO_CMP := -fno-sanitize-coverage=trace-cmp
$(O)/fuzz/librest.a: $(call fuz,$(SYS) $(WORKER) $(CLI) tests/fuzz/fuzz.c)
$(O)/fuzz/libcore.a: $(call fuz,$(CORE))
$(O)/fuzz/librest.a $(O)/fuzz/libcore.a: $(O)/sources
	$(AR_CMD)
# mbedTLS: what parses certificates under the sanitizers, the rest as the binaries have it.
X509 := $(patsubst %,$(O)/fuzz/mbedtls/%.o,asn1parse base64 oid pem pkparse x509 x509_crt)
$(X509): $(O)/.mbedtls | build/.setup-fuzz
	mkdir -p $(@D)
	$(CLANG) -isystem $(O)/mbedtls/include $(FUZZFLAGS) -fsanitize=fuzzer-no-link -c -o $@ build/src/mbedtls/library/$(@F:.o=.c)
$(call fuz,$(MBED) tests/fuzz/certificate_fuzz.c): CPP += -isystem $(O)/mbedtls/include
$(call fuz,$(MBED)): $(O)/.mbedtls
$(O)/fuzz/tests/fuzz/certificate_fuzz: $(X509)
$(O)/fuzz/tests/fuzz/targets_fuzz: $(call fuz,$(MBED))
$(O)/fuzz/tests/fuzz/certificate_fuzz $(O)/fuzz/tests/fuzz/targets_fuzz: FUZZ_LIBS := $(O)/mbedtls/lib/libmbedtls.a
$(FUZZERS): %: %.o $(O)/fuzz/librest.a $(O)/fuzz/libcore.a
	echo "  FUZZ    $(@F)"
	$(CLANG) $(FUZZFLAGS) -Wl,--gc-sections -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(FUZZ_LIBS)
fuzz: $(FUZZERS)
	$(PYTHON) -B tests/fuzz/run.py --seconds $(FUZZ_SECONDS) --found $(O)/fuzz/found $(FUZZ_FLAGS) $^
fuzz-smoke: $(FUZZERS)
	$(PYTHON) -B tests/fuzz/run.py --total 60 --jobs $(JOBS) $^
REPLAYS := $(patsubst tests/fuzz/%.c,$(S)/%,$(FUZZ))
$(REPLAYS): $(S)/%: tests/fuzz/%.c tests/fuzz/fuzz.c tests/fuzz/replay.c $(S)/librest.a $(S)/libcore.a | $(O)/.mbedtls
	$(CC) $(CSTD) $(CPP) -iquote tests -isystem $(O)/mbedtls/include $(SANFLAGS) -o $@ $^ $(O)/mbedtls/lib/libmbedtls.a -lm -lpthread
replays: $(REPLAYS)
fuzz-coverage:
	$(MAKE) S=$(O)/fuzz/cov SANFLAGS='-O0 -g --coverage -ffunction-sections -Wl,--gc-sections' replays
	$(MAKE) fuzz FUZZ_FLAGS='$(FUZZ_FLAGS) --coverage $(O)/fuzz/cov'
.PHONY: fuzz fuzz-smoke fuzz-coverage replays
