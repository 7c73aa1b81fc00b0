#!/bin/sh
# Builds both targets of the Dockerfile with buildah (vfs storage, chroot isolation: no daemon) on a base
# made by debootstrap, and looks at what came out. Needs root. All it makes lies under build/image.
set -eu
cd "$(dirname "$0")/../.."
work=$PWD/build/image
base=$work/base
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
failed=0
passed=0

ok() { passed=$((passed + 1)); echo "ok: $*"; }
bad() { failed=$((failed + 1)); echo "FAILED: $*" >&2; }
skip() { echo "check-image: skipped: $*" >&2; echo "0 passed, 0 failed, 1 skipped"; exit 0; }

[ "$(id -u)" = 0 ] || skip "needs root (debootstrap, file capabilities)"
mkdir -p "$work"
b() {
	buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"
}

# The machine's mirror for its own release, and its proxy, as apt knows them.
proxy=$(apt-config dump | sed -n 's/^Acquire::http::Proxy "\(.*\)";/\1/p')
[ -z "$proxy" ] || [ "$proxy" = DIRECT ] || export http_proxy="$proxy"
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(COMPONENT)' 2>/dev/null |
	awk -v c="$codename" '$2 == c && $3 == "main" { print $1; exit }')

if [ ! -e "$base.done" ]; then
	rm -rf "$base"
	echo "check-image: debootstrap $codename"
	debootstrap --variant=minbase "$codename" "$base" "${mirror:-}" >"$work/debootstrap.log" 2>&1 ||
		{ tail -5 "$work/debootstrap.log" >&2; echo "check-image: debootstrap failed" >&2; exit 1; }
	# This test only: the image's apt uses what this machine's apt uses.
	rm -rf "$base/etc/apt/sources.list" "$base/etc/apt/sources.list.d"
	for f in sources.list sources.list.d trusted.gpg.d keyrings; do
		[ ! -e "/etc/apt/$f" ] || cp -RL "/etc/apt/$f" "$base/etc/apt/"
	done
	cp -RL /usr/share/keyrings/. "$base/usr/share/keyrings/"
	apt-config dump | grep '^Acquire::' >"$base/etc/apt/apt.conf.d/99machine" || true
	rm -rf "$base/var/cache/apt/archives"/*.deb
	touch "$base.done"
fi

b rm --all >/dev/null 2>&1 || true
if ! b inspect --type image localhost/ddump-base >/dev/null 2>&1; then
	c=$(b from scratch)
	b copy -q "$c" "$base" / >/dev/null
	b commit -q "$c" localhost/ddump-base >/dev/null
	b rm "$c" >/dev/null
fi

build() {
	b bud --isolation chroot --pull-never --layers --build-arg BASE=localhost/ddump-base \
		--target "$1" -t "localhost/ddump-$1" . >"$work/$1.log" 2>&1 ||
		{ tail -20 "$work/$1.log" >&2; bad "$1: does not build (log: $work/$1.log)"; return 1; }
	ok "$1: builds"
}

# look TARGET BINARY VERSION-OPTION FILE...
look() {
	t=$1
	bin=$2
	opt=$3
	shift 3
	c=$(b from --pull-never "localhost/ddump-$t")
	m=$(b mount "$c")
	found=$(cd "$m" && find . ! -type d | sed 's/^\.//' | sort | tr '\n' ' ')
	want=$(printf '%s\n' "$@" | sort | tr '\n' ' ')
	[ "$found" = "$want" ] && ok "$t: holds $want" || bad "$t: holds '$found', should hold '$want'"
	user=$(b inspect --format '{{.OCIv1.Config.User}}' "$c")
	case $user in
	0 | 0:* | *[!0-9:]* | '') bad "$t: user is '$user', not a number above 0" ;;
	*) ok "$t: user $user" ;;
	esac
	entry=$(b inspect --format '{{.OCIv1.Config.Entrypoint}}' "$c")
	[ "$entry" = "[$bin]" ] && ok "$t: entry point $bin" || bad "$t: entry point is $entry"
	tools/check-static.sh "$m$bin" >/dev/null && ok "$t: $bin is static" || bad "$t: $bin is not static"
	# buildah copies the output, and on a busy machine may end before it has
	for try in 1 2 3; do
		out=$(b run --isolation chroot "$c" -- "$bin" "$opt" 2>&1) && rc=0 || rc=$?
		[ -z "$out" ] || break
	done
	case "$rc $out" in
	"0 "*"$(cat VERSION)"*) ok "$t: $bin $opt says $out" ;;
	*) bad "$t: $bin $opt ended with $rc: $out" ;;
	esac
	if [ "$t" = worker ]; then
		caps=$(getcap "$m$bin")
		case $caps in
		*cap_net_raw=p) ok "worker: file capability cap_net_raw=p" ;;
		*) bad "worker: file capability is '${caps#"$m"}', should be cap_net_raw=p" ;;
		esac
	fi
	b umount "$c" >/dev/null
	b rm "$c" >/dev/null
}

if build worker; then
	look worker /ddump-worker -version /NOTICE /ddump-worker
fi
if build cli; then
	look cli /ddump --version /NOTICE /ddump /etc/ssl/certs/ca-certificates.crt
fi
b rmi --prune >/dev/null 2>&1 || true
echo "$passed passed, $failed failed"
[ $failed = 0 ]
