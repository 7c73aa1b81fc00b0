#!/usr/bin/env bash
# demo.sh: one TCP connection, seen on both of its hosts, as one stream in time order. The hosts are
# two network namespaces with a worker in each; where the kernel allows none, two workers on
# loopback. Ends by itself. DDUMP_BUILD says where the binaries are.
set -euo pipefail

build=${DDUMP_BUILD:?}
filter='tcp port 5432'

# --- as root of a namespace, if need be: leaves merged.pcap, and what ddump said, in $tmp

await() { # WHAT command...: for 5 s
	local what=$1
	shift
	for _ in {1..100}; do
		"$@" && return
		sleep 0.05
	done
	echo "demo: $what did not happen" >&2
	cat "$tmp"/worker-* >&2 2>/dev/null || true
	exit 1
}

is_apart() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

# web1 10.77.0.4 --eth0-- 10.77.0.2 db1: no route leads anywhere else
make_hosts() {
	local host
	for host in web1 db1; do
		unshare -n sleep 60 &
		pids+=($!)
		space[$host]=$!
		enter[$host]="nsenter -t $! -n"
		await "a network namespace" is_apart $!
	done
	ip link add eth0 netns "${space[web1]}" type veth peer name eth0 netns "${space[db1]}"
	for host in web1 db1; do
		${enter[$host]} ip addr add "${address[$host]}/24" dev eth0
		${enter[$host]} ip link set lo up
		${enter[$host]} ip link set eth0 up
	done
}

# serve HOST PORT: a worker. On 5432 one only plays the database: it answers, and closes.
serve() {
	${enter[$1]} "$build/ddump-worker" -listen "${address[$1]}:$2" 2>"$tmp/worker-$1-$2" &
	pids+=($!)
	await "a worker on $1" grep -q listening "$tmp/worker-$1-$2"
}

ask_database() {
	${enter[web1]} "$BASH" -c "exec 3<>/dev/tcp/${address[db1]}/5432; printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3; cat <&3" >/dev/null
}

capture() {
	local port=8475
	declare -A space=() enter=([web1]= [db1]=) address=([web1]=10.77.0.4 [db1]=10.77.0.2)
	pids=()
	trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
	if command -v ip nsenter >/dev/null && unshare -n true 2>/dev/null; then
		make_hosts
	else
		address=([web1]=127.0.0.1 [db1]=127.0.0.1)
		port=8476
		ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || true
	fi
	serve web1 8475
	serve db1 $port
	serve db1 5432
	(sleep 1.2 && ask_database) &
	${enter[web1]} "$build/ddump" -d 2 --linktype sll2 -f "$filter" "${address[web1]}:8475" "${address[db1]}:$port" \
		2>"$tmp/said" >"$tmp/merged.pcap" || { cat "$tmp/said" >&2; exit 1; }
}

if [ "${1:-}" = capture ]; then
	tmp=$2
	capture
	exit
fi

# --- as the user who asked for it

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
run=("$BASH" "$0" capture "$tmp")
if [ "$(id -u)" != 0 ]; then
	unshare -rn true 2>/dev/null || {
		echo "demo: capturing needs root, or a kernel that allows user namespaces: sudo make demo" >&2
		exit 1
	}
	run=(unshare -rn "${run[@]}")
fi

# tcpdump shows numbers for interfaces of other hosts; ddump has told which is which, the first target's
# from 65536 on, the second one's from 131072.
names() {
	local number target
	sed -n 's/.*interface \([0-9]*\): \([^,]*\).*/\1 \2/p' "$tmp/said" | while read -r number target; do
		[ "$number" -gt 131072 ] && target=db1/${target#*/} || target=web1/${target#*/}
		echo "s#^\([^ ]*\) *[^ ]* *\(In \|Out\) *ifindex $number .*length [0-9]*:#\1 $target \2 IP#"
	done
}

echo "+ ddump --linktype sll2 -f '$filter' web1 db1 | tcpdump -enr -      (interfaces' numbers replaced by their names)" >&2
"${run[@]}"
if command -v tcpdump >/dev/null; then
	names >"$tmp/names"
	tcpdump -enr - <"$tmp/merged.pcap" 2>"$tmp/tcpdump" >"$tmp/shown" || { cat "$tmp/tcpdump" >&2; exit 1; }
	sed -f "$tmp/names" "$tmp/shown" | cut -c 1-100
else
	echo "(no tcpdump here: ddump's own summary has to do)"
fi
sed -n 's/^ddump: total/total/p' "$tmp/said"
[ "$(wc -c <"$tmp/merged.pcap")" -gt 24 ] || { echo "demo: no packet was captured" >&2; exit 1; }
