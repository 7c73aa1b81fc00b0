"""A host that runs ddump and a worker itself: ddump's streams from other hosts cross its
network, and its worker shows none of their packets (design.md section 7, rule 5), in ten
seconds of an idle network. All scenes run at once."""

import os
import re
import shutil

import pytest

from lab import DDUMP, PATIENCE, Lab, need_root, packets_of, run, udp_frame, wait_for

NGINX = """
daemon off; worker_processes 1; pid {tmp}/nginx.pid; error_log {tmp}/nginx.err;
user root; events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p;
  fastcgi_temp_path {tmp}/f; uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
  server {{
    listen 10.9.0.2:443 ssl; ssl_certificate {tmp}/cert.pem; ssl_certificate_key {tmp}/key.pem;
    location / {{ proxy_pass http://unix:{tmp}/sibling; proxy_set_header Host worker; }}
  }}
}}
"""


SECONDS = 10
OWN = ["127.0.0.1", "10.9.0.1", "unix:{tmp}/own"]  # how ddump reaches the worker of its own host


class Scene:
    def __init__(self, tmp_path, label):
        os.makedirs(tmp_path)
        self.lab = Lab(tmp_path)
        lab, tmp = self.lab, self.lab.tmp
        self.out = tmp + "/out.pcap"
        self.client, self.sibling = lab.namespace(label + "c"), lab.namespace(label + "s")
        self.macs = lab.link(self.client, "c0", "10.9.0.1", self.sibling, "s0", "10.9.0.2")
        lab.worker(self.sibling, "-unix-mode", "0666", listen=f"unix:{tmp}/sibling")
        lab.worker(self.client, "-unix-mode", "0666", listen=f"unix:{tmp}/own")
        lab.worker(self.client, listen=":8475")
        self.sender = lab.sender(self.sibling)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=w", "-keyout", tmp + "/key.pem", "-out", tmp + "/cert.pem")
        with open(tmp + "/nginx.conf", "w") as f:
            f.write(NGINX.format(tmp=tmp))
        lab.start(self.sibling, ["nginx", "-c", tmp + "/nginx.conf", "-p", tmp])
        wait_for(lambda: b":443" in self.sibling.run("ss", "-ltn").stdout, "nginx listens")


    def start(self, own):
        self.ddump = self.lab.start(self.client, [
            DDUMP, "--insecure", "-d", str(SECONDS), "-w", self.out, own.format(tmp=self.lab.tmp),
            "https://10.9.0.2:443"])
        wait_for(lambda: "capturing on 2 of 2" in self.ddump.log() or
                 self.ddump.popen.poll() is not None, "it captures")
        self.connections = self.client.run("ss", "-Htn", "dst", "10.9.0.2").stdout.decode()
        self.frame = udp_frame(self.macs[1], self.macs[0], "10.9.0.2", "10.9.0.1", b"not ddump's")
        self.sender.send("s0", self.frame)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    need_root()
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    tmp = tmp_path_factory.mktemp("siblings")
    running = {}
    try:
        for i, own in enumerate(OWN):
            running[own] = Scene(tmp / str(i), str(i))
            running[own].start(own)
        yield running
    finally:
        for scene in running.values():
            scene.lab.close()


@pytest.mark.parametrize("own", OWN)
def test_streams_of_siblings_do_not_show(scenes, own):
    """Nor the own worker's. The sibling's proxy says nothing of whom it serves: only ports tell its stream."""
    scene = scenes[own]
    assert scene.ddump.popen.wait(PATIENCE) == 0, scene.ddump.log()
    assert len(re.findall(r":443\b", scene.connections)) == 2, "stream and clock: " + scene.connections
    assert sum("\u00b1" in line for line in scene.ddump.log().splitlines()) == 2, scene.ddump.log()
    seen = [data for _, data in packets_of(scene.out)]
    shown = run("tcpdump", "-nr", scene.out).stdout.decode()
    assert seen.count(scene.frame[14:]) == 2, shown
    assert all(scene.frame[14:] in data for data in seen), "it and the ICMP about it, nothing else: " + shown
