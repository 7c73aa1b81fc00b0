#!/bin/sh
# make-deb.sh TREE DIR: makes DIR/ddump_VERSION_CPU.deb of an installed TREE, which it changes.
# VERSION, ARCH (as uname -m has it) and SOURCE_DATE_EPOCH are in the environment.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$1
out=$2
umask 022
case $ARCH in
x86_64) cpu=amd64 ;;
aarch64) cpu=arm64 ;;
i686) cpu=i386 ;;
*) cpu=$ARCH ;;
esac

# What Debian wants elsewhere, or packed.
doc=$tree/usr/share/doc/ddump
{
	sed "s/(c) the/(C) $(date -u -d "@$SOURCE_DATE_EPOCH" +%Y) the/" "$doc/LICENSE"
	printf '\nThe programs contain musl (MIT), libpcap (BSD) and mbedTLS (Apache-2.0, see\n%s), whose notices are in\n%s.\n' \
		/usr/share/common-licenses/Apache-2.0 /usr/share/doc/ddump/NOTICE
} >"$doc/copyright"
rm "$doc/LICENSE"
gzip -9n "$tree"/usr/share/man/man*/*
{
	echo "ddump ($VERSION) unstable; urgency=medium"
	printf '\n  * See CHANGELOG.md.\n\n'
	echo " -- $(cat "$here/maintainer")  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$doc/changelog.gz"
if [ -d "$tree/usr/share/zsh/site-functions" ]; then
	mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
fi
install -D -m 644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/ddump"

mkdir "$tree/DEBIAN"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$tree/DEBIAN/"
(cd "$tree" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$tree/DEBIAN/md5sums"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: ddump
Version: $VERSION
Architecture: $cpu
Maintainer: $(cat "$here/maintainer")
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Section: net
Priority: optional
Suggests: tcpdump, wireshark
Description: capture packets on many hosts at once, as one stream in time order
 ddump merges the live captures of many hosts by time and writes one pcap or
 pcapng stream, or prints it. Each packet keeps its host and its interface;
 every packet that is not in the stream is counted.
 .
 The package has both ends: ddump, and ddump-worker, which streams the packets
 of a host over HTTP. The worker's service is installed, but not enabled.
CONTROL
dpkg-deb --root-owner-group -Zxz -b "$tree" "$out/ddump_${VERSION}_$cpu.deb" >/dev/null
echo "$out/ddump_${VERSION}_$cpu.deb"
