#!/bin/sh
# fetch.sh DIR: brings the unpacked, patched sources of musl, libpcap and mbedTLS to DIR/<name>.
# A tarball is used when its SHA-256 is the pinned one, or when apt vouches for it (signed index).
# Looked at in this order: third_party/distfiles/, Debian's source packages, the upstream release.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/versions"
mkdir -p "$1"
out=$(cd "$1" && pwd)
dist=$here/distfiles
log=$out/fetch.log
: >"$log"

die() { echo "third_party: $*" >&2; exit 1; }
note() { echo "third_party: note: $*" >&2; }
sha() { sha256sum "$1" | cut -d' ' -f1; }
val() { eval "printf %s \"\${$1_$2}\""; }

# The machine's own suites, mirrors and keyrings, as deb822 stanzas of source packages of $suite.
# In: sources.list lines and .sources files. Out: nothing when no mirror serves Debian's codename.
apt_stanzas() {
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] && sed -n 's/#.*//; s/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]\{1,\}//p' "$f"
	done | awk -v cn="$codename" -v to="$suite" '
		function put(uri, suite, key) {
			if (suite ~ /^(stable|testing|oldstable)/) sub(/^[a-z]+/, cn, suite)
			if (suite == cn "/updates") suite = cn "-security"
			if (suite != cn && suite != cn "-updates" && suite != cn "-security") return
			sub("^" cn, to, suite)
			printf "Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n%s\n", uri, suite, key
		}
		{
			key = ""
			if ($1 ~ /^\[/) {
				opts = $0; sub(/\].*/, "", opts); sub(/^\[/, "", opts)
				sub(/^\[[^]]*\][ \t]*/, "")
				n = split(opts, o, /[ \t]+/)
				for (i = 1; i <= n; i++)
					if (o[i] ~ /^signed-by=/) { key = "Signed-By: " substr(o[i], 11) "\n" }
			}
			if ($1 !~ /^cdrom:/ && $0 ~ /[ \t]main([ \t]|$)/) put($1, $2, key)
		}'
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] && cat "$f" && echo
	done | awk -v cn="$codename" -v to="$suite" '
		function flush(   n, i, s, a, list) {
			n = split(suites, a, /[ \t]+/)
			for (i = 1; i <= n; i++) {
				s = a[i]
				if (s ~ /^(stable|testing|oldstable)/) sub(/^[a-z]+/, cn, s)
				if (s == cn "/updates") s = cn "-security"
				if (s == cn || s == cn "-updates" || s == cn "-security") {
					sub("^" cn, to, s)
					list = list " " s
				}
			}
			if (list != "" && !off && comps ~ /(^|[ \t])main([ \t]|$)/)
				printf "Types: deb-src\nURIs:%s\nSuites:%s\nComponents: main\n%s\n", uris, list, key
			uris = suites = comps = key = last = ""; off = 0
		}
		/^#/ { next }
		/^[ \t]*$/ { flush(); next }
		/^[ \t]/ {
			if (last == "uris") uris = uris " " $0
			else if (last == "suites") suites = suites " " $0
			else if (last == "components") comps = comps " " $0
			else if (last == "signed-by") key = key $0 "\n"
			next
		}
		{
			last = tolower($1); sub(/:.*/, "", last)
			v = $0; sub(/^[^:]*:/, "", v)
			if (last == "uris") uris = v
			else if (last == "suites") suites = v
			else if (last == "components") comps = v
			else if (last == "signed-by") key = "Signed-By:" v "\n"
			else if (last == "enabled" && tolower(v) ~ /no|false/) off = 1
		}
		END { flush() }'
}

# A private apt for $suite: its state, cache and lists under $apt; of the machine only the proxy and
# transport settings and the keyrings are read. Hooks of the machine are not run.
apt_get() {
	apt-get -q -c "$apt/apt.conf" "$@"
}

apt_init() {
	rm -rf "$apt"
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$apt/dl"
	: >"$apt/state/status"
	apt_stanzas >"$apt/parts/ddump.sources"
	[ -s "$apt/parts/ddump.sources" ] || return 1
	cat >"$apt/apt.conf" <<EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
EOF
	apt_update || {
		# A mirror without the -updates or -security suite must not stop the build.
		sed -i "s/ $suite-[a-z]*//g" "$apt/parts/ddump.sources"
		awk -v RS= -v ORS='\n\n' '/\nSuites: *[a-z]/' "$apt/parts/ddump.sources" >"$apt/parts/s" &&
			mv "$apt/parts/s" "$apt/parts/ddump.sources"
		apt_update && note "the mirror has no $suite-security or -updates suite; using $suite alone"
	}
}

apt_update() {
	apt_get update >"$apt/update.log" 2>&1 && rc=0 || rc=1
	cat "$apt/update.log" >>"$log"
	if grep -Eq 'NO_PUBKEY|BADSIG|EXPKEYSIG|is not signed|not verified' "$apt/update.log"; then
		die "this machine's keyring cannot verify Debian's $suite index (install a newer debian-archive-keyring, or put the tarballs into third_party/distfiles/); see $log"
	fi
	return $rc
}

from_apt() { # name: sets tarball and patches
	command -v apt-get >/dev/null && [ "$(. /etc/os-release && echo "$ID")" = debian ] || return 1
	suite=$(val "$1" suite)
	apt=$out/apt/$suite
	if [ ! -e "$apt/ready" ]; then
		apt_init || { note "apt gives no $suite sources (see $log)"; return 1; }
		: >"$apt/ready"
	fi
	rm -rf "$apt/dl/$1" && mkdir "$apt/dl/$1"
	(cd "$apt/dl/$1" && apt_get source --download-only "$1") >>"$log" 2>&1 || return 1
	tarball=$(ls "$apt/dl/$1"/*.orig.tar.[gbx]z* | grep -v '\.asc$')
	patches=$(ls "$apt/dl/$1"/*.debian.tar.* 2>/dev/null || true)
	version=$(basename "$tarball" | sed 's/^[^_]*_//; s/\.orig\.tar\..*//')
	case $version in
	"$(val "$1" series)"*) ;;
	*) note "apt has $1 $version, not $(val "$1" series)x"; return 1 ;;
	esac
	if [ "$(printf '%s\n' "$version" "$(val "$1" version)" | sort -V | head -n 1)" != "$(val "$1" version)" ]; then
		note "apt has $1 $version, older than $(val "$1" version)"
		return 1
	fi
	if [ "$(sha "$tarball")" != "$(val "$1" sha256)" ]; then
		note "taking $1 $version from apt instead of the pinned $(val "$1" version): apt's signature vouches for it"
	fi
}

from_upstream() {
	tarball=$out/$(basename "$(val "$1" url)")
	patches=
	version=$(val "$1" version)
	echo "third_party: fetching $(val "$1" url)" >&2
	curl -fsSL -o "$tarball" "$(val "$1" url)" 2>>"$log" ||
		wget -q -O "$tarball" "$(val "$1" url)" 2>>"$log" || { rm -f "$tarball"; return 1; }
	checked "$1"
}

checked() { # the tarball is the pinned one, or the build ends here
	[ "$(sha "$tarball")" = "$(val "$1" sha256)" ] ||
		die "$tarball does not have the pinned SHA-256 of $1 $(val "$1" version); not building it"
}

from_distfiles() {
	for tarball in "$dist/$1"[-_]*.tar.*; do
		case $tarball in *.asc | *.debian.tar.*) continue ;; esac
		[ -f "$tarball" ] || return 1
		patches=$(ls "$dist/$1"_*.debian.tar.* 2>/dev/null || true)
		version=$(val "$1" version)
		checked "$1"
		note "$1: using $tarball"
		return 0
	done
	return 1
}

unpack() {
	rm -rf "$out/$1" "$out/$1.debian"
	mkdir "$out/$1"
	tar -C "$out/$1" --strip-components=1 -xf "$tarball"
	if [ -n "$patches" ]; then
		mkdir "$out/$1.debian"
		tar -C "$out/$1.debian" -xf "$patches"
		for p in $(sed 's/#.*//' "$out/$1.debian/debian/patches/series"); do
			case " $(val "$1" skip) " in *" $p "*) continue ;; esac
			patch -d "$out/$1" -p1 -s -f <"$out/$1.debian/debian/patches/$p" >>"$log" 2>&1 ||
				die "Debian's patch $p does not apply to $1; see $log"
		done
		rm -rf "$out/$1.debian"
	elif [ "$1" = musl ]; then
		note "musl without Debian's fixes of CVE-2025-26519 and CVE-2026-6042 (iconv) and CVE-2026-40200 (qsort of huge arrays); ddump does neither"
	fi
	# Our own: what a release needs until upstream's next one, by its name for that release alone;
	# and what every release of a series needs, without which ddump is not what it says it is.
	for p in "$here/patches/$1-$version"-*.patch; do
		[ -f "$p" ] || continue
		if patch -d "$out/$1" -p1 -s -f --dry-run <"$p" >>"$log" 2>&1; then
			patch -d "$out/$1" -p1 -s -f <"$p" >>"$log" 2>&1
		elif [ -n "$patches" ]; then
			note "$(basename "$p") does not apply any more; taking it that Debian's patches now have it"
		else
			die "$p does not apply; see $log"
		fi
	done
	series=$(val "$1" series)
	for p in "$here/patches/$1-${series%.}"-*.patch; do
		[ -f "$p" ] || continue
		patch -d "$out/$1" -p1 -s -f <"$p" >>"$log" 2>&1 || die "$p does not apply to $1 $version; see $log"
	done
}

# They are kept: a source tarball of ddump (make dist) holds them as its distfiles.
rm -rf "$out/tarballs" && mkdir "$out/tarballs"
for name in musl libpcap mbedtls; do
	[ "${DDUMP_NATIVE_MUSL:-}" = 1 ] && [ $name = musl ] && continue
	from_distfiles $name || from_apt $name || from_upstream $name ||
		die "cannot get $name $(val $name version): put $(basename "$(val $name url)") into third_party/distfiles/ (log: $log)"
	unpack $name
	cp "$tarball" $patches "$out/tarballs/"
done
rm -rf "$out/apt"
