#!/bin/sh
# build.sh NAME SRC OUT: builds one library from SRC/NAME for static-pie binaries.
#   musl     -> OUT/sysroot/{include,lib}, and the kernel's headers beside musl's
#   libpcap  -> OUT/libpcap/{include,lib}
#   mbedtls  -> OUT/mbedtls/{include,lib}, one libmbedtls.a
# From the environment: CC (the bare compiler), TCC (CC with the static-pie flags), AR, RANLIB, JOBS,
# HOST (the target's triplet), HARDEN (flags all objects get).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1
src=$(cd "$2" && pwd)/$1
mkdir -p "$3/tmp" "$3/licenses"
out=$(cd "$3" && pwd)
tmp=$out/tmp/$name
log=$out/tmp/$name.log
: "${JOBS:=2}"
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CPPFLAGS LDFLAGS LIBS
export LC_ALL=C
rm -rf "$tmp"
mkdir -p "$tmp"
cd "$tmp"

failed() { rc=$?; [ $rc = 0 ] || { tail -15 "$log" >&2; echo "third_party: building $name failed, see $log" >&2; }; exit $rc; }
trap failed EXIT
: >"$log"

case $name in
musl)
	rm -rf "$out/sysroot"
	"$src/configure" --prefix=/ --syslibdir=/lib --target="$HOST" --disable-shared \
		--disable-wrapper --enable-static CC="$CC" AR="$AR" RANLIB="$RANLIB" \
		CFLAGS="-fPIE -fstack-protector-strong -ffile-prefix-map=$src=musl" >>"$log" 2>&1
	make -j"$JOBS" install DESTDIR="$out/sysroot" >>"$log" 2>&1
	cp "$src/COPYRIGHT" "$out/licenses/musl"
	# The kernel's own headers: Debian's multiarch folder, its cross folder, else the plain one.
	multiarch=$($CC -print-multiarch 2>/dev/null || true)
	for inc in "/usr/$HOST/include" "/usr/include/$multiarch" /usr/include; do
		[ -f "$inc/asm/unistd.h" ] && break
	done
	for d in linux asm asm-generic; do
		for i in "$inc" /usr/include; do [ -d "$i/$d" ] && break; done
		[ -d "$i/$d" ] || { echo "no kernel headers ($d/)" >>"$log"; exit 1; }
		ln -sfn "$i/$d" "$out/sysroot/include/$d"
	done
	;;
libpcap)
	rm -rf "$out/libpcap"
	cp -R "$src/." .
	CC="$TCC" AR="$AR" RANLIB="$RANLIB" CFLAGS="-O2 -g $HARDEN -ffile-prefix-map=$tmp=libpcap" \
	PKG_CONFIG=false ./configure --prefix=/ --host="$HOST" --with-pcap=linux --enable-ipv6 \
		--disable-shared --disable-usb --disable-netmap --disable-bluetooth --disable-dbus \
		--disable-rdma --disable-remote --without-libnl --without-dag --without-septel \
		--without-snf --without-turbocap --without-dpdk >>"$log" 2>&1
	make -j"$JOBS" libpcap.a >>"$log" 2>&1
	mkdir -p "$out/libpcap/include/pcap" "$out/libpcap/lib"
	cp pcap.h "$out/libpcap/include/"
	cp pcap/*.h "$out/libpcap/include/pcap/"
	cp libpcap.a "$out/libpcap/lib/"
	cp LICENSE "$out/licenses/libpcap"
	;;
mbedtls)
	# Our configuration takes the place of the library's own, for it and for those who include it.
	rm -rf "$out/mbedtls"
	mkdir -p "$out/mbedtls/include" "$out/mbedtls/lib"
	cp -R "$src/include/mbedtls" "$src/include/psa" "$out/mbedtls/include/"
	cp "$here/mbedtls_config.h" "$out/mbedtls/include/mbedtls/mbedtls_config.h"
	flags="-std=c99 -O2 -g $HARDEN -ffile-prefix-map=$src=mbedtls -I$out/mbedtls/include -I$src/library -I$here"
	ls "$src"/library/*.c "$here"/mbedtls_*.c |
		xargs -P "$JOBS" -n 12 $TCC $flags -c >>"$log" 2>&1
	$AR rcsD "$out/mbedtls/lib/libmbedtls.a" *.o
	cp "$src/LICENSE" "$out/licenses/mbedtls"
	;;
*)
	echo "build.sh: no recipe for $name" >&2
	exit 2
	;;
esac
cd /
rm -rf "$tmp"
