"""path_traffic.py KIND N GAP [6] [con]: sends to the server of path_traffic.py serve, from its own namespace.

A UDP packet has its number and 100 bytes, but for: same (all are equal), tiny (empty), frag (4,000 bytes), gso
(super-datagrams of ten pieces). tcp: small records, each answered; bulk: 128 KiB each; syn: connections only.
"""

import os
import socket
import sys
import threading
import time

SERVER = os.environ.get("PATH_SERVER", "10.92.2.2"), "fd92:2::2"
SERVER_PORTS = {7000: True, 7001: False, 443: True}  # whether it answers
UDP_PORT = 5300
SOL_UDP, UDP_SEGMENT = 17, 103


def serve(listening, answers):
    def talk(connection):
        connection.settimeout(10)
        try:
            while data := connection.recv(1 << 18):
                if answers:
                    connection.send(b"k" * len(data[:200]))
        except OSError:
            pass
        connection.close()

    while True:
        connection, _ = listening.accept()
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


def serve_all(seconds):
    for port, answers in SERVER_PORTS.items():
        s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
        threading.Thread(target=serve, args=(s, answers), daemon=True).start()
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.bind(("::", UDP_PORT))
    print("ready", flush=True)
    time.sleep(seconds)
    os._exit(0)


def pace(n, gap, send):
    due = time.monotonic()
    for i in range(n):
        send(i)
        due += gap
        time.sleep(max(0.0, due - time.monotonic()))


def send_udp(kind, n, gap, address, is_connected):
    payload = {"udp": lambda i: b"%08d" % i + b"y" * 100, "same": lambda i: b"keepalive", "tiny": lambda i: b"",
               "frag": lambda i: b"%08d" % i + os.urandom(4000),
               "gso": lambda i: b"".join(b"%08d%04d" % (i, j) + b"q" * 1188 for j in range(10))}[kind]
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    if is_connected or kind == "gso":
        s.connect((address, UDP_PORT))
    if kind == "gso":
        s.setsockopt(SOL_UDP, UDP_SEGMENT, 1200)
    if is_connected or kind == "gso":
        pace(n, gap, lambda i: s.send(payload(i)))
    else:
        pace(n, gap, lambda i: s.sendto(payload(i), (address, UDP_PORT)))


def send_tcp(kind, n, gap, address, port):
    s = socket.create_connection((address, port), timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if kind == "tcp":
        pace(n, gap, lambda i: s.send(b"%08d" % i + b"t" * 300))
        time.sleep(0.5)
    else:
        data = os.urandom(1 << 17)
        pace(n, gap, lambda i: s.sendall(data))
        s.shutdown(socket.SHUT_WR)
        s.recv(1)
    s.close()


def send_syn(n, gap, address):
    def one(_):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        s.setblocking(False)
        s.connect_ex((address, 443))
        kept.append(s)

    kept = []
    pace(n, gap, one)
    time.sleep(1.5)


def main(kind, n, gap, *words):
    address = SERVER["6" in words]
    for word in words:
        address = word[3:] if word.startswith("to=") else address
    port = next((int(w[5:]) for w in words if w.startswith("port=")), 7001 if kind == "bulk" else 7000)
    if kind in ("tcp", "bulk"):
        send_tcp(kind, int(n), float(gap), address, port)
    elif kind == "syn":
        send_syn(int(n), float(gap), address)
    else:
        send_udp(kind, int(n), float(gap), address, "con" in words)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve_all(float(sys.argv[2]))
    main(*sys.argv[1:])
