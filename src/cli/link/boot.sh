# What ddump runs on a host by ssh:// or exec+sh:, read by any POSIX sh. In front of it stand, set by the caller:
#   N nonce   S how to become root: no, auto, or a command   W a worker's path, or nothing
# It says "DDUMP1 N KEY VALUES..."; it is told one line, then as many bytes as that line says.
say() { echo "DDUMP1 $N $*"; }
die() { say fail "$*"; exit 69; }
id=$(id -u)
say host "$id" "$(uname -s)" "$(uname -m)" "$SSH_CONNECTION"
# the ELF header of this shell: uname tells the kernel's word size, not the programs'
say elf "$(od -An -tx1 -N20 /proc/$$/exe 2>/dev/null | tr -d ' \n')"
# Whether, and how, a command can be run as root; each try that fails is a line in the host's log.
root() {
	[ "$id" != 0 ] || { echo is; return; }
	case $S in
	no) ;;
	auto) for r in sudo doas; do $r -n "$@" </dev/null >/dev/null 2>&1 && { echo $r -n; return; }; done ;;
	*) $S "$@" </dev/null >/dev/null 2>&1 && { echo "$S"; return; } ;;
	esac
	echo none
}
w=
for t in $W ddump-worker /usr/local/bin/ddump-worker /usr/local/sbin/ddump-worker /usr/sbin/ddump-worker; do
	t=$(command -v "$t" 2>/dev/null) || continue
	"$t" -help 2>/dev/null | grep -q -e -stdio || continue
	w=$t
	say worker "$(root "$w" -version | tr ' ' _)" "$w" "$("$w" -version 2>/dev/null)"
	break
done
t=
for c in tcpdump /usr/sbin/tcpdump /usr/bin/tcpdump /sbin/tcpdump; do t=$(command -v $c 2>/dev/null) && break; done
[ -n "$w" ] || say any "$(root true | tr ' ' _)"
[ -z "$t" ] || say tcpdump "$(root "$t" --version | tr ' ' _)" "$t" "$("$t" --version 2>&1 | head -n 1)"
say ask "$(uname -s)"
read -r verb n r rest || exit 0
r=$(echo "$r" | tr _ ' ')
case $r in is | none) r= ;; esac
d=
case $verb in
run) set -- "$w" ;;
put)
	umask 077
	for b in "${XDG_RUNTIME_DIR:-}" /dev/shm /run /tmp /var/tmp "$HOME"; do
		[ -n "$b" ] && [ -w "$b" ] && d=$(mktemp -d "$b/ddump.XXXXXX" 2>/dev/null) || continue
		printf '#!/bin/sh\nexit 7\n' >"$d/t" && chmod 700 "$d/t" && { "$d/t" 2>/dev/null; [ $? = 7 ]; } && break
		rm -rf "$d"
		d=
	done
	[ -n "$d" ] || die "no directory where programs may run (noexec)"
	trap 'rm -rf "$d"' EXIT
	trap 'exit 1' HUP INT TERM PIPE
	say put "$d"
	head -c "$n" >"$d/ddump-worker"
	[ "$(wc -c <"$d/ddump-worker")" -eq "$n" ] || die "the upload was cut"
	chmod 700 "$d/ddump-worker"
	exec 3<"$d/ddump-worker"
	if [ -e "/proc/$$/fd/3" ]; then
		# the name goes before the program runs: nothing can be left behind
		set -- "/proc/$$/fd/3"
		rm -rf "$d"
		trap - EXIT HUP INT TERM PIPE
	else # by name, and this shell stays to remove it
		set -- "$d/ddump-worker"
	fi
	"$1" -version >/dev/null 2>&1 || die "the uploaded worker does not run there"
	if [ "$1" = "$d/ddump-worker" ]; then
		say start "$1"
		$r "$1" -stdio -q 3<&-
		exit
	fi
	;;
dump) # n bytes of filter; rest: further options
	f=$(head -c "$n")
	say start "$t"
	[ -z "$r" ] || $r sh -c : 2>/dev/null || exec $r "$t" -U -n -w - $rest "$f"
	# tcpdump does not look at its input: a watcher, as root too, ends it when that ends
	exec $r sh -c 'exec 3<&0; t=$1; shift; "$t" "$@" </dev/null 3<&- & p=$!
		{ cat <&3 >/dev/null; sleep 1; kill $p 2>/dev/null; } & w=$! # what its ring holds comes within 1 s
		exec 3<&-; wait $p; s=$?; kill $w 2>/dev/null; exit $s' sh "$t" -U -n -w - $rest "$f"
	;;
*) exit 0 ;;
esac
say start "$1"
# not exec with sudo or doas: they close descriptors, and /proc/$$/fd/3 must live until the worker runs
[ -n "$r" ] || exec "$1" -stdio -q
$r "$1" -stdio -q
