#!/bin/sh
# notice.sh DIR: prints the NOTICE of the static binaries, from the licence files in DIR.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
echo "ddump is distributed under the licence below. Its binaries contain code of the libraries that
follow it, each under its own licence."
show() {
	printf '\n%s\n%s\n\n' "$1" "$(echo "$1" | sed 's/./=/g')"
	cat "$2"
}
show "ddump" "$here/LICENSE"
[ ! -f "$1/musl" ] || show "musl (both binaries)" "$1/musl"
show "libpcap (ddump-worker)" "$1/libpcap"
show "mbedTLS (ddump), used under the Apache License 2.0" "$1/mbedtls"
