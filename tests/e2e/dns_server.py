"""A name server on 127.0.0.1 for one test, in its own namespace, over UDP and TCP, and a
worker that speaks HTTP on every address of 127/8 (and of lo), over TLS with a certificate.

An answer that does not fit into 512 bytes is cut over UDP, so that TCP must be asked, as
name servers do. Names are written {name: [addresses]}; a name with null never answers, one
with {"A": ..., "AAAA": ...} has for each type addresses, null, or an error ("REFUSED").
Each question is printed.
"""

import json
import socket
import ssl
import struct
import sys
import threading

from test_cli_http import SECOND, chunked, classic

TYPES = {1: socket.AF_INET, 28: socket.AF_INET6}
WORDS = {1: "A", 28: "AAAA"}
ERRORS = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}


def answer(query, names, limit):
    """The answer to a query; None when there is none."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    question, name = query[12:at + 5], ".".join(labels)
    kind = struct.unpack_from(">H", query, at + 1)[0]
    print("asked", WORDS[kind], name, file=sys.stderr, flush=True)
    has = names.get(name, "NXDOMAIN")
    has = has[WORDS[kind]] if isinstance(has, dict) else has
    if has is None:
        return None
    if isinstance(has, str):
        return query[:2] + bytes([0x81, 0x80 | ERRORS[has]]) + b"\0\1\0\0\0\0\0\0" + question
    records = [socket.inet_pton(TYPES[kind], a) for a in has if (":" in a) == (kind == 28)]
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 5, len(r)) + r for r in records)
    if 12 + len(question) + len(body) > limit:
        return query[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" + question
    return query[:2] + b"\x81\x80\0\1" + struct.pack(">H", len(records)) + b"\0\0\0\0" + question + body


def serve_udp(names):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 53))
    while True:
        query, peer = s.recvfrom(512)
        out = answer(query, names, 512)
        if out:
            s.sendto(out, peer)


def serve_tcp(names):
    listener = socket.create_server(("127.0.0.1", 53))
    while True:
        connection, _ = listener.accept()
        with connection:
            query = connection.recv(514)
            out = answer(query[2:], names, 65535)
            connection.sendall(struct.pack(">H", len(out)) + out)
            print("tcp", file=sys.stderr, flush=True)


def answer_http(connection, more):
    with connection:
        request = connection.recv(65536).decode()
        host = "".join(l for l in request.split("\r\n") if l.startswith("Host: "))
        where = connection.getsockname()[0].replace("::ffff:", "")
        connection.sendall(chunked(classic([(SECOND, f"{where} {host}{more}".encode())])))


def serve_http(port, certificate):
    """One packet, with a text that says which address was asked, and by which names."""
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=500)
    asked = []
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.sni_callback = lambda _, name, __: asked.append(name)
    while True:
        connection, _ = listener.accept()
        try:
            if certificate:
                connection = context.wrap_socket(connection, server_side=True)
            answer_http(connection, f" SNI: {asked[-1]}" if asked else "")
        except OSError:
            continue


if __name__ == "__main__":
    book = json.loads(sys.argv[1])
    for serve in (serve_udp, serve_tcp):
        threading.Thread(target=serve, args=(book,), daemon=True).start()
    threading.Thread(target=serve_http, args=(8475, None), daemon=True).start()
    if len(sys.argv) > 2:
        threading.Thread(target=serve_http, args=(8443, sys.argv[2:4]), daemon=True).start()
    print("up", file=sys.stderr, flush=True)
    sys.stdin.read()
