#!/bin/sh
# The captures of source packages of the distribution, for corpus.py. usage: get.sh DIRECTORY
# Needs source packages in apt's lists ("Types: deb-src" in its sources, then apt-get update).
# Nothing is built or installed; what comes is some 300 MB.
set -eu
mkdir -p "$1"
cd "$1"
for package in ndpi tcpdump libpcap wireshark scapy python-dpkt tcpreplay tcpflow nfdump ngrep netsniff-ng sngrep; do
	[ -d "$package" ] && continue
	mkdir -p "$package.part"
	if (cd "$package.part" && apt-get source --download-only --tar-only "$package" >/dev/null); then
		for tar in "$package.part"/*.tar.*; do
			case $tar in *.asc) continue ;; esac
			tar -xf "$tar" -C "$package.part"
			rm "$tar"
		done
		mv "$package.part" "$package"
	else
		echo "get.sh: no source package $package here" >&2
		rm -r "$package.part"
	fi
done
