"""make install, uninstall, dist and deb: what comes, and that all of it goes; the units are sound."""

import os
import re
import shutil
import subprocess

import pytest

from lab import PATIENCE, ROOT, WORKER, need_root

MAKE = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DDUMP_BUILD")}
UNITS = ("ddump-worker.service", "ddump-worker.socket")


def make(*args, cwd=ROOT, **kw):
    done = subprocess.run(["make", "SETUP=true", *map(str, args)], cwd=cwd, env=MAKE, capture_output=True, text=True, **kw)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def files_of(tree):
    return sorted(os.path.relpath(os.path.join(d, f), tree) for d, _, files in os.walk(tree) for f in files)


def test_all_that_install_brings_is_taken_away_by_uninstall(tmp_path):
    other = tmp_path / "usr/local/bin/other"
    other.parent.mkdir(parents=True)
    other.write_text("stays")
    make("install", f"DESTDIR={tmp_path}", "INITDIR=/etc/init.d", "EXTCAPDIR=/x/extcap")
    make("install-extcap", f"DESTDIR={tmp_path}", "EXTCAPDIR=/x/extcap")
    assert os.readlink(tmp_path / "x/extcap/ddump") == "/usr/local/bin/ddump"
    there = files_of(tmp_path)
    for path in ("bin/ddump", "bin/ddump-worker", "share/man/man1/ddump.1", "share/man/man8/ddump-worker.8", "share/doc/ddump/NOTICE",
                 "share/doc/ddump/examples/nginx.conf", *("lib/systemd/system/" + u for u in UNITS)):
        assert "usr/local/" + path in there
    for path in ("usr/local/lib/systemd/system/ddump-worker.service", "etc/init.d/ddump-worker"):
        assert "=/usr/local/bin/ddump-worker" in (text := (tmp_path / path).read_text()) and "=ddump-worker" not in text
    every = {os.path.basename(f) for f in files_of(f"{ROOT}/share") if not f.startswith("debian/") and f != "share.mk"}
    assert every <= {os.path.basename(p) for p in there}
    make("uninstall", f"DESTDIR={tmp_path}", "INITDIR=/etc/init.d", "EXTCAPDIR=/x/extcap")
    assert files_of(tmp_path) == ["usr/local/bin/other"]
    assert not [d for d, _, _ in os.walk(tmp_path) if "ddump" in d[len(str(tmp_path)):]]


def test_the_units_are_sound_and_confine_the_worker(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    for unit in UNITS:
        with open(f"{ROOT}/share/systemd/{unit}") as f:
            (tmp_path / unit).write_text(f.read().replace("=ddump-worker", "=" + WORKER))
    units = [str(tmp_path / unit) for unit in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", units[0]], capture_output=True, text=True,
                          timeout=PATIENCE)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert float(level.group(1)) <= 2.0, done.stdout


@pytest.fixture
def clones(tmp_path):
    """The committed sources in two folders, of which one has a longer path; the libraries are built."""
    folders = [tmp_path / "a", tmp_path / "another folder".replace(" ", "_") / "with" / "a-longer-path"]
    for folder in folders:
        subprocess.run(["git", "clone", "-q", ROOT, folder], check=True, timeout=PATIENCE)
    return folders


@pytest.mark.long
def test_packages_made_in_two_folders_have_the_same_bytes(clones):
    """Everything is built from nothing, the libraries as well."""
    sums = []
    for folder in clones:
        make("dist", "deb", cwd=folder)
        dist = folder / "build/dist"
        sums.append({f: subprocess.run(["sha256sum", f], cwd=dist, capture_output=True, text=True).stdout for f in os.listdir(dist)})
        listed = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=dist, capture_output=True, text=True)
        assert listed.returncode == 0 and listed.stdout.count(": OK") == 2
    assert sums[0] == sums[1] and len(sums[0]) == 4


@pytest.mark.long
def test_the_source_tarball_builds_without_a_network(tmp_path):
    need_root()
    make("dist-source", "DIST=" + str(tmp_path))
    tarball = [f for f in os.listdir(tmp_path) if f.endswith(".tar.gz")][0]
    subprocess.run(["tar", "xf", tarball], cwd=tmp_path, check=True)
    tree = tmp_path / tarball.removesuffix(".tar.gz")
    done = subprocess.run(["unshare", "-n", "make", "SETUP=true", "all"], cwd=tree, env=MAKE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert subprocess.run([tree / "build" / os.uname().machine / "ddump", "--version"]).returncode == 0


def within_a_system_of_its_own(script, deb, tmp_path):
    """Runs a script where / is an overlay over this machine, which stays as it is. What it said, and
    then the files that are new or gone."""
    place = tmp_path / "system"
    place.mkdir()
    enter = ('mount -t tmpfs t "$0" && mkdir "$0/up" "$0/work" "$0/root" && mount -t overlay o -o '
             '"lowerdir=/,upperdir=$0/up,workdir=$0/work" "$0/root" && cp "$1" "$0/root/ddump.deb" && '
             'mount -t proc proc "$0/root/proc" && chroot "$0/root" sh -euc "$2" && '
             'cd "$0/up" && find . ! -type d')
    done = subprocess.run(["unshare", "-m", "-p", "-f", "-n", "sh", "-c", enter, place, deb, script], capture_output=True, text=True,
                          timeout=20 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_the_package_is_clean_and_purge_leaves_nothing(tmp_path):
    need_root()
    if not shutil.which("lintian"):
        pytest.skip("needs lintian (setup check-long)")
    make("deb", "DIST=" + str(tmp_path))
    deb = tmp_path / [f for f in os.listdir(tmp_path) if f.endswith(".deb")][0]
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning,info", deb], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    out = within_a_system_of_its_own(
        "export DEBIAN_FRONTEND=noninteractive LC_ALL=C; dpkg -i /ddump.deb; ddump --version; ddump-worker -version; "
        "systemctl is-enabled ddump-worker.service || true; systemctl enable ddump-worker.service ddump-worker.socket; echo x >/etc/default/ddump-worker; ls -l /usr/bin/ddump; "
        "dpkg --purge ddump; ! dpkg -s ddump 2>/dev/null; rm /ddump.deb; echo left:", deb, tmp_path)
    assert "disabled\n" in out and "/usr/bin/ddump\n" in out
    left = [f for f in out.split("left:\n")[1].splitlines() if not re.match(r"\./(var/(lib/dpkg|cache|log)|run|dev)/", f)]
    assert left == [], out
