"""A host that runs ddump and a worker itself: ddump's streams from other hosts cross its
network, and its worker shows none of their packets (design.md section 7, rule 5)."""

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


class Scene:
    def __init__(self, tmp_path):
        self.lab = Lab(tmp_path)
        lab, tmp = self.lab, self.lab.tmp
        self.client, self.sibling = lab.namespace("c"), lab.namespace("s")
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


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    need_root()
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    scene = None
    try:
        scene = Scene(tmp_path_factory.mktemp("siblings"))
        yield scene
    finally:
        if scene:
            scene.lab.close()


@pytest.mark.parametrize("own", ["127.0.0.1", "10.9.0.1", "unix:{tmp}/own"])
def test_streams_of_siblings_do_not_show(scene, own):
    """Nor the own worker's. The sibling's proxy says nothing of whom it serves: only ports tell its stream."""
    out = scene.lab.tmp + "/out.pcap"
    ddump = scene.lab.start(scene.client, [
        DDUMP, "--insecure", "-d", "3", "-w", out, own.format(tmp=scene.lab.tmp), "https://10.9.0.2:443"])
    wait_for(lambda: "capturing on 2 of 2" in ddump.log() or ddump.popen.poll() is not None, "it captures")
    connections = scene.client.run("ss", "-Htn", "dst", "10.9.0.2").stdout.decode()
    frame = udp_frame(scene.macs[1], scene.macs[0], "10.9.0.2", "10.9.0.1", b"not ddump's")
    scene.sender.send("s0", frame)
    assert ddump.popen.wait(PATIENCE) == 0, ddump.log()
    assert len(re.findall(r":443\b", connections)) == 2, "stream and clock: " + connections
    offsets = [l for l in ddump.log().splitlines() if "offset" in l]
    assert len(offsets) == 2 and all("\u00b1" in l for l in offsets), ddump.log()
    seen = [data for _, data in packets_of(out)]
    shown = run("tcpdump", "-nr", out).stdout.decode()
    assert seen.count(frame[14:]) == 2, shown
    assert all(frame[14:] in data for data in seen), "it and the ICMP about it, nothing else: " + shown
