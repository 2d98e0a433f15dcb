# Everything sets itself up: `make run` and `make test` need a Swift toolchain and nothing else.

MODULE := build/mmaparray.so
SOURCES := $(shell find Sources CModuleShim -type f) Package.swift

# The module is one file: the Swift runtime is linked into it, what nobody calls is left out, and only the entry point
# is visible. All its state is reached on the server's main thread or under a lock, so exclusivity is not checked at
# run time. Commands are generic over the array library's types: without optimisation across modules they would ask
# the runtime for types and call through tables, which costs as much as the server spends on a GET.
MODULE_FLAGS := -c release --scratch-path .build-static --product mmaparray \
  -Xswiftc -static-stdlib -Xswiftc -enforce-exclusivity=unchecked -Xswiftc -cross-module-optimization \
  -Xlinker --version-script=$(CURDIR)/CModuleShim/exports.map -Xlinker --gc-sections -Xlinker --strip-all

.PHONY: all module hello run test unit-tests integration-tests test-servers package-test deb deb-test tarball docs examples bench benchmark-test fuzz fuzz-test sanitize \
  install uninstall lint setup clean help

all: module  ## Build the module, build/mmaparray.so (the default)

module: $(MODULE)

$(MODULE): $(SOURCES) CModuleShim/exports.map
	swift build $(MODULE_FLAGS)
	@mkdir -p build
	@cp .build-static/release/libmmaparray.so $@.new && Scripts/symbols $@.new && mv $@.new $@
	@echo "built $@ ($$(du -h $@ | cut -f1))"

# The smallest module on ServerModule, beside the other, for the tests.
HELLO := build/hello.so

hello: $(HELLO)

$(HELLO): $(SOURCES) $(MODULE)
	swift build $(MODULE_FLAGS:mmaparray=hello)
	@cp .build-static/release/libhello.so $@.new && mv $@.new $@

run: setup module  ## Install what is missing, start a server with the module and play the walk-through
	@swift run play-walkthroughs $(MODULE) $(sort $(wildcard IntegrationTests/Walkthroughs/*.txt))

test: setup module lint unit-tests package-test integration-tests examples benchmark-test fuzz-test  ## Install what is missing and run all tests

unit-tests: setup  ## Run the tests that need no server
	swift test --skip IntegrationTests

package-test: setup  ## Use the array library from a package of its own, and compare its loops with those over arrays in memory
	@Scripts/use-package

# What servers do each in their own way; all the rest is their common past.
NEWEST := ServerVersionTests|HelloModuleTests|InstallTests|CommandTests|CommandDescriptionTests|AccessControlTests|KeyspaceTests|$\
  ConfigurationTests|DocumentTests|WalkthroughTests|PersistenceTests|ScriptTests|ClusterTests|ShardedArrayTests|$\
  SentinelTests|StormTests

integration-tests: setup module hello  ## Run the tests against live servers: all on the machine's, many on the newest
	Scripts/test-servers $(MODULE) redis-7.0 'valkey-9:$(NEWEST)'

test-servers: setup module hello  ## Run the tests against every server that is supported
	Scripts/test-servers $(MODULE)
	$(MAKE) deb-test

docs: setup module  ## Write the generated parts of the documents, and build the libraries' reference in build/docs
	@Scripts/docs $(MODULE)

# Where a package would put the module, for all servers: Debian's units let them execute nothing outside /usr/lib. Their
# configuration is left alone.
PREFIX ?= /usr
MODULE_DIRECTORY = $(PREFIX)/lib/redis/modules
EXAMPLE_DIRECTORY = $(PREFIX)/share/mmaparray
MANUAL = $(PREFIX)/share/man/man7/mmaparray.7

install: module  ## Install the module below PREFIX (/usr) and DESTDIR, with its manual and lines for a server's configuration
	install -D -m 755 $(MODULE) $(DESTDIR)$(MODULE_DIRECTORY)/mmaparray.so
	@mkdir -p $(DESTDIR)$(EXAMPLE_DIRECTORY)
	@sed 's|@MODULE@|$(MODULE_DIRECTORY)/mmaparray.so|' Packaging/mmaparray.conf >$(DESTDIR)$(EXAMPLE_DIRECTORY)/mmaparray.conf
	@mkdir -p $(DESTDIR)$(dir $(MANUAL))
	@sed "s|@VERSION@|$$(Scripts/version)|" Packaging/mmaparray.7 >$(DESTDIR)$(MANUAL)
	@echo "add to the server's configuration: include $(EXAMPLE_DIRECTORY)/*.conf"

uninstall:  ## Remove what `make install` installed
	rm -f $(DESTDIR)$(MODULE_DIRECTORY)/mmaparray.so $(DESTDIR)$(EXAMPLE_DIRECTORY)/mmaparray.conf $(DESTDIR)$(MANUAL)
	@rmdir $(DESTDIR)$(MODULE_DIRECTORY) $(DESTDIR)$(EXAMPLE_DIRECTORY) 2>/dev/null || true

deb: module  ## Build the Debian package, in build/packages
	@Scripts/deb $(MODULE) build/packages

tarball: module  ## Pack what `make install` installs, in build/packages, for systems that are not Debian's
	@Scripts/tarball $(MODULE) build/packages

deb-test: deb  ## Install the Debian package on fresh systems, and run servers with it as their units would (needs root)
	@Scripts/test-deb build/packages

examples: setup module  ## Run the examples, for a few seconds each
	@Scripts/setup images
	@Scripts/examples $(MODULE)

bench: setup module  ## Measure the module next to the server's own commands (BENCH=--help tells of options)
	swift run -c release mmaparray-benchmark --module $(MODULE) $(BENCH)

benchmark-test: setup module  ## See whether the benchmark works, not how fast anything is
	swift run mmaparray-benchmark --module $(MODULE) --quick --types f64 f32 >/dev/null

FUZZ_SECONDS ?= 60

fuzz: setup module  ## Fuzz each parser of bytes from outside, and a live server, for FUZZ_SECONDS (60)
	@Scripts/fuzz -max_total_time=$(FUZZ_SECONDS)
	MMAPARRAY_FUZZ_SECONDS=$(FUZZ_SECONDS) MMAPARRAY_MODULE=$(CURDIR)/$(MODULE) swift test --filter LiveFuzzTests

fuzz-test: setup  ## Fuzz each parser a little, with the same inputs each time
	@Scripts/fuzz -runs=50000

sanitize: setup  ## Run tests under the address and thread sanitizers and valgrind; takes a quarter of an hour, so not in `test`
	command -v valgrind >/dev/null || apt-get install -y -qq --no-install-recommends valgrind >/dev/null
	Scripts/sanitize $(MODULE_FLAGS)

lint:  ## Check the formatting, that no folder of the module uses one above it, and that its version is in CHANGELOG.md
	swift format lint --strict --recursive --parallel Package.swift Sources Tests IntegrationTests
	Scripts/floors check
	Scripts/version check

setup:  ## Install what the other targets need and is missing
	@Scripts/setup

clean:  ## Remove everything that was built
	rm -rf build .build .build-docs .build-outside .build-static .build-fuzz .build-asan .build-tsan

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
