# Verbs in front of Meson and Ninja. Each installs what it needs first (tools/setup).

PREFIX ?= /usr/local
DESTDIR ?=
# Developers: only the tests whose name matches, e.g. make test ONLY=unit/base
ONLY ?=
# Seconds for each fuzz target.
SECONDS_EACH ?= 60
# How often make crash goes through its tests.
ROUNDS ?= 5
ARGS ?=

.PHONY: all run test bench fuzz crash tidy format install install-files deb clean
# One verb after the other: several would work in the same build folders.
.NOTPARALLEL:

all:
	@tools/setup build
	@test -f build/release/build.ninja || meson setup build/release --buildtype=release -Db_lto=true
	@ninja -C build/release src/app/sigap
	@cmp -s build/release/src/app/sigap build/sigap || install -m755 build/release/src/app/sigap build/sigap

run: all
	@exec build/sigap serve $(ARGS)

# tests/run builds build/test (sanitizers on), runs everything and counts.
test:
	@tools/setup build test
	@exec tests/run --build $(if $(value ONLY),--only '$(value ONLY)')

bench: all
	@tools/setup build test bench
	@test -f build/bench/build.ninja || meson setup build/bench --buildtype=release -Db_lto=true -Dtests=true
	@ninja -C build/bench tests/bench/seed tests/bench/ceiling tests/bench/sockets tests/socketio-echo
	@exec node tests/bench/run.mjs $(ARGS)

fuzz:
	@tools/setup build fuzz
	@test -f build/fuzz/build.ninja || CC=clang meson setup build/fuzz --buildtype=debugoptimized \
	  -Dtests=true -Dtest_build=true -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
	  -Dc_args=-fsanitize=fuzzer-no-link
	@ninja -C build/fuzz fuzz
	@exec tests/fuzz/run $(SECONDS_EACH) $(ONLY)

# The tests that kill a writing process, again and again.
crash:
	@tools/setup build test
	@exec tests/run --build --only '^crash/|/kill' --repeat $(ROUNDS)

tidy:
	@tools/setup build test tidy
	@tools/tidy
	@tests/run --build-only
	@run-clang-tidy -quiet -p build/test "^$(CURDIR)/src/"

format:
	@tools/setup tidy
	@find src tests -name node_modules -prune -o -name '*.[ch]' -print0 | xargs -0 clang-format -i

install: all install-files

# What was built, put where it belongs; for packages, too.
install-files:
	install -D -m755 build/sigap $(DESTDIR)$(PREFIX)/bin/sigap
	install -D -m644 sigap.1 $(DESTDIR)$(PREFIX)/share/man/man1/sigap.1
	@for at in bash:bash-completion/completions/sigap fish:fish/vendor_completions.d/sigap.fish zsh:zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)/_sigap; do \
	  build/sigap completion "$${at%%:*}" >build/completion && \
	  install -D -m644 build/completion "$(DESTDIR)$(PREFIX)/share/$${at#*:}" || exit 1; done

# build/sigap_VERSION_ARCH.deb
deb: all
	@tools/setup build deb
	@rm -rf build/deb && mkdir -p build/deb && cp -R packaging/debian build/deb/debian
	@build/sigap --version | sed -n 's/^.*[Ss]igap \([0-9.]*\).*/sigap (\1) stable; urgency=medium\n\n  * See CHANGELOG.md.\n/p' >build/deb/debian/changelog
	@date -R -d "@$$(git log -1 --format=%ct 2>/dev/null || date +%s)" | sed 's/^/ -- The Sigap authors <sigap@localhost.localdomain>  /' >>build/deb/debian/changelog
	@cd build/deb && debian/rules binary
	@ls build/*.deb

clean:
	rm -rf build
