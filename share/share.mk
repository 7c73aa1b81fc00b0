# What is installed, and the packages; part of the Makefile.
INSTALL    ?= install
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
DOCDIR     ?= $(DATADIR)/doc/ddump
UNITDIR    ?= $(PREFIX)/lib/systemd/system
# OpenRC's script goes where OpenRC is.
INITDIR    ?= $(if $(wildcard /sbin/openrc-run),/etc/init.d)
# Units and the script call the worker by its path.
UNIT_WORKER ?= $(BINDIR)/ddump-worker

# $(call put,MODE,FOLDER,FILES)
put = $(if $(strip $(3)),$(INSTALL) -d $(DESTDIR)$(2) && $(INSTALL) -m $(1) $(3) $(DESTDIR)$(2)/)
define INSTALLATION
$(call put,755,$(BINDIR),$(BINS))
$(STRIP) $(BINS:$(O)/%=$(DESTDIR)$(BINDIR)/%)
$(call put,644,$(MANDIR)/man1,$(wildcard man/*.1))
$(call put,644,$(MANDIR)/man8,$(wildcard man/*.8))
$(call put,644,$(DOCDIR),$(wildcard *.md docs/*.md) LICENSE $(O)/NOTICE)
$(call put,644,$(DOCDIR)/examples,$(filter-out %.sh,$(wildcard share/examples/*)))
$(call put,644,$(UNITDIR),$(wildcard share/systemd/*))
$(call put,644,$(DATADIR)/bash-completion/completions,$(wildcard share/completions/bash/*))
$(call put,644,$(DATADIR)/zsh/site-functions,$(wildcard share/completions/zsh/*))
$(call put,644,$(DATADIR)/fish/vendor_completions.d,$(wildcard share/completions/fish/*))
$(call put,644,$(DATADIR)/wireshark/profiles/ddump,$(wildcard share/wireshark/profiles/ddump/*))
sed -i 's|=ddump-worker|=$(UNIT_WORKER)|' $(DESTDIR)$(UNITDIR)/ddump-worker.service
$(if $(INITDIR),$(call put,755,$(INITDIR),share/openrc/ddump-worker))
$(if $(INITDIR),sed -i 's|=ddump-worker|=$(UNIT_WORKER)|' $(DESTDIR)$(INITDIR)/ddump-worker)
endef
install: all $(O)/NOTICE
	$(INSTALLATION)
# ddump as a capture program of Wireshark, which says where those are.
EXTCAPDIR ?= $(shell tshark -G folders 2>/dev/null | sed -n 's/^\(Global \)\{0,1\}Extcap path:[[:space:]]*//p')
install-extcap:
	d='$(EXTCAPDIR)'; [ -n "$$d" ] || { echo "install-extcap: tshark names no folder: EXTCAPDIR=/usr/lib/.../extcap" >&2; exit 1; }; \
	$(INSTALL) -d "$(DESTDIR)$$d" && ln -sf $(BINDIR)/ddump "$(DESTDIR)$$d/ddump"
# All that install would bring, and folders of ddump's own that are then empty.
uninstall:
	rm -rf $(O)/stage && $(MAKE) install DESTDIR=$(CURDIR)/$(O)/stage STRIP=true
	cd $(O)/stage && find . ! -type d | sed 's|^\.|$(DESTDIR)|' | xargs rm -f
	cd $(O)/stage && find . -depth -type d -path '*/ddump*' | sed 's|^\.|$(DESTDIR)|' | xargs rmdir 2>/dev/null || true
	rm -rf $(O)/stage
	d='$(EXTCAPDIR)'; [ -z "$$d" ] || [ ! -L "$(DESTDIR)$$d/ddump" ] || rm -f "$(DESTDIR)$$d/ddump"

# Tarballs of each architecture that is built, the sources with those of the libraries, and a package
# for Debian. The same sources give the same bytes: times are the commit's.
DIST := build/dist
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct -- . 2>/dev/null),$(shell stat -c %Y VERSION))
BUILT := $(patsubst build/%/ddump-worker,%,$(wildcard build/*/ddump-worker))
TAR = tar --sort=name --mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 --numeric-owner --mode=u+rwX,go=rX --format=gnu
dist: all
	rm -rf $(DIST) && mkdir -p $(DIST)
	for a in $(sort $(ARCH) $(BUILT)); do $(MAKE) ARCH=$$a SETUP=true dist-binary || exit 1; done
	$(MAKE) dist-source
	cd $(DIST) && sha256sum *.tar.gz >SHA256SUMS && cat SHA256SUMS
NAME = ddump-$(VERSION)-$(ARCH)
dist-binary:
	rm -rf $(O)/stage
	$(MAKE) install DESTDIR=$(CURDIR)/$(O)/stage PREFIX=/$(NAME) INITDIR=/$(NAME)/share/openrc UNIT_WORKER=ddump-worker
	$(TAR) -C $(O)/stage -c $(NAME) | gzip -9n >$(DIST)/$(NAME).tar.gz
	rm -rf $(O)/stage
# In a clone what git knows, else all but what is built.
dist-source:
	{ git ls-files 2>/dev/null || find . -path ./build -prune -o -type f -print; } | sed 's|^\./||' | grep -v '^third_party/distfiles/' \
		>$(DIST)/files && test -s $(DIST)/files
	rm -rf $(DIST)/src && mkdir -p $(DIST)/src && $(TAR) -c -T $(DIST)/files | tar -x -C $(DIST)/src
	mkdir $(DIST)/src/third_party/distfiles && cp build/src/tarballs/* $(DIST)/src/third_party/distfiles/
	$(TAR) -C $(DIST)/src --transform 's|^\.|ddump-$(VERSION)|' -c . | gzip -9n >$(DIST)/ddump-$(VERSION).tar.gz
	rm -rf $(DIST)/src $(DIST)/files
deb: all
	$(MAKE) $(O)/NOTICE
	mkdir -p $(DIST) && rm -rf $(O)/deb
	$(MAKE) install DESTDIR=$(CURDIR)/$(O)/deb PREFIX=/usr INITDIR=
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) ARCH=$(ARCH) VERSION=$(VERSION) share/debian/make-deb.sh $(O)/deb $(DIST)
.PHONY: install install-extcap uninstall dist dist-binary dist-source deb
