"""Command lines as fingers type them that know tcpdump, tshark, curl and ssh: each is accepted, or
answered with one line that says what to type instead."""

import concurrent.futures
import os
import shlex
import subprocess
import urllib.parse

import pytest

from lab import DDUMP, PATIENCE, need_root
from test_cli_http import SECOND, chunked, classic, packet, serve  # noqa: F401

# {t}: a target where nobody listens; {f}: a capture file
ACCEPTED = """
{t}
-n {t}
-nn {t}
-nnn {t}
-l {t}
-U {t}
-lnU {t}
-p {t}
-vv {t}
-vvv {t}
-nni eth0 {t}
-nnvvXSs 1514 {t}
-nnvvS {t}
-i any -nn {t}
-ieth0 {t}
-i eth0 -w /dev/null {t}
-s0 {t}
-s 0 -w - {t}
-s 65535 -U -w - {t}
-c 10 {t}
-c10 -n {t}
-nc 10 {t}
-e {t}
-ne {t}
-t {t}
-tttt {t}
-ttttnnvvS {t}
-nntttt {t}
-A {t}
-nnA {t}
-Ans0 {t}
-x {t}
-xx {t}
-X {t}
-XX {t}
-nnXSs 0 {t}
-S {t}
-q {t}
-qn {t}
-v {t}
-Q in {t}
-Q inout {t}
-Q=out {t}
-Qin {t}
--direction out {t}
-r {f}
-nr {f}
-nnr {f}
-nnvr {f}
-r{f}
-r {f} -w /dev/null
-r {f} -c 1
-r {f} -r {g}
-ttttnnr {f}
--read={f}
-F {filter} {t}
-F {filter} -i eth0 {t}
-f 'tcp port 80' {t}
-f 'icmp or arp' -i eth0 {t}
--interface eth0 {t}
-interface eth0 {t}
--count 5 {t}
-P -n {t}
--print -w - {t}
--no-promiscuous-mode {t}
--packet-buffered {t}
--time-stamp-precision nano -w /dev/null {t}
-k {t}
-k https://{t}
-vk {t}
-4 {t}
-4k {t}
-u ann:secret {t}
-uann:secret {t}
-u ann {t}
--user ann:secret {t}
-H 'Authorization: Bearer secret' {t}
-H 'X-A: b' -H 'X-C: d' {t}
--header 'X-A: b' {t}
-H @{headers} {t}
--cacert {cert} https://{t}
--cacert={cert} https://{t}
--insecure {t}
-x http://127.0.0.1:1 {t}
-xhttp://127.0.0.1:1 {t}
--proxy http://127.0.0.1:1 {t}
--proxy '' {t}
--proxy= https://{t}
--connect-timeout .5 {t}
--connect-timeout 1h30m {t}
--retry 5 {t}
--tls-max 1.2 {t}
-w {row} --rotate-every 1h30m {t}
-w {row} --rotate-size 64m {t}
-w {row} --rotate-size 64MB {t}
-w {row} --rotate-size 64MiB --rotate-keep 5 {t}
--buffer 1g {t}
-d .5 {t}
-d 1h30m {t}
--targets {list}
@{list}
@{list} {f}
127.0.0.1:1,127.0.0.2:1
127.0.0.[1-3]:1
a={t},b=127.0.0.2:1
x=localhost:1
--version
-V
-h
--help
tcp=127.0.0.1:1
""".strip().splitlines()

REFUSED = """
-i eth0 -f 'port 53' -a {t}|-a: no such option; use -d TIME, -c N
-sk {t}|-s: not a number, headers or headers+N
--buffer 4k {t}|--buffer: not a size, at least 1M
-d 1h30 {t}|-d: not a duration like 10, 1.5m or 500ms, more than 0
@{none}|--targets {none}: No such file or directory; give a file that can be read
127.0.0.[3-1]:1|127.0.0.[3-1]:1: a range runs from the smaller number to the larger one
127.0.0.[1,3]:1|127.0.0.[1,3]:1: a range is db[1-9], a list is db1,db2
n[1-9999]|n[1-9999]: more than 8192 targets
{t},|{t},: a name of the list is empty
x=127.0.0.[1-2]:1|x=127.0.0.[1-2]:1: a label names one target
ann:secret@{t},bob:secret@127.0.0.2:1|127.0.0.2:1: several passwords in a list; give each of its targets for itself
{t} tcp port 80|tcp: a word of a filter, not a target; use -f 'tcp port 80' (a host of that name: http://tcp or LABEL=tcp)
{t} port 80|port: a word of a filter, not a target; use -f 'port 80' (a host of that name: http://port or LABEL=port)
-i eth0 port 53|port: a word of a filter, not a target; use -f 'port 53' (a host of that name: http://port or LABEL=port)
-nni eth0 icmp|icmp: a word of a filter, not a target; use -f 'icmp' (a host of that name: http://icmp or LABEL=icmp)
{t} host 10.0.0.1 and not port 22|host: a word of a filter, not a target; use -f 'host 10.0.0.1 and not port 22' (a host of that name: http://host or LABEL=host)
{t} 'tcp port 80'|tcp port 80: a word of a filter, not a target; use -f 'tcp port 80' (a host of that name: http://tcp port 80 or LABEL=tcp port 80)
{t} 80|80: a number, not a target; use -f 'port 80' or HOST:80 (a host of that name: http://80 or LABEL=80)
-p 22 {t}|22: a number, not a target; use -f 'port 22' or HOST:22 (a host of that name: http://22 or LABEL=22)
gateway|gateway: a word of a filter, not a target; use -f 'gateway' (a host of that name: http://gateway or LABEL=gateway)
help|help: not a target; use --help (a host of that name: http://help or LABEL=help)
10.0.0.0/29|10.0.0.0/29: a network is no target; name hosts, as 10.0.0.[1-6]
-D|-D lists the interfaces of targets; name at least one
-x http://127.0.0.1:1|no target given; -x URL and --proxy name the proxy
|no target given; see --help
-f icmp -F {filter} {t}|-f and -F both give the filter; leave one out
-F {none} {t}|-F {none}: No such file or directory; give a file that can be read
-F {empty} {t}|-F: no filter in the file
-H Authorization {t}|-H: not a field like 'Name: value'
-H 'Host: x' {t}|-H: not a field that can be given: ddump or its proxy sets it
-H 'Transfer-Encoding: x' {t}|-H: not a field that can be given: ddump or its proxy sets it
-H 'Sec-Fetch-Site: x' {t}|-H: not a field that can be given: ddump or its proxy sets it
-H 'Ddump-Ports: x' {t}|-H: not a field that can be given: ddump or its proxy sets it
-H @{badheaders} {t}|-H: not a field that can be given: ddump or its proxy sets it
--key {cert} {t}|--key needs --cert
-C 100 -W 5 -w x {t}|-C: no such option; use --rotate-size SIZE, --rotate-every TIME, --rotate-keep N with -w FILE
-w x -G 60 {t}|-G: no such option; use --rotate-size SIZE, --rotate-every TIME, --rotate-keep N with -w FILE
-b filesize:1000 -w x {t}|-b: no such option; use --rotate-size SIZE, --rotate-every TIME, --rotate-keep N with -w FILE
-a duration:10 {t}|-a: no such option; use -d TIME, -c N
-o x {t}|-o: no such option; use -w FILE
-o StrictHostKeyChecking=no {t}|-o: no such option; use -w FILE
-O {t}|-O: no such option; use -w FILE
-B 4096 {t}|-B: no such option; the kernel's buffer is a target's: 'TARGET?buffer=KIB'
--buffer-size=4096 {t}|--buffer-size: no such option; the kernel's buffer is a target's: 'TARGET?buffer=KIB'
--snapshot-length=96 {t}|--snapshot-length: no such option; use -s N
-y EN10MB {t}|-y: no such option; use --linktype auto|sll|sll2|native|mixed
-L {t}|-L: no such option; use --linktype auto|sll|sll2|native|mixed
-I -i wlan0 {t}|-I: no such option; packets arrive at once, as the interface has them
--immediate-mode {t}|--immediate-mode: no such option; packets arrive at once, as the interface has them
-K {t}|-K: no such option; checksums are not verified
-Z root {t}|-Z: no such option; ddump needs no privilege
-z gzip {t}|-z: no such option; ddump runs no command on files; --rotate-keep N bounds them
-N {t}|-N: no such option; addresses are always numbers
-# {t}|-#: no such option; use ddump ... | tcpdump -r - --number
-Y http {t}|-Y: no such option; use -f EXPR (pcap-filter), or pipe to tshark -r - -Y EXPR
-R http {t}|-R: no such option; use -f EXPR (pcap-filter), or pipe to tshark -r - -Y EXPR
-T fields -e ip.src {t}|-T: no such option; use ddump ... | tshark -r - -T FORMAT
-m 10 {t}|-m: no such option; use -d TIME
--max-time 10 {t}|--max-time: no such option; use -d TIME
--nano {t}|--nano: no such option; use --time-stamp-precision nano
--silent {t}|--silent: no such option; use -q
-G -d a=b {t}|-G: no such option; use --rotate-size SIZE, --rotate-every TIME, --rotate-keep N with -w FILE
--data-urlencode filter=icmp {t}|--data-urlencode: no such option; give parameters in the target: 'db1?filter=icmp'
--location {t}|--location: no such option; redirects are not followed; give the final URL
--user-agent x {t}|--user-agent: no such option; use -H 'User-Agent: NAME'
--oauth2-bearer secret {t}|--oauth2-bearer: no such option; use -H 'Authorization: Bearer TOKEN'
--capath /etc/ssl https://{t}|--capath: no such option; use --ca DIR
--pass secret {t}|--pass: no such option; use --key-pass-file FILE
--unix-socket /run/x {t}|--unix-socket: no such option; write the target unix:PATH
--noproxy '*' {t}|--noproxy: no such option; use --proxy '', or no_proxy
--netrc-file x {t}|--netrc-file: no such option; use --netrc=FILE
--resolve db1:8475:127.0.0.1 {t}|--resolve: no such option; add the name to /etc/hosts
-J jump {t}|-J: no such option; hosts stamp packets in their kernels
--fitler icmp {t}|--fitler: no such option; the nearest is --filter
--interfaces eth0 {t}|--interfaces: no such option; the nearest is --interface
--snap-len 96 {t}|--snap-len: no such option; the nearest is --snaplen
--rotate-siz 4k {t}|--rotate-siz: no such option; the nearest is --rotate-size
--inscure {t}|--inscure: no such option; the nearest is --insecure
--stats {t}|--stats: no such option; the nearest is --stats-json
--qqqqqqqq {t}|--qqqqqqqq: no such option; see --help
""".strip("\n").splitlines()


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What stands in braces in the rows."""
    folder = str(tmp_path_factory.mktemp("flags"))
    bodies = {"f": classic([(SECOND, packet(1))]), "g": classic([(SECOND, packet(2))]), "list": b"127.0.0.1:1\n",
              "filter": b"tcp # web\nport 80\n", "empty": b"# tcp\n \n", "headers": b"X-A: b\r\n\nX-C: d\n", "badheaders": b"Host: x\n",
              "cert": b"no certificate"}
    names = {"t": "127.0.0.1:1", "none": folder + "/none", "row": folder + "/row.pcap"}
    for name, body in bodies.items():
        names[name] = f"{folder}/{name}"
        with open(names[name], "wb") as f:
            f.write(body)
    return names


def fill(text, names):
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def ddump(line, env=None):
    return subprocess.run([DDUMP] + shlex.split(line), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                          env={"PATH": os.environ["PATH"], **(env or {})})


def run_rows(rows, names):
    """(row, its outcome, what is wanted: None where it is accepted) of each."""
    split = [fill(row, names).partition("|") for row in rows]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda row: ddump(row[0]), split))
    return [(row[0], p, row[2] if row[1] else None) for row, p in zip(split, done)]


def test_command_lines_of_other_programs_are_taken(names):
    wrong = []
    for line, p, want in run_rows(ACCEPTED, names):
        # a target where nobody listens fails, after the command line was understood
        said = p.stderr.decode()
        if p.returncode not in (0, 1, 3) or (p.returncode == 1 and not
                                             any(w in said for w in ("connect: ", "certificate", "name look-up"))):
            wrong.append((line, p.returncode, said))
    assert not wrong


def test_what_cannot_be_is_answered_with_what_to_type(names):
    wrong = []
    for line, p, want in run_rows(REFUSED, names):
        if p.returncode != 2 or p.stderr.decode() != f"ddump: {want}\n" or p.stdout:
            wrong.append((line, p.returncode, p.stderr.decode()))
        assert b"secret" not in p.stderr
    assert not wrong
    assert len(ACCEPTED) + len(REFUSED) >= 120


def test_a_capture_that_is_called_like_a_word_is_read(tmp_path):
    for name in ("gateway", "80", "help"):
        (tmp_path / name).write_bytes(classic([(SECOND, packet(1))]))
    p = subprocess.run([DDUMP, "gateway", "80", "help", "-w", "-"], cwd=tmp_path, capture_output=True, timeout=PATIENCE)
    assert p.returncode == 0, p.stderr
    assert b"wrote 3 packets, " in p.stderr


def test_a_host_of_the_hosts_file_that_is_called_like_a_word_is_asked(tmp_path):
    need_root()
    (tmp_path / "hosts").write_text("127.0.0.1 gateway help\n")
    p = subprocess.run(["unshare", "-m", "sh", "-c", f"mount --bind {tmp_path}/hosts /etc/hosts && exec {DDUMP} gateway help "
                        "-w /dev/null --retry 0"], capture_output=True, timeout=PATIENCE)
    if b"unshare" in p.stderr or b"mount" in p.stderr:
        pytest.skip("needs a mount namespace")
    assert p.returncode == 1 and b"gateway and help): connect: Connection refused; " in p.stderr or b"help and gateway): connect: Connection refused; " in p.stderr, p.stderr


SECRET = "Bearer c2VjcmV0"


def test_fields_and_logins_go_to_targets_and_nowhere_else(serve, tmp_path):
    """Neither to a proxy, nor to those who can list processes, nor into any message."""
    (tmp_path / "fields").write_text("X-Two: 2\r\n\nX-Three:  3 \n")
    seen = []
    target = serve(lambda c: (seen.append(open(f"/proc/{child.pid}/cmdline").read()), c.sendall(chunked(classic([])))))
    proxy = serve(lambda c: c.sendall(b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n"))
    args = [DDUMP, "-v", "--retry", "0", "-w", "/dev/null", "-H", f"Authorization: {SECRET}", "-H", f"@{tmp_path}/fields",
            "-uann:c2VjcmV0", "-HX-Four: c2VjcmV0"]
    child = subprocess.Popen(args + [target.target], stderr=subprocess.PIPE)
    said = child.communicate(timeout=PATIENCE)[1].decode()
    assert child.returncode == 0, said
    head = target.requests[0]
    for field in (f"Authorization: {SECRET}", "X-Two: 2", "X-Three: 3", "X-Four: c2VjcmV0"):
        assert f"\r\n{field}\r\n" in head
    assert head.count("Authorization") == 1  # the field takes the place of -u
    assert seen and "c2VjcmV0" not in seen[0] and "c2VjcmV0" not in said

    args = args + ["-x", f"http://bob:pw@{proxy.target}", target.target]
    child = subprocess.Popen(args, stderr=subprocess.PIPE)
    said = child.communicate(timeout=PATIENCE)[1].decode()
    assert child.returncode == 1 and "403" in said
    heads = "".join(proxy.requests)
    assert heads.startswith("CONNECT ") and "c2VjcmV0" not in heads and "X-Two" not in heads
    assert "c2VjcmV0" not in said


def test_a_login_is_for_targets_that_name_no_user(serve):
    servers = [serve(chunked(classic([]))) for _ in range(2)]
    p = ddump(f"--retry 0 -w /dev/null -u ann:secret {servers[0].target} http://bob:pw@{servers[1].target}")
    assert p.returncode == 0, p.stderr
    assert "Authorization: Basic YW5uOnNlY3JldA==\r\n" in servers[0].requests[0]
    assert "Authorization: Basic Ym9iOnB3\r\n" in servers[1].requests[0]


def test_the_filter_of_a_file_is_sent_without_its_comments(serve, tmp_path):
    (tmp_path / "filter").write_text("# what\ntcp port 80 # web\n  or icmp\n\n")
    server = serve(chunked(classic([])))
    p = ddump(f"--retry 0 -w /dev/null -F {tmp_path}/filter {server.target}")
    assert p.returncode == 0, p.stderr
    line = server.requests[0].split(" ")[1]
    assert " ".join(urllib.parse.unquote(line.partition("filter=")[2]).split()) == "tcp port 80 or icmp"


def test_an_interface_for_a_path_is_named_with_the_404(serve):
    server = serve(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    p = ddump(f"--retry 0 -w /dev/null {server.target}/eth0")
    assert b"404 Not Found" in p.stderr and b"give -i NAME or HOST?interface=NAME" in p.stderr
    p = ddump(f"--retry 0 -w /dev/null root@{server.target}")
    assert b"asked over HTTP as a user without a password; -u USER:PASSWORD gives one, ssh -L a tunnel" in p.stderr


PROXY_ROWS = [
    # environment, arguments ({p}: the proxy, {t}: a target of the network that is none), is the proxy asked?
    ({"https_proxy": "http://{p}"}, "https://127.0.0.9:1", True),
    ({"HTTPS_PROXY": "{p}"}, "https://127.0.0.9:1", True),
    ({"https_proxy": "http://{p}", "HTTPS_PROXY": "http://127.0.0.1:1"}, "https://127.0.0.9:1", True),
    ({"https_proxy": "http://{p}"}, "http://127.0.0.9:1", False),
    ({"https_proxy": "http://{p}"}, "127.0.0.9:1", False),
    ({"http_proxy": "http://{p}"}, "http://127.0.0.9:1", False),
    ({"https_proxy": "http://{p}", "no_proxy": "127.0.0.0/8"}, "https://127.0.0.9:1", False),
    ({"https_proxy": "http://{p}", "NO_PROXY": "x,127.0.0.9"}, "https://127.0.0.9:1", False),
    ({"https_proxy": "http://{p}", "no_proxy": "127.0.0.8"}, "https://127.0.0.9:1", True),
    ({"https_proxy": "http://{p}"}, "--proxy '' https://127.0.0.9:1", False),
    ({"no_proxy": "*"}, "--proxy http://{p} https://127.0.0.9:1", True),
    ({"no_proxy": "*"}, "-x http://{p} 127.0.0.9:1", True),
]


def test_https_targets_obey_the_environment_s_proxy(serve):
    wrong = []
    for env, line, is_asked in PROXY_ROWS:
        proxy = serve(b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n")
        p = ddump("-k --retry 0 -w /dev/null " + fill(line, {"p": proxy.target}),
                  {k: fill(v, {"p": proxy.target}) for k, v in env.items()})
        says = b"https targets are reached through the proxy" in p.stderr
        if bool(proxy.requests) != is_asked or says != (is_asked and "://{p}" not in line) or p.returncode != 1:
            wrong.append((env, line, proxy.requests, p.stderr))
    assert not wrong
    p = ddump("https://127.0.0.9:1", {"https_proxy": "socks5://127.0.0.1:1080"})
    assert p.returncode == 2 and p.stderr.startswith(b"ddump: https_proxy: only proxies")


def test_interfaces_of_all_targets_are_listed(serve, tmp_path):
    """As the way to packets: logins, fields and failures are the same; packets are not asked for."""
    answer = (b'{"interfaces":[{"name":"lo","index":1,"state":"up","carrier":true,"addresses":["127.0.0.1/8","::1/128"]},\n'
              b'{"name":"eth0","index":2,"state":"down","carrier":false,"addresses":[]}]}\n')
    many = b'{"interfaces":[' + b",\n".join(b'{"name":"v%d","state":"up","carrier":true}' % i for i in range(1000)) + b"]}\n"
    json = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    one, other = serve(json % len(answer) + answer), serve(json % len(many) + many)
    html = serve(json % 6 + b"<html>")
    p = ddump(f"-D -u ann:secret -H 'X-A: b' a={one.target} b={other.target}")
    assert p.returncode == 0, p.stderr
    lines = p.stdout.decode().splitlines()
    assert lines[:3] == ["a/lo [Up, Running] 127.0.0.1/8 ::1/128", "a/eth0 [Down]", "b/v0 [Up, Running]"]
    assert len(lines) == 1002
    assert one.requests[0].startswith("GET /interfaces HTTP/1.1\r\n") and "\r\nX-A: b\r\n" in one.requests[0]
    assert "Authorization: Basic YW5uOnNlY3JldA==\r\n" in one.requests[0] and len(one.requests) == 1

    (tmp_path / "x.pcap").write_bytes(classic([]))
    p = ddump(f"-D a={one.target} b=127.0.0.1:1 c={html.target} d={tmp_path}/x.pcap")
    assert p.returncode == 3 and p.stdout.decode().splitlines() == lines[:2]
    said = p.stderr.decode()
    assert "ddump: b: connect: Connection refused" in said and "c: its /interfaces lists none" in said
    assert "ddump: d: a capture has no list of interfaces: name hosts with -D" in said
    assert ddump("-D 127.0.0.1:1").returncode == 1
