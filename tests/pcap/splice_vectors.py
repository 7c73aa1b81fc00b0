#!/usr/bin/env python3
"""Writes splice_vectors.inc: what libpcap compiles for cooked link types.

Run as root on Linux with tcpdump: python3 splice_vectors.py > splice_vectors.inc
"""
import subprocess

HOSTS = " or ".join(f"host 10.0.{n // 25}.{n % 25 + 1}" for n in range(100))

FILTERS = """
tcp
udp
icmp
icmp6
ip
ip6
arp
rarp
port 80
tcp port 80
udp port 53
src port 443
tcp dst port 8475
portrange 50-60
tcp portrange 8000-9000
sctp port 80
host 10.0.0.1
src host 10.0.0.2
dst host 10.0.0.1 and tcp
host 10.0.0.1 and host 10.0.0.2
host fd00::1
ip6 and tcp port 80
net 10.0.0.0/24
src net 10.0.0.0/8 and not dst net 10.0.1.0/24
net fd00::/16
not tcp
not port 22
tcp or udp
tcp and (port 80 or port 443) and not host 10.0.0.3
greater 100
less 60
len > 100
len - 16 = 40
len = 60 or len = 64 or udp
icmp[icmptype] = icmp-echo
icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply
tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack = 0
tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
ip[8] < 64
ip[0] & 0xf != 5
ip[6:2] & 0x1fff != 0
ip6[6] = 58
udp[4:2] > 20
udp[8:4] = 0x01020304
ip[ip[8] & 15] = 0
ip[len - 20] = 7
ip[12:4] % (ip[8] - 64) = 1
ether proto 0x0800
ether proto 0x88cc
ip proto 47
ip proto \\\\tcp
ip protochain 6
inbound
outbound
inbound and tcp
outbound and not udp port 53
ifindex 2
ifindex 3 and tcp
pppoes
pppoes 5
tcp or pppoes
pppoes and tcp port 80
geneve
geneve 7
ip or geneve
geneve and tcp
geneve and ip and inbound
link[0:2] = 4
tcp port 80 and len > 60 and inbound
ip broadcast
ip multicast
ip6 multicast
""".strip().splitlines() + [HOSTS]

LINKTYPES = (("LINUX_SLL", 16), ("LINUX_SLL2", 20))


def compile_filter(linktype, is_optimized, text):
    command = ["tcpdump", "-i", "any", "-y", linktype, "-ddd"]
    command += [] if is_optimized else ["-O"]
    done = subprocess.run(command + ["--", text.replace("\\\\", "\\")],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    return ",".join("{%s}" % ",".join(f"{int(v):#x}" if int(v) > 999999 else v for v in row)
                    for row in rows)


def main():
    print("/* Written by splice_vectors.py. */")
    names = []
    for text in FILTERS:
        for linktype, size in LINKTYPES:
            for is_optimized in (True, False):
                if len(text) > 1000 and size == 16 and not is_optimized:
                    continue
                code = compile_filter(linktype, is_optimized, text)
                if code is None:
                    continue
                name = f"v{len(names)}"
                names.append((name, text, size, is_optimized))
                print(f"static struct splice_insn {name}[] = {{")
                print("\n".join(lines_of(code)))
                print("};")
    print("static const struct vector vectors[] = {")
    for name, text, size, is_optimized in names:
        short = text if len(text) < 80 else text[:70] + "..."
        short = short.replace("\\\\", "\\").replace("\\", "\\\\")
        print(f'\t{{"{short}", {size}, {str(is_optimized).lower()}, {name}, '
              f"sizeof({name}) / sizeof({name}[0])}},")
    print("};")


def lines_of(code):
    line = ""
    for insn in code.replace("},", "},\n").splitlines():
        if len(line) + len(insn) > 88:
            yield line
            line = ""
        line += insn
    yield line


if __name__ == "__main__":
    main()
