#!/bin/sh
# setup.sh GROUP...: installs the distribution packages that a group of targets needs and that are
# missing; changes nothing else. Groups: build check check-long fuzz demo image
# setcap cross-ARCH. As root, or where sudo asks no password, it installs; else it prints the command to type.
set -eu

# One at a time: make may want two groups at once, and the package manager has one lock.
mkdir -p "$(dirname "$0")/../build"
exec 9>"$(dirname "$0")/../build/.setup.lock"
! command -v flock >/dev/null || flock 9

os=$(. /etc/os-release && echo "$ID ${ID_LIKE:-}")
case " $os " in
*" alpine "*) family=apk ;;
*" debian "* | *" ubuntu "*) family=apt ;;
*)
	# Nothing is known about this system's packages: say what a build needs, and let it try.
	for t in gcc make flex bison patch xz bzip2; do
		command -v $t >/dev/null || { echo "setup: please install $t (and a C compiler, make, flex, bison, patch, xz, bzip2)" >&2; exit 1; }
	done
	exit 0
	;;
esac

debian() {
	case $1 in
	build) echo gcc libc6-dev linux-libc-dev make flex bison patch tar gzip xz-utils bzip2 ca-certificates ;;
	check) echo libcmocka-dev clang clang-format clang-tidy cppcheck python3 python3-pytest python3-pytest-xdist python3-scapy \
		tcpdump tshark curl nginx haproxy openssl iproute2 nftables iputils-ping tmux strace libcap2-bin busybox-static socat \
		openssh-server openssh-client ;;
	check-long) echo chromium wget caddy python3-requests lintian systemd-container \
		dropbear-bin sudo doas fish zsh tcsh mksh ;;
	fuzz) echo clang ;;
	setcap) echo libcap2-bin ;;
	demo) ;;
	image) echo buildah debootstrap ca-certificates libcap2-bin ;;
	cross-armhf) echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross linux-libc-dev-armhf-cross qemu-user ;;
	cross-*)
		cpu=${1#cross-}
		case $cpu in aarch64) deb=arm64 ;; i686) deb=i386 ;; *) deb=$cpu ;; esac
		echo gcc-$cpu-linux-gnu libc6-dev-$deb-cross linux-libc-dev-$deb-cross qemu-user
		;;
	*) echo "setup: no group $1" >&2; exit 2 ;;
	esac
}

alpine() {
	case $1 in
	build) echo gcc musl-dev linux-headers make flex bison patch tar xz bzip2 curl ca-certificates ;;
	check) echo cmocka-dev clang clang-extra-tools compiler-rt cppcheck python3 py3-pytest py3-pytest-xdist scapy tcpdump tshark \
		curl nginx haproxy openssl iproute2 nftables iputils tmux strace libcap-utils busybox-static socat openssh ;;
	check-long) echo chromium wget caddy py3-requests dropbear sudo doas fish zsh tcsh mksh ;;
	fuzz) echo clang compiler-rt ;;
	setcap) echo libcap-utils ;;
	demo) ;;
	image) echo buildah debootstrap libcap-utils ;;
	cross-*) echo "setup: cross-building is for Debian machines" >&2; exit 2 ;;
	*) echo "setup: no group $1" >&2; exit 2 ;;
	esac
}

# Nice to have: what fails to install here only costs a feature.
optional() {
	case $family$1 in
	aptdemo) echo tcpdump iproute2 iputils-ping ;;
	aptcheck | aptfuzz) echo "libclang-rt-$(clang -dumpversion 2>/dev/null | cut -d. -f1)-dev" ;;
	apkdemo) echo tcpdump iproute2 iputils ;;
	esac
}

has() {
	if [ $family = apt ]; then
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
	else
		apk info -e -q "$1"
	fi
}

missing() {
	for p in "$@"; do
		has "$p" || printf '%s ' "$p"
	done
}

if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo=sudo
else
	sudo=none
fi

apt_updated=
install() {
	case $family in
	apk) $sudo apk add --quiet "$@" ;;
	apt)
		if [ -z "$apt_updated" ]; then
			$sudo apt-get -qq update || return 1
			apt_updated=1
		fi
		$sudo env DEBIAN_FRONTEND=noninteractive \
			apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" >/dev/null
		;;
	esac
}

# nginx, haproxy and caddy are wanted as programs: their services must not start and take ports now.
guard=
unguard() { [ -z "$guard" ] || $sudo rm -f /usr/sbin/policy-rc.d; }
trap unguard EXIT
trap 'exit 1' INT TERM
quietly() {
	case " $* " in
	*" nginx"* | *" haproxy "* | *" caddy "*)
		if [ $family = apt ] && [ ! -e /usr/sbin/policy-rc.d ]; then
			guard=1
			printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
			$sudo chmod 755 /usr/sbin/policy-rc.d
		fi
		;;
	esac
	install "$@"
}

need=
for group in "$@"; do
	case $family in
	apt) list=$(debian "$group") ;;
	apk) list=$(alpine "$group") ;;
	esac
	need="$need $(missing $list)"
done
if [ -n "$(echo $need)" ]; then
	if [ "$sudo" = none ]; then
		case $family in
		apt) echo "setup: packages are missing; please run:
  sudo apt-get update && sudo apt-get install --no-install-recommends" $need >&2 ;;
		apk) echo "setup: packages are missing; please run as root:
  apk add" $need >&2 ;;
		esac
		exit 1
	fi
	echo "setup: installing" $need >&2
	quietly $need || { echo "setup: could not install:" $need >&2; exit 1; }
fi
for group in "$@"; do
	for p in $(missing $(optional "$group")); do
		[ "$sudo" = none ] && { echo "setup: note: $p is missing (optional)" >&2; continue; }
		install "$p" 2>/dev/null || echo "setup: note: could not install $p (optional)" >&2
	done
done
