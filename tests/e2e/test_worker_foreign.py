"""Pages of other sites get nothing, and whoever is no page gets everything, by name, through
proxies. The browser itself is asked by the long test; its headers are replayed by the others."""

import json
import os
import shutil
import subprocess

import pytest

from lab import DDUMP, PATIENCE, run, wait_for
from test_worker import curl, url
from test_worker_operation import code_of

NAME = "worker.example.com"
REBOUND = "rebound.example.net"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

# What Chromium 156 sends to a name that is not trustworthy (plain http, no loopback).
SENT = {
    "fetch": ["Accept: */*", "Accept-Encoding: gzip, deflate",
              "Accept-Language: en-US,en;q=0.9", f"Referer: http://{REBOUND}/"],
    "fetch without referrer": ["Accept: */*", "Accept-Encoding: gzip, deflate",
                               "Accept-Language: en-US,en;q=0.9"],
    "fetch with all it may set": ["Accept: x", "Accept-Encoding: gzip, deflate",
                                  "Accept-Language;", "User-Agent: curl/8.0"],
    "video": ["Accept: */*", "Accept-Encoding: identity;q=1, *;q=0",
              "Accept-Language: en-US,en;q=0.9", "Range: bytes=0-"],
    "navigation": ["Upgrade-Insecure-Requests: 1", "Accept: text/html",
                   "Accept-Encoding: gzip, deflate", "Accept-Language: en-US,en;q=0.9"],
}


@pytest.fixture
def host(lab):
    """A namespace in which both names are the loopback address."""
    space = lab.namespace("n")
    folder = f"/etc/netns/{space.name}"
    os.makedirs(folder)
    with open(os.path.join(folder, "hosts"), "w") as f:
        f.write(f"127.0.0.1 localhost {NAME} {REBOUND}\n")
    yield space
    shutil.rmtree(folder)


def headers(*lines):
    return [arg for line in lines for arg in ("-H", line)]


@pytest.mark.parametrize("what", SENT)
def test_what_a_browser_sends_on_a_rebound_name_is_refused(lab, host, what):
    worker = lab.worker(host)
    for path in ("/capture", "/captures", "/validate", "/interfaces", "/clock", "/",
                 "/captures/" + "0" * 32):
        problem = json.loads(curl(host, *headers(f"Host: {REBOUND}:{worker.port}", *SENT[what]),
                                  url(worker, path)).stdout)
        assert problem["status"] == 403 and "-allow-host" in problem["detail"], path
    for path in ("/healthz", "/metrics"):
        assert code_of(host, url(worker, path), *headers(f"Host: {REBOUND}", *SENT[what])) == 200
    assert code_of(host, url(worker, "/captures"), *headers(*SENT[what])) == 200
    assert code_of(host, url(worker, "/captures"),
                   *headers("Host: localhost:1", *SENT[what])) == 200


def test_an_origin_that_is_not_the_host_is_refused(lab, host, tmp_path):
    path = str(tmp_path / "sock")
    worker = lab.worker(host)
    lab.worker(host, listen="unix:" + path)
    own = f"http://127.0.0.1:{worker.port}"
    assert code_of(host, url(worker, "/captures"), "-H", "Origin: " + own) == 200
    for origin in ("http://evil.example", "null", own + "1", own.rsplit(":", 1)[0]):
        assert code_of(host, url(worker, "/captures"), "-H", "Origin: " + origin) == 403
    assert code_of(host, "http://x/captures", "--unix-socket", path, "-H", "Origin: null") == 403
    said = curl(host, url(worker, "/captures"), "-H", "Origin: null").stdout
    assert b"must pass Host" in said


def test_unix_sockets_and_own_names_are_no_others(lab, host, tmp_path):
    path = str(tmp_path / "sock")
    lab.worker(host, listen="unix:" + path)
    browser = headers(*SENT["fetch"])
    assert code_of(host, f"http://{NAME}/captures", "--unix-socket", path, *browser) == 200
    own = run("hostname").stdout.decode().strip()
    with open(f"/etc/netns/{host.name}/hosts", "a") as f:
        f.write(f"127.0.1.1 {NAME} {own}\n")
    worker = lab.worker(host)
    assert code_of(host, url(worker, "/captures"), "-H", f"Host: {NAME}", *browser) == 200
    assert code_of(host, url(worker, "/captures"), "-H", f"Host: {REBOUND}", *browser) == 403
    listed = lab.worker(host, "-allow-host", REBOUND)
    assert code_of(host, url(listed, "/captures"), "-H", f"Host: {REBOUND}", *browser) == 200
    assert code_of(host, url(listed, "/captures"), "-H", f"Host: {NAME}") == 403


def clients(port):
    """How each asks for /clock by name: a command that prints it."""
    at = f"http://{NAME}:{port}/clock"
    yield "curl", ["curl", "-sS", at]
    yield "curl --compressed", ["curl", "-sS", "--compressed", at]
    yield "urllib", ["/usr/bin/python3", "-c",
                     "import sys,urllib.request as u; print(u.urlopen(sys.argv[1]).read())", at]
    if shutil.which("wget"):
        yield "wget", ["wget", "-qO-", at]
        yield "wget --compression", ["wget", "-qO-", "--compression=auto", at]
    if subprocess.run(["/usr/bin/python3", "-c", "import requests"],
                      capture_output=True).returncode == 0:
        yield "requests", ["/usr/bin/python3", "-c",
                           "import sys,requests; print(requests.get(sys.argv[1]).text)", at]


def capture_by_name(host, port, out):
    host.run(DDUMP, "-d", "0.5", "-w", out, "--filter", "port 1", f"http://{NAME}:{port}")
    assert os.path.getsize(out) >= 24


def all_are_allowed(host, port, out):
    for name, command in clients(port):
        said = host.run(*command, check=False)
        assert b"time_ns" in said.stdout, (name, said.stdout, said.stderr)
    capture_by_name(host, port, out)


def test_clients_that_are_no_browser_may_use_any_name(lab, host, tmp_path):
    all_are_allowed(host, lab.worker(host).port, str(tmp_path / "o.pcap"))


def test_clients_come_through_nginx_by_name(lab, host, tmp_path):
    worker = lab.worker(host)
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error; daemon off; events {{}}\n"
        "http { access_log off;\n"
        f"client_body_temp_path {tmp_path}/a; proxy_temp_path {tmp_path}/b;\n"
        f"fastcgi_temp_path {tmp_path}/c; uwsgi_temp_path {tmp_path}/d; scgi_temp_path {tmp_path}/e;\n"
        "server { listen 127.0.0.1:8480; location / { proxy_buffering off; proxy_http_version 1.1;\n"
        f"proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:{worker.port}; }} }} }}\n")
    lab.start(host, ["nginx", "-c", str(config)])
    wait_for(lambda: curl(host, "http://127.0.0.1:8480/healthz", check=False).stdout == b"ok\n",
             "nginx passes on")
    all_are_allowed(host, 8480, str(tmp_path / "o.pcap"))


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed (setup check-long)")
def test_clients_come_through_caddy_by_name(lab, host, tmp_path):
    worker = lab.worker(host)
    config = tmp_path / "Caddyfile"
    config.write_text("{\n admin off\n auto_https off\n}\n"
                      f"http://{NAME}:8481 {{\n reverse_proxy 127.0.0.1:{worker.port}\n}}\n")
    lab.start(host, ["env", f"HOME={tmp_path}", "caddy", "run", "--adapter", "caddyfile",
                     "--config", str(config)])
    wait_for(lambda: curl(host, f"http://{NAME}:8481/healthz", check=False).stdout == b"ok\n",
             "caddy passes on")
    all_are_allowed(host, 8481, str(tmp_path / "o.pcap"))


PAGE = """<!doctype html><title>waits</title><script>
const allowed = {'Accept': 'x', 'Accept-Language': '', 'Accept-Encoding': '', 'User-Agent': 'curl/8',
                 'Range': 'bytes=0-', 'Cache-Control': 'no-store', 'X-A': 'b', 'Host': 'localhost',
                 'Origin': 'http://localhost', 'Referer': '', 'Cookie': '', 'Connection': 'close'};
const got = [];
const note = (what, status) => got.push(what + ' ' + status);
const quick = (p) => Promise.race([p, new Promise(r => setTimeout(r, 3000, 'silent'))]);
async function all() {
  for (const path of ['/capture', '/captures', '/validate', '/interfaces', '/clock', '/']) {
    const at = location.origin + path;
    for (const o of [{}, {headers: allowed}, {headers: allowed, referrerPolicy: 'no-referrer',
                      credentials: 'omit', mode: 'same-origin', cache: 'no-store'}, {method: 'HEAD'},
                     {mode: 'no-cors', referrerPolicy: 'no-referrer'}]) {
      const stop = new AbortController();
      note('fetch', await quick(fetch(at, {...o, signal: stop.signal}).then(r => r.status,
                                                                        () => 'error')));
      stop.abort();
    }
    note('xhr', await quick(new Promise(r => { const x = new XMLHttpRequest(); x.open('GET', at);
      for (const h in allowed) try { x.setRequestHeader(h, allowed[h]) } catch (e) {}
      x.onreadystatechange = () => { if (x.readyState >= 2) { r(x.status); x.abort(); } }; x.send() })));
    for (const tag of ['img', 'script', 'iframe', 'video'])
      await quick(new Promise(r => { const e = document.createElement(tag); e.referrerPolicy =
        'no-referrer'; e.onload = e.onerror = r; e.src = at; document.body.append(e) }));
    await quick(new Promise(r => { const e = new EventSource(at); e.onerror = e.onopen = r; }));
    navigator.sendBeacon(at, 'x');
  }
  await fetch('http://' + location.hostname + ':DONE/', {method: 'POST', mode: 'no-cors',
              body: JSON.stringify(got)});
}
addEventListener('load', all);
</script><body></body>"""

# The name that is rebound: at one port the page, once, and from then on the worker, byte for
# byte; at another one the page says what it has got.
SERVE = """
import http.server, json, socket, sys, threading
page = open(sys.argv[1], 'rb').read()
worker = ('127.0.0.1', int(sys.argv[2]))
class Done(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(204); self.end_headers(); print(body.decode(), flush=True)
    def log_message(self, *a): pass
done = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Done)
threading.Thread(target=done.serve_forever, daemon=True).start()
page = page.replace(b'DONE', str(done.server_port).encode())
listener = socket.create_server(('127.0.0.1', 0), backlog=100)
print(listener.getsockname()[1], flush=True)
def pipe(a, b, head):
    try:
        while d := a.recv(65536):
            if head: print('sent ' + json.dumps(d.decode('latin-1')), flush=True)
            b.sendall(d)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
def serve(c):
    first = c.recv(65536)
    if first.startswith(b'GET /page '):
        c.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Type: text/html\\r\\n\\r\\n' + page); c.close(); return
    if first: print('sent ' + json.dumps(first.decode('latin-1')), flush=True)
    w = socket.create_connection(worker); w.sendall(first)
    threading.Thread(target=pipe, args=(w, c, False), daemon=True).start()
    pipe(c, w, True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@pytest.mark.long
@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (setup check-long)")
def test_a_page_on_a_rebound_name_reads_nothing(lab, host, tmp_path):
    worker = lab.worker(host, "-max-captures", "62")
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    server = lab.start(host, ["/usr/bin/python3", "-c", SERVE, str(page), str(worker.port)],
                       stdout=subprocess.PIPE)
    port = int(server.popen.stdout.readline())
    lab.start(host, [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                     "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync",
                     f"--user-data-dir={tmp_path}/profile",
                     f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
                     "--remote-debugging-port=0", f"http://{REBOUND}:{port}/page"])
    sent = []
    for line in server.popen.stdout:
        if not line.startswith(b"sent "):
            break
        sent.append(json.loads(line[5:]))
    server.popen.stdout.close()
    got = json.loads(line)
    assert len(got) == 36 and len(sent) > 36
    assert {g.split()[1] for g in got} == {"403"}, got
    for request in sent:
        fields = request.lower()
        assert "accept-encoding:" in fields and "accept-language:" in fields, request
    assert "capture 0 for" not in worker.log()
