#!/usr/bin/env bash
# demo.sh: one worker, two targets with different filters, one merged stream on the terminal;
# ends by itself. DDUMP_BUILD says where the binaries are. Without root the capture runs in a
# user and network namespace.
set -eu

build=${DDUMP_BUILD:?}
tmp=
worker=

finish() {
	status=$?
	[ -z "$worker" ] || kill "$worker" 2>/dev/null || true
	wait || true
	[ -z "$tmp" ] || rm -rf "$tmp"
	exit $status
}

traffic() {
	for i in 1 2 3 4 5; do
		# nobody listens on port 9999: each datagram is answered by an ICMP message
		echo "hello $i" 2>/dev/null >/dev/udp/127.0.0.1/9999 || true
		ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 || true
		sleep 0.2
	done
}

# Captures its own traffic; the packets go to standard output.
capture() {
	tmp=$(mktemp -d)
	trap finish EXIT
	# the loopback interface of a new network namespace is down
	[ -z "${DEMO_NAMESPACE:-}" ] || ip link set lo up 2>/dev/null || ifconfig lo up
	: >"$tmp/worker"
	"$build/ddump-worker" -listen 127.0.0.1:0 2>"$tmp/worker" &
	worker=$!
	for _ in {1..100}; do
		port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\)$/\1/p' "$tmp/worker")
		[ -n "$port" ] && break
		sleep 0.05
	done
	[ -n "$port" ] || { cat "$tmp/worker" >&2; exit 1; }
	icmp="http://127.0.0.1:$port/capture?filter=icmp"
	udp="http://127.0.0.1:$port/capture?filter=udp+port+9999"
	echo "+ ddump -d 3 '$icmp' '$udp' | tcpdump -nr -" >&2
	(sleep 1; traffic) &
	"$build/ddump" -d 3 "$icmp" "$udp"
}

run=("$BASH" "$0" capture)
if [ "${1:-}" = capture ]; then
	capture
	exit
elif [ "$(id -u)" != 0 ]; then
	if ! unshare -rn true 2>/dev/null; then
		echo "demo: capturing needs root, or a kernel that allows user namespaces: sudo make demo" >&2
		exit 1
	fi
	run=(env DEMO_NAMESPACE=1 unshare -rn "${run[@]}")
fi

set -o pipefail
tmp=$(mktemp -d)
trap finish EXIT
if command -v tcpdump >/dev/null; then
	"${run[@]}" | tcpdump -nr - 2>"$tmp/tcpdump" | tee "$tmp/shown" || { cat "$tmp/tcpdump" >&2; exit 1; }
	packets=$(wc -l <"$tmp/shown")
else
	echo "(no tcpdump here: ddump's own summary has to do)"
	"${run[@]}" >"$tmp/merged.pcap"
	packets=$(($(wc -c <"$tmp/merged.pcap") > 24))
fi
[ "$packets" -gt 0 ] || { echo "demo: no packet was captured" >&2; exit 1; }
