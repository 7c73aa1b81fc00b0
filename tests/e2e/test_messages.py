"""Every error that a person meets, with its exact text: the table is messages.txt.

A row is a command line, what it says, and its exit status. `test_messages.py --write` runs all and
writes down what they say now: read the diff as a user would.
"""

import concurrent.futures
import os
import re
import shlex
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from lab import DDUMP, PATIENCE, WORKER

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "messages.txt")
HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
ETHERNET = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
RECORD = struct.pack("<IIII", 1, 0, 4, 4) + b"E\0\0\4"
HTML = b"\r\n<!DOCTYPE html>\r\n<title>Sign in</title>"


def answer(status, kind=None, body=b""):
    head = b"HTTP/1.1 " + status + b"\r\n" + (b"Content-Type: " + kind + b"\r\n" if kind else b"")
    return head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def problem(status, words):
    return answer(status, b"application/problem+json", b'{"title":"x","detail":"%s"}' % words)


# What the server says to GET /NAME; what is not here is 404. b"": it closes without a word.
ANSWERS = {
    "html": answer(b"200 OK", b"text/html; charset=utf-8", HTML), "text": answer(b"200 OK", b"text/plain", b"ok\n"),
    "json": answer(b"200 OK", b"application/json", b'{"status":"ok"}'), "nothing": answer(b"200 OK", b"text/html"),
    "untyped": answer(b"200 OK", None, b"hello"), "gzip": answer(b"200 OK", b"application/gzip", b"\x1f\x8b\x08\0\0\0"),
    "escape": answer(b"200 OK", b"text/plain", b"\x1b[31mred\x9b\n"), "short": answer(b"200 OK", b"text/plain", b"x"),
    "400": answer(b"400 Bad Request"), "400html": answer(b"400 Bad Request", b"text/html", HTML),
    "401": answer(b"401 Unauthorized"), "403": answer(b"403 Forbidden"), "403text": answer(b"403 Forbidden", b"text/plain", b"not you\n"),
    "404": answer(b"404 Not Found"), "405": answer(b"405 Method Not Allowed"), "408": answer(b"408 Request Timeout"),
    "410": answer(b"410 Gone"), "421": answer(b"421 Misdirected Request"), "429": answer(b"429 Too Many Requests"),
    "500": answer(b"500 Internal Server Error"), "500html": answer(b"500 Internal Server Error", b"text/html", HTML),
    "502": answer(b"502 Bad Gateway", b"text/html", HTML), "503": answer(b"503 Service Unavailable"),
    "504": answer(b"504 Gateway Timeout"), "503problem": problem(b"503 Service Unavailable", b"all 16 captures are in use"),
    "filter": problem(b"400 Bad Request", b"parameter filter: longer than 8192 bytes"),
    "interface": problem(b"400 Bad Request", b"parameter interface: any stands alone"),
    "snaplen": problem(b"400 Bad Request", b"parameter snaplen: not a number from 0 to 262144"),
    "native": problem(b"400 Bad Request", b"linktype=native needs exactly one interface=NAME"),
    "nosuch": problem(b"400 Bad Request", b"no interface is named nosuch; there are lo, eth0"),
    "301": b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://db1/capture\r\nContent-Length: 0\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n", "ssh": b"SSH-2.0-OpenSSH_9.2\r\n", "http2": b"\0\0\x12\4\0\0\0\0\0", "closed": b"",
    "badlength": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "badchunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "cut": answer(b"200 OK", b"application/vnd.tcpdump.pcap", HEAD + RECORD[:9]),
    "damaged": answer(b"200 OK", b"application/vnd.tcpdump.pcap", HEAD + struct.pack("<IIII", 1, 0, 1 << 30, 4)),
}


def serve(listener):
    def one(connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                data = connection.recv(65536)
                if not data:
                    return
                request += data
                if data[0] == 22:  # TLS
                    return connection.sendall(ANSWERS["400"])
            name = re.match(rb"\S+ /?([^ ?]*)", request)[1].decode(errors="replace")
            connection.sendall(ANSWERS.get(name, answer(b"404 Not Found")))

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=one, args=(connection,), daemon=True).start()


def make_files(where):
    files = {
        "ok.pcap": HEAD + RECORD, "eth.pcap": ETHERNET + RECORD, "empty.pcap": b"", "cut.pcap": HEAD + RECORD + RECORD[:9],
        "head.pcap": HEAD[:10], "text.pcap": b"no capture at all\n", "gz.pcap": b"\x1f\x8b\x08\0" + bytes(20),
        "zst.pcap": b"\x28\xb5\x2f\xfd" + bytes(20), "xz.pcap": b"\xfd7zX" + bytes(20), "bz2.pcap": b"BZh9" + bytes(20),
        "damaged.pcap": HEAD + struct.pack("<IIII", 1, 0, 1 << 30, 4), "targets": b"db1:x\nftp://x\n",
        "notes": b"", "key.pem": b"no key\n", "cert.pem": b"no certificate\n", "netrc": b"machine\n",
    }
    for name, data in files.items():
        with open(os.path.join(where, name), "wb") as f:
            f.write(data)
        os.chmod(os.path.join(where, name), 0o600)
    os.mkdir(os.path.join(where, "folder.pcap"))
    os.mkdir(os.path.join(where, "folder"))


class Scene:
    """Files, a server, and a port that nobody listens on."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ddump-messages")
        make_files(self.folder.name)
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.refused = socket.socket()
        self.refused.bind(("127.0.0.1", 0))
        self.ports = {"server": str(self.server.getsockname()[1]), "refused": str(self.refused.getsockname()[1])}
        threading.Thread(target=serve, args=(self.server,), daemon=True).start()

    def run(self, command):
        """What it says, and its exit status."""
        for name, port in self.ports.items():
            command = command.replace("{%s}" % name, port)
        words = shlex.split(command)
        words[0] = {"ddump": DDUMP, "ddump-worker": WORKER}[words[0]]
        env = {"PATH": os.environ["PATH"], "HOME": self.folder.name}
        with subprocess.Popen(words, cwd=self.folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env=env) as done:
            try:
                said = done.communicate(timeout=PATIENCE)[1].decode(errors="backslashreplace")
            except subprocess.TimeoutExpired:
                done.terminate()  # a worker that took its flags
                said = done.communicate()[1].decode(errors="backslashreplace")
        said = re.sub(r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z ", "", said)
        for name, port in self.ports.items():
            said = re.sub(rf"\b{port}\b", "{%s}" % name, said)
        # who fails first is chance
        said = re.sub(r"targets \((.*?)\)", lambda m: f"targets ({', '.join(sorted(re.split(', | and ', m[1])))})", said)
        return said, done.returncode

    def close(self):
        self.server.close()
        self.refused.close()
        self.folder.cleanup()


def rows():
    """[(command, what it says, status)]"""
    with open(TABLE) as f:
        text = f.read()
    found = re.findall(r"^\$ (.*)\n((?:[^$\n].*\n)*?)\? (\d+)$", text, re.M)
    assert len(found) == text.count("\n$ ") + text.startswith("$ "), "each row is read"
    return [(command, said, int(status)) for command, said, status in found]


def run_all():
    scene = Scene()
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(scene.run, [command for command, _, _ in rows()]))
    finally:
        scene.close()


def test_every_error_has_its_text():
    wanted = rows()
    assert len(wanted) >= 120
    wrong = [f"$ {command}\n{said}? {status}\nwanted:\n{text}? {code}\n"
             for (command, text, code), (said, status) in zip(wanted, run_all()) if (said, status) != (text, code)]
    assert not wrong, f"{len(wrong)} differ; test_messages.py --write writes them down\n" + "\n".join(wrong)


def test_errors_are_written_as_errors_are():
    """One line each, WHAT: CAUSE; HINT; no question, and no hint that asks."""
    for command, said, status in rows():
        assert status != 0 and said, command
        assert "?" not in said.replace("?query", "").replace("/ ? and #", ""), command
        for line in said.splitlines():
            assert re.match(r"ddump(-worker)?: (warning: )?\S.*[^.: ]$", line), line


def main():
    heads = re.split(r"^\$ .*\n(?:[^$\n].*\n)*?\? \d+\n", open(TABLE).read(), flags=re.M)
    out = heads[0]
    for (command, _, _), (said, status), between in zip(rows(), run_all(), heads[1:]):
        out += f"$ {command}\n{said}? {status}\n{between}"
    with open(TABLE, "w") as f:
        f.write(out)


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    main()
