#!/usr/bin/env bash
# pictures.sh: makes docs/pictures/*.png, as root: two hosts (network namespaces) with a worker each and a little
# traffic; ddump in a terminal, and Wireshark with its output, both on a screen in memory (Xvfb).
# Needs Xvfb, xterm, wireshark and ImageMagick. DDUMP_BUILD says where the binaries are.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(cd "${DDUMP_BUILD:-build/$(uname -m)}" && pwd)
out=$PWD/docs/pictures
tmp=$(mktemp -d)
pids=()
cleanup() {
	kill "${pids[@]}" 2>/dev/null || true
	wait
	ip netns del "$web1" 2>/dev/null || true
	ip netns del "$db1" 2>/dev/null || true
	rm -rf "$tmp"
}
web1=picture$$w db1=picture$$d
trap cleanup EXIT

ip netns add "$web1"
ip netns add "$db1"
ip link add eth0 netns "$web1" type veth peer name eth0 netns "$db1"
for host in "$web1 10.77.0.4" "$db1 10.77.0.2"; do
	set -- $host
	ip -n "$1" addr add "$2/24" dev eth0
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
	ip netns exec "$1" "$build/ddump-worker" -q -listen "$2:8475" &
	pids+=($!)
done
ip netns exec "$db1" /usr/bin/python3 -m http.server -b 10.77.0.2 5432 -d "$tmp" >"$tmp/http.log" 2>&1 &
pids+=($!)
ip netns exec "$web1" sh -c 'while sleep 0.4; do curl -s http://10.77.0.2:5432/ >/dev/null; ping -c 1 10.77.0.2 >/dev/null; done' &
pids+=($!)

export DISPLAY=:$((100 + $$ % 900)) HOME=$tmp LC_ALL=C.UTF-8
Xvfb "$DISPLAY" -screen 0 1400x760x24 >"$tmp/xvfb.log" 2>&1 &
pids+=($!)
mkdir -p "$out"

# A picture of the screen some seconds after a command succeeds, or after three minutes.
picture() { # NAME SECONDS command...
	local name=$1 seconds=$2 i
	shift 2
	for i in {1..90}; do
		"$@" && break
		sleep 2
	done
	sleep "$seconds"
	import -window root -trim +repage "$out/$name.png"
}
is_captured() { [ "$(stat -c %s "$tmp/pg.pcapng" 2>/dev/null || echo 0)" -gt 20000 ]; }
is_colored() {
	import -window root "$tmp/screen.png"
	convert "$tmp/screen.png" -format %c histogram:info: | grep '#DDEBFF' >"$tmp/found"
}

run="ddump -f 'tcp port 5432' -w pg.pcapng web1 db1"
printf '%s\n' "PS1='\$ '; cd $tmp; PATH=$build:\$PATH" "ddump() { command ddump \"\${@:1:4}\" web1=10.77.0.4 db1=10.77.0.2; }" \
	"echo \"\$ $run\"; $run" >"$tmp/rc"
ip netns exec "$web1" xterm -geometry 110x12+0+0 -fa Monospace -fs 10 -bg white -fg black -e bash "$tmp/rc" &
terminal=$!
pids+=($terminal)
picture terminal 6 is_captured
kill $terminal
sleep 1

# The profile: a column with the host, and a color for each.
mkdir -p "$HOME/.config/wireshark"
cat >"$HOME/.config/wireshark/preferences" <<'END'
gui.column.format: "Time", "%t", "Host", "%Cus:frame.interface_name:0:R", "Source", "%s", "Destination", "%d", "Protocol", "%p", "Info", "%i"
gui.update.enabled: FALSE
# each host's copy of a segment is no retransmission
tcp.analyze_sequence_numbers: FALSE
END
printf 'gui.geometry_main_%s\n' 'x: 0' 'y: 0' 'width: 1300' 'height: 620' >"$HOME/.config/wireshark/recent"
cat >"$HOME/.config/wireshark/colorfilters" <<'END'
@web1@frame.interface_name matches "^web1"@[56797,60395,65535][0,0,0]
@db1@frame.interface_name matches "^db1"@[65535,61166,54998][0,0,0]
END
ip netns exec "$web1" "$build/ddump" -q --retry 0 --format pcapng -f 'tcp port 5432' web1=10.77.0.4 db1=10.77.0.2 |
	wireshark -k -i - >"$tmp/wireshark.log" 2>&1 &
pids+=($!)
picture wireshark 5 is_colored
