#!/usr/bin/env bash
# demo.sh: one worker, two targets with different filters, one merged stream on the terminal;
# ends by itself. DDUMP_BUILD says where the binaries are. Without root it runs in a user and
# network namespace.
set -eu

build=${DDUMP_BUILD:?}
if [ "$(id -u)" != 0 ]; then
	if ! unshare -rn true 2>/dev/null; then
		echo "demo: capturing needs root, or a kernel that allows user namespaces: sudo make demo" >&2
		exit 1
	fi
	DEMO_INSIDE=1 exec unshare -rn "$BASH" "$0"
fi
show=(tcpdump -nr -)
if [ -n "${DEMO_INSIDE:-}" ]; then
	# the loopback interface of a new namespace is down, and it has no other user
	ip link set lo up 2>/dev/null || ifconfig lo up
	show+=(-Z root)
fi

tmp=$(mktemp -d)
worker=
finish() {
	status=$?
	[ -z "$worker" ] || kill "$worker" 2>/dev/null || true
	wait || true
	rm -rf "$tmp"
	exit $status
}
trap finish EXIT

: >"$tmp/worker"
"$build/ddump-worker" -listen 127.0.0.1:0 2>"$tmp/worker" &
worker=$!
for _ in {1..100}; do
	port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\)$/\1/p' "$tmp/worker")
	[ -n "$port" ] && break
	sleep 0.05
done
[ -n "$port" ] || { cat "$tmp/worker" >&2; exit 1; }

traffic() {
	for i in 1 2 3 4 5; do
		# nobody listens on port 9999: each datagram is answered by an ICMP message
		echo "hello $i" 2>/dev/null >/dev/udp/127.0.0.1/9999 || true
		ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 || true
		sleep 0.2
	done
}

icmp="http://127.0.0.1:$port/capture?filter=icmp"
udp="http://127.0.0.1:$port/capture?filter=udp+port+9999"
echo "+ ddump -d 3 '$icmp' '$udp' | tcpdump -nr -"
(sleep 1; traffic) &
if command -v tcpdump >/dev/null; then
	"$build/ddump" -d 3 "$icmp" "$udp" | "${show[@]}" >"$tmp/shown" 2>"$tmp/tcpdump" || {
		cat "$tmp/tcpdump" >&2
		exit 1
	}
	cat "$tmp/shown"
	packets=$(wc -l <"$tmp/shown")
else
	echo "(no tcpdump here: the packets go to a file, and ddump's own summary follows)"
	"$build/ddump" -d 3 -w "$tmp/merged.pcap" "$icmp" "$udp"
	packets=$(($(wc -c <"$tmp/merged.pcap") > 24))
fi
[ "$packets" -gt 0 ] || { echo "demo: no packet was captured" >&2; cat "$tmp/worker" >&2; exit 1; }
