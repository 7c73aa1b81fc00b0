"""The manifest of share/examples: valid by the published schemas, and its worker starts with what it gets."""

import os
import re
import shutil
import subprocess

import pytest

from lab import DDUMP, PATIENCE, ROOT, WORKER, wait_for

MANIFEST = os.path.join(ROOT, "share", "examples", "kubernetes.yaml")


def manifest():
    with open(MANIFEST) as f:
        return f.read()


def test_the_image_of_the_manifest_is_the_one_of_this_version():
    with open(f"{ROOT}/VERSION") as f:
        version = f.read().strip()
    assert set(re.findall(r"ddump-worker:(\d\S*)", manifest())) == {version}


def test_a_worker_captures_with_what_the_manifest_leaves_it(lab):
    """The arguments, root without privileges but one, and a file system that cannot be written."""
    args = re.search(r"args: (\[.*\])", manifest()).group(1).replace("$(HOST_IP)", "127.0.0.1")
    host = lab.namespace("k")
    worker = lab.start(host, ["setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all", "--no-new-privs", WORKER,
                              *re.findall(r'"([^"]*)"', args)])
    wait_for(lambda: "listening on 127.0.0.1:8475" in worker.log() or worker.popen.poll() is not None, "it listens")
    for path in re.findall(r"path: (/\w+), port: http", manifest()):
        assert host.run("curl", "-sf", "--retry", "9", "--retry-connrefused", "http://127.0.0.1:8475" + path).returncode == 0
    ddump = lab.start(host, [DDUMP, "-P", "-c", "1", "-f", "icmp", "127.0.0.1"], stdout=subprocess.PIPE)
    wait_for(lambda: "capturing on 1 of 1" in ddump.log(), "it captures: " + ddump.log())
    host.run("ping", "-c", "1", "127.0.0.1")
    assert b"ICMP echo request" in ddump.popen.communicate(timeout=PATIENCE)[0]


@pytest.mark.long
def test_the_manifest_is_what_kubernetes_takes(tmp_path):
    if not shutil.which("npm"):
        pytest.skip("needs npm")
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "kubernetes-models", "js-yaml"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=20 * PATIENCE)
    if done.returncode != 0:
        pytest.skip("npm gives no kubernetes-models: " + done.stderr[-300:])

    def kinds(text):
        (tmp_path / "m.yaml").write_text(text)
        script = os.path.join(os.path.dirname(__file__), "kubernetes_valid.mjs")
        return subprocess.run(["node", script, "m.yaml"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]

    assert kinds(manifest()) == ["Namespace", "Service", "DaemonSet", "NetworkPolicy"]
    for right, wrong in (("hostNetwork: true", "hostNetwork: perhaps"), ("periodSeconds: 10", "periodSeconds: often"),
                         ("policyTypes: [Ingress]", "policyTypes: Ingress"), ("drop: [ALL]", "drop: ALL")):
        assert right in manifest()
        assert [k for k in kinds(manifest().replace(right, wrong, 1)) if k.startswith("wrong ")], wrong
