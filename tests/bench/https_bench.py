#!/usr/bin/python3
"""What https costs: processor time of ddump beside that of curl for the same bytes from the
same nginx, runs interleaved, least against least. BENCH_BYTES=200000000 BENCH_RUNS=5"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

import bench
from test_cli_http import SECOND, SLL_HEAD, enhanced, interface, section, statistics

BYTES = int(os.environ.get("BENCH_BYTES", "200000000"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
PACKET = 1000
GROUP = 50  # packets between two watermarks
BOUND = 2.0  # of curl's processor time

SUITES = [
    ("TLS 1.2 AES-128-GCM", "TLSv1.2", "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;"),
    ("TLS 1.2 AES-256-GCM", "TLSv1.2", "ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384;"),
    ("TLS 1.3 AES-128-GCM", "TLSv1.3", "ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;"),
    ("TLS 1.3 AES-256-GCM", "TLSv1.3", "ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384;"),
]
CONFIG = """
daemon off; worker_processes 1; pid {tmp}/pid; error_log {tmp}/err; user root;
events {{ worker_connections 16; }}
http {{ access_log off; client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p;
  fastcgi_temp_path {tmp}/f; uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s; {servers} }}
"""
SERVER = """server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {tmp}/crt; ssl_certificate_key {tmp}/key;
  ssl_protocols {version}; {suite} location = /capture {{ alias {tmp}/stream; }} }}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def cost(*command):
    with open("/dev/null", "wb") as null:
        program = subprocess.Popen(command, stdout=null, stderr=subprocess.PIPE)
        log = program.stderr.read().decode()
        program.stderr.close()
        seconds = bench.cpu_of(program)
    if program.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {log}")
    return seconds


def write_inputs(tmp):
    """A stream as a worker sends it: packets, and a watermark behind each few."""
    group = enhanced(SECOND, SLL_HEAD + bytes(PACKET)) * GROUP + statistics(SECOND, 0, 0)
    with open(tmp + "/stream", "wb") as f:
        f.write(section(b"ddump-worker/0.1.0") + interface())
        for _ in range(BYTES // len(group) // 100):
            f.write(group * 100)
        f.write(statistics(SECOND + 1, 0, BYTES // len(group) // 100 * 100 * GROUP))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-subj", "/CN=w", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                    "-keyout", tmp + "/key", "-out", tmp + "/crt"], check=True, capture_output=True)
    ports = [free_port() for _ in SUITES]
    with open(tmp + "/conf", "w") as f:
        f.write(CONFIG.format(tmp=tmp, servers="".join(
            SERVER.format(tmp=tmp, port=port, version=version, suite=suite)
            for port, (_, version, suite) in zip(ports, SUITES))))
    return ports


def main():
    if not (shutil.which("nginx") and shutil.which("curl") and shutil.which("openssl")):
        print("skipped: needs nginx, curl and openssl")
        return
    with tempfile.TemporaryDirectory(prefix="ddump-bench") as tmp:
        ports = write_inputs(tmp)
        nginx = subprocess.Popen(["nginx", "-c", tmp + "/conf", "-p", tmp], stderr=subprocess.PIPE)
        try:
            bench.lab.wait_for(lambda: is_open(ports[-1]), "nginx listens")
            worst = max(measure(name, port, tmp) for port, (name, _, _) in zip(ports, SUITES))
        finally:
            nginx.terminate()
            nginx.wait()
    if worst > BOUND:
        sys.exit(f"FAILED: more than {BOUND} times curl's processor time")


def measure(name, port, tmp):
    ours, curls = [], []
    for _ in range(RUNS):
        curls.append(cost("curl", "-sS", "--fail", "--cacert", tmp + "/crt", "-o", "/dev/null",
                          f"https://127.0.0.1:{port}/capture"))
        ours.append(cost(bench.lab.DDUMP, "-q", "--retry", "0", "-ca", tmp + "/crt", "-w", "/dev/null",
                         f"https://127.0.0.1:{port}/capture"))
    ratio = min(ours) / min(curls)
    print(f"{name}: ddump {min(ours):.3f} s, curl {min(curls):.3f} s, ratio {ratio:.2f}", flush=True)
    return ratio


main()
