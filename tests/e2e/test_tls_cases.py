"""TLS as sys/tls/tls.h promises it, case by case: tls_probe against the real openssl s_server."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

from lab import BUILD, PATIENCE, ROOT, run, wait_for

PROBE = os.path.join(BUILD, "tests", "tls_probe")
GCM_PROBE = os.path.join(BUILD, "tests", "gcm_probe")
OPENSSL = shutil.which("openssl")

pytestmark = [
    pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed"),
    pytest.mark.skipif(not os.path.exists(PROBE), reason=f"{PROBE} is missing: make check-e2e"),
]

LEAF = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
SERVER = LEAF + "extendedKeyUsage=serverAuth\n"
CLIENT = LEAF + "extendedKeyUsage=clientAuth\n"
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n"
WEAK = ["-cipher", "DEFAULT:@SECLEVEL=0"]  # or s_server refuses its own certificate
DB1 = "subjectAltName=DNS:db1.example\n"


def san(names):
    return f"subjectAltName={names}\n"


# name: key, subject, issuer (None: itself), extensions, then what differs from the usual
CERTS = {
    "ca": ("rsa-ca", "/CN=ddump test root", None, CA),
    "ca2": ("p384-ca", "/CN=ddump other root", None, CA),
    "ica": ("p384-ica", "/CN=ddump test intermediate", "ca", CA),
    "ica-client": ("p384-ica", "/CN=intermediate for clients", "ca", CA + "extendedKeyUsage=clientAuth\n"),
    "ica-sha1": ("p384-ica", "/CN=intermediate with SHA-1", "ca", CA, {"md": "sha1"}),
    "ica-1024": ("rsa1024", "/CN=intermediate of 1024 bits", "ca", CA),
    "ica-expired": ("p384-ica", "/CN=expired intermediate", "ca", CA, {"days": (-20, -10)}),
    "ica-no-ca": ("p384-ica", "/CN=no intermediate", "ca", SERVER + DB1),
    "rsa": ("rsa", "/CN=anything", "ca", SERVER + DB1),
    "p256": ("p256", "/CN=anything", "ca", SERVER + DB1),
    "p384": ("p384", "/CN=anything", "ca", SERVER + DB1),
    "ed25519": ("ed25519", "/CN=anything", "ca", SERVER + DB1),
    "no-usages": ("rsa", "/CN=anything", "ca", DB1),
    "by-ica": ("rsa", "/CN=anything", "ica", SERVER + DB1),
    "by-ica-client": ("rsa", "/CN=anything", "ica-client", SERVER + DB1),
    "by-ica-sha1": ("rsa", "/CN=anything", "ica-sha1", SERVER + DB1),
    "by-ica-1024": ("rsa", "/CN=anything", "ica-1024", SERVER + DB1),
    "by-ica-expired": ("rsa", "/CN=anything", "ica-expired", SERVER + DB1),
    "by-ica-no-ca": ("rsa", "/CN=anything", "ica-no-ca", SERVER + DB1),
    "expired": ("rsa", "/CN=anything", "ca", SERVER + DB1, {"days": (-20, -10)}),
    "future": ("rsa", "/CN=anything", "ca", SERVER + DB1, {"days": (10, 20)}),
    "self": ("rsa", "/CN=db1.example", None, SERVER + DB1),
    "by-ca2": ("rsa", "/CN=anything", "ca2", SERVER + DB1),
    "sha1": ("rsa", "/CN=anything", "ca", SERVER + DB1, {"md": "sha1"}),
    "md5": ("rsa", "/CN=anything", "ca", SERVER + DB1, {"md": "md5"}),
    "rsa1024": ("rsa1024", "/CN=anything", "ca", SERVER + DB1),
    "cn-only": ("rsa", "/CN=db1.example", "ca", SERVER),
    "cn-address": ("rsa", "/CN=127.0.0.1", "ca", SERVER),
    "cn-address-san": ("rsa", "/CN=127.0.0.1", "ca", SERVER + DB1),
    "cn-name-san": ("rsa", "/CN=db1.example", "ca", SERVER + san("DNS:db2.example")),
    "dns-address": ("rsa", "/CN=127.0.0.1", "ca", SERVER + san("DNS:127.0.0.1")),
    "address": ("rsa", "/CN=anything", "ca", SERVER + san("IP:127.0.0.1,IP:fd00::1")),
    "wild": ("rsa", "/CN=anything", "ca", SERVER + san("DNS:*.db.example")),
    "wild-tld": ("rsa", "/CN=anything", "ca", SERVER + san("DNS:*.example")),
    "wild-part": ("rsa", "/CN=anything", "ca", SERVER + san("DNS:db*.example")),
    "wild-middle": ("rsa", "/CN=anything", "ca", SERVER + san("DNS:a.*.example")),
    "wild-all": ("rsa", "/CN=anything", "ca", SERVER + san("DNS:*")),
    "many": ("rsa", "/CN=anything", "ca",
             SERVER + san(",".join(f"DNS:h{i}.example" for i in range(7)) + ",IP:10.0.0.1")),
    "upper": ("rsa", "/CN=anything", "ca", SERVER + san("DNS:DB1.Example")),
    "uri": ("rsa", "/CN=db1.example", "ca", SERVER + san("URI:https://db1.example/")),
    "v1": ("rsa", "/CN=db1.example", "ca", None),
    "eku-client": ("rsa", "/CN=anything", "ca", CLIENT + DB1),
    "eku-any": ("rsa", "/CN=anything", "ca", LEAF + DB1 + "extendedKeyUsage=anyExtendedKeyUsage\n"),
    "ku-encipher": ("rsa", "/CN=anything", "ca", "keyUsage=keyEncipherment\n" + DB1),
    "ca-as-leaf": ("rsa", "/CN=db1.example", "ca", "basicConstraints=critical,CA:TRUE\n" + DB1),
    "ca-as-leaf-no-san": ("rsa", "/CN=db1.example", "ca", "basicConstraints=critical,CA:TRUE\n"),
    "escape": ("rsa", "/CN=\x1b[31mred", None, SERVER + DB1),
    "critical": ("rsa", "/CN=anything", "ca", SERVER + DB1 + "1.2.3.4=critical,DER:0500\n"),
    "client-rsa": ("rsa", "/CN=client", "ca", CLIENT),
    "client-p256": ("p256", "/CN=client", "ca", CLIENT),
    "client-p384": ("p384", "/CN=client", "ca", CLIENT),
    "client-ica": ("p256", "/CN=client", "ica", CLIENT),
    "client-ca2": ("p256", "/CN=client", "ca2", CLIENT),
    "client-expired": ("p256", "/CN=client", "ca", CLIENT, {"days": (-20, -10)}),
    "client-ed25519": ("ed25519", "/CN=client", "ca", CLIENT),
    "client-by-ed25519": ("p256", "/CN=client", "ca-ed25519", CLIENT),
    "ca-ed25519": ("ed25519", "/CN=ddump Ed25519 root", None, CA),
    "by-ed25519": ("p256", "/CN=anything", "ca-ed25519", SERVER + DB1),
    "huge": ("p256", "/CN=anything", "ca",
             SERVER + san("DNS:db1.example," + ",".join(f"DNS:h{i:04}.some.name.example" for i in range(1000)))),
    "ca-constrained": ("p384-constrained", "/CN=constrained root", None,
                       CA + "nameConstraints=critical,permitted;DNS:example\n"),
    "by-constrained": ("p256", "/CN=anything", "ca-constrained", SERVER + DB1),
    "ica-constrained": ("p384-ica", "/CN=constrained", "ca", CA + "nameConstraints=critical,permitted;DNS:example\n"),
    "by-ica-constrained": ("p256", "/CN=anything", "ica-constrained", SERVER + DB1),
    **{f"deep-{i}": ("p256-deep", f"/CN=level {i}", f"deep-{i - 1}" if i else "ca", CA) for i in range(11)},
    "by-deep-8": ("p256", "/CN=anything", "deep-7", SERVER + DB1),
    "by-deep-11": ("p256", "/CN=anything", "deep-10", SERVER + DB1),
}
KEYS = {
    "rsa": "RSA -pkeyopt rsa_keygen_bits:2048",
    "rsa1024": "RSA -pkeyopt rsa_keygen_bits:1024",
    "p256": "EC -pkeyopt ec_paramgen_curve:P-256",
    "p384": "EC -pkeyopt ec_paramgen_curve:P-384",
    "ed25519": "ED25519",
}
CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
default_ca = d
[d]
database = {0}/db
new_certs_dir = {0}
rand_serial = yes
unique_subject = no
policy = p
[p]
commonName = supplied
"""


class Pki:
    """Keys and certificates, made when first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.config = self.write("openssl.cnf", CONFIG.format(folder))
        self.write("db", "")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def openssl(self, *args):
        env = dict(os.environ, OPENSSL_CONF=self.config)
        done = run(OPENSSL, *args, check=False, env=env, cwd=self.folder)
        assert done.returncode == 0, (args, done.stderr.decode())
        return done.stdout.decode()

    def key(self, name):
        path = self.path(name + ".key")
        if not os.path.exists(path):
            self.openssl("genpkey", "-algorithm", *KEYS[name.split("-")[0]].split(), "-out", path)
        return path

    def cert(self, name):
        """Path of the certificate; its key is key_of(name)."""
        path = self.path(name + ".crt")
        if os.path.exists(path):
            return path
        key, subject, issuer, extensions, *more = CERTS[name]
        more = more[0] if more else {}
        request = self.path(name + ".csr")
        self.openssl("req", "-new", "-key", self.key(key), "-subj", subject, "-out", request)
        if extensions is None:
            self.openssl("x509", "-req", "-in", request, "-CA", self.cert(issuer), "-CAkey",
                         self.key_of(issuer), "-set_serial", "7", "-days", "5", "-out", path)
            if "Version: 1 " not in self.openssl("x509", "-in", path, "-noout", "-text"):
                os.unlink(path)
                pytest.skip("this openssl makes no certificate of version 1")
            return path
        first, last = (datetime.now(timezone.utc) + timedelta(days=d) for d in more.get("days", (-1, 9)))
        signer = ["-selfsign", "-keyfile", self.key(key)]
        if issuer is not None:
            signer = ["-cert", self.cert(issuer), "-keyfile", self.key_of(issuer)]
        self.openssl("ca", "-batch", "-notext", "-in", request, "-out", path, *signer,
                     "-md", more.get("md", "sha256"),
                     "-startdate", first.strftime("%Y%m%d%H%M%SZ"),
                     "-enddate", last.strftime("%Y%m%d%H%M%SZ"),
                     "-extfile", self.write(name + ".ext", extensions))
        return path

    def key_of(self, name):
        return self.key(CERTS[name][0])

    def joined(self, name, *parts):
        """One file of several."""
        text = "".join(open(p).read() for p in parts)
        return self.write(name, text)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(str(tmp_path_factory.mktemp("pki")))


class Server:
    """openssl s_server on a port of its own choice; `with` ends it."""

    def __init__(self, pki, cert, *args, www=True):
        issuer = CERTS[cert][2]
        chain = []
        while issuer is not None and CERTS[issuer][2] is not None:
            chain.append(pki.cert(issuer))
            issuer = CERTS[issuer][2]
        chain = ["-cert_chain", pki.joined(cert + ".chain", *chain)] if chain else []
        if "-no-chain" in args:
            args, chain = [a for a in args if a != "-no-chain"], []
        self.log_path = pki.path(f"s_server.{time.monotonic_ns()}")
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(
                [OPENSSL, "s_server", "-accept", "127.0.0.1:0", "-cert", pki.cert(cert), "-key",
                 pki.key_of(cert), *chain, *(["-www"] if www else []), *args],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=pki.folder)
        try:
            accept = wait_for(lambda: self.popen.poll() is not None or
                              re.search(rb"ACCEPT(?: .*:(\d+))?\n", self.log()), "s_server accepts")
            assert self.popen.poll() is None, self.log().decode(errors="replace")
            if accept.group(1) is None:
                pytest.skip("this openssl s_server does not say which port it took")
        except BaseException:
            self.__exit__()
            raise
        self.port = accept.group(1).decode()

    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read()

    def say(self, text):
        self.popen.stdin.write(text)
        self.popen.stdin.flush()

    def wait_open(self):
        wait_for(lambda: b"CIPHER is" in self.log(), "handshake in s_server")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()


def probe_args(port, **options):
    return [PROBE, "127.0.0.1", str(port), *(f"{k}={v}" for k, v in options.items() if v is not None)]


def probe(port, env=None, **options):
    """(exit status, stderr, stdout)"""
    done = run(*probe_args(port, **options), check=False, env=env)
    assert done.returncode in (0, 1), done.stderr.decode(errors="replace")
    return done.returncode, done.stderr.decode(), done.stdout


def check(result, expect):
    """expect: None for a session that was good to its end, else the words of the refusal."""
    status, log, out = result
    if expect is None:
        assert status == 0 and out and " END" in log, log
    else:
        assert status == 1 and expect in log, log


GET = "GET / HTTP/1.0\r\n\r\n"

NO_ED25519 = ("offer: the server refused: handshake failure (40): nothing in common: offered are AES-GCM and "
              "ChaCha20, and certificates of RSA, P-256, P-384 and P-521, not of Ed25519\n")

# id, certificate, host, what is refused and why (None: accepted), server's arguments, client's options
CERTIFICATE_CASES = [
    ("rsa", "rsa", "db1.example", None),
    ("p256", "p256", "db1.example", None),
    ("p384", "p384", "db1.example", None),
    ("no-usage-extensions", "no-usages", "db1.example", None),
    ("any-usage", "eku-any", "db1.example", None),
    ("tls12-rsa", "rsa", "db1.example", None, ["-tls1_2"]),
    ("tls12-p256", "p256", "db1.example", None, ["-tls1_2"]),
    ("tls12-chacha", "rsa", "db1.example", None, ["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"]),
    ("tls13-only", "rsa", "db1.example", None, ["-tls1_3"]),
    ("tls13-chacha", "rsa", "db1.example", None, ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"]),
    ("tls13-hello-retry", "rsa", "db1.example", None, ["-groups", "P-521"]),
    ("tls12-cbc-refused", "rsa", "db1.example", "offer: the server refused: handshake failure (40): nothing in",
     ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"]),
    ("tls11-refused", "rsa", "db1.example", "offer: the server refused: no common TLS version (70)\n",
     ["-tls1_1", *WEAK]),
    ("tls13-only-max-12", "rsa", "db1.example", "no common TLS version", ["-tls1_3"], {"max": "1.2"}),
    ("max-12", "rsa", "db1.example", None, [], {"max": "1.2"}),
    ("alpn-http", "rsa", "db1.example", None, ["-alpn", "h2,http/1.1"]),
    ("alpn-h2-only", "rsa", "db1.example", "it does not speak HTTP/1.1 (ALPN) (120)", ["-alpn", "h2"]),
    ("intermediate", "by-ica", "db1.example", None),
    ("intermediate-missing", "by-ica", "db1.example",
     'certificate: issuer "CN=ddump test intermediate" is not trusted, or its certificate was not sent',
     ["-no-chain"]),
    ("intermediate-trusted", "by-ica", "db1.example", None, ["-no-chain"], {"ca": "ica"}),
    ("intermediate-expired", "by-ica-expired", "db1.example",
     'CA certificate "CN=expired intermediate" expired on '),
    ("intermediate-sha1", "by-ica-sha1", "db1.example",
     'CA certificate "CN=intermediate with SHA-1" has a weak signature (SHA-1)', WEAK),
    ("intermediate-1024", "by-ica-1024", "db1.example", "has a weak key, or its issuer has", WEAK),
    ("intermediate-for-clients", "by-ica-client", "db1.example",
     'CA certificate "CN=intermediate for clients" has the wrong usage: not for servers'),
    ("intermediate-is-no-ca", "by-ica-no-ca", "db1.example", "is not trusted"),
    ("expired", "expired", "db1.example", "certificate: certificate expired on "),
    ("not-yet-valid", "future", "db1.example", "certificate: certificate is not yet valid: from "),
    ("self-signed", "self", "db1.example", "certificate: certificate is self-signed and not trusted"),
    ("self-signed-trusted", "self", "db1.example", None, [], {"ca": "self"}),
    ("wrong-ca", "by-ca2", "db1.example", 'certificate: issuer "CN=ddump other root" is not trusted'),
    ("sha1", "sha1", "db1.example", "certificate: certificate has a weak signature (SHA-1)", WEAK),
    ("sha1-tls12", "sha1", "db1.example", "certificate has a weak signature (SHA-1)", [*WEAK, "-tls1_2"]),
    ("md5", "md5", "db1.example", "certificate has a weak signature (MD5)", WEAK),
    ("rsa-1024", "rsa1024", "db1.example", "certificate has a weak key (RSA of 1024 bits)", WEAK),
    ("name-mismatch", "rsa", "db2.example", "certificate is for db1.example, not for db2.example"),
    ("name-of-many", "many", "db1.example",
     "is for h0.example, h1.example, h2.example, h3.example and 4 more, not for db1.example"),
    ("name-in-upper-case", "upper", "dB1.eXAMPLE", None),
    ("name-with-dot", "rsa", "db1.example.", None),
    ("name-is-suffix", "rsa", "x.db1.example", "certificate is for db1.example, not for x.db1.example"),
    ("common-name-only", "cn-only", "db1.example",
     'certificate has a common name only ("CN=db1.example"), no subjectAltName'),
    ("common-name-beside-san", "cn-name-san", "db1.example", "is for db2.example, not for db1.example"),
    ("san-without-name", "uri", "db1.example", "certificate is for no name, not for db1.example"),
    ("address-in-common-name", "cn-address", "127.0.0.1",
     'certificate has a common name only ("CN=127.0.0.1"), no subjectAltName'),
    ("address-in-common-name-beside-san", "cn-address-san", "127.0.0.1",
     "certificate is for db1.example, not for 127.0.0.1"),
    ("address-as-dns-name", "dns-address", "127.0.0.1",
     "certificate has the address as dNSName, not as iPAddress"),
    ("address", "address", "127.0.0.1", None),
    ("address-of-ipv6", "address", "fd00:0:0::1", None),
    ("address-with-zone", "address", "fd00::1%eth0", None),
    ("address-mismatch", "address", "127.0.0.2",
     "certificate is for 127.0.0.1, fd00::1, not for 127.0.0.2"),
    ("address-for-name", "address", "db1.example", "certificate is for 127.0.0.1, fd00::1, not for db1"),
    ("wildcard", "wild", "a.db.example", None),
    ("wildcard-two-labels", "wild", "a.b.db.example", "is for *.db.example, not for a.b.db.example"),
    ("wildcard-no-label", "wild", "db.example", "is for *.db.example, not for db.example"),
    ("wildcard-of-one-label", "wild-tld", "db1.example", "is for *.example, not for db1.example"),
    ("wildcard-in-label", "wild-part", "db1.example", "is for db*.example, not for db1.example"),
    ("wildcard-in-the-middle", "wild-middle", "a.b.example", "is for a.*.example, not for a.b.example"),
    ("wildcard-alone", "wild-all", "localhost", "is for *, not for localhost"),
    ("version-1", "v1", "db1.example",
     "certificate: certificate is of X.509 version 1, which has no subjectAltName", WEAK),
    ("for-clients", "eku-client", "db1.example", "certificate has the wrong usage: not for servers"),
    ("key-usage", "ku-encipher", "db1.example",
     "certificate has the wrong usage: not for digital signatures"),
    ("ca-as-leaf", "ca-as-leaf", "db1.example", None),
    ("ca-as-leaf-without-san", "ca-as-leaf-no-san", "db1.example", "certificate has a common name only"),
    ("unknown-critical-extension", "critical", "db1.example",
     "certificate: a certificate of the server has a critical extension that is not supported"),
    ("ed25519", "ed25519", "db1.example", NO_ED25519),
    ("ed25519-tls12", "ed25519", "db1.example", NO_ED25519, ["-tls1_2"]),
    *((f"signed-by-ed25519{v}", "by-ed25519", "db1.example",
       "certificate: a certificate of the server has a key or signature that is not supported, such as Ed25519", [v])
      for v in ("-tls1_2", "-tls1_3")),
    ("ed25519-as-root", "rsa", "db1.example", "config: no certificate in {ca}; give a PEM file, or a directory of "
     "such; one there has a key or signature that is not supported, such as Ed25519: use RSA, P-256, P-384 or P-521",
     [], {"ca": "ca-ed25519"}),
    *((f"name-constraints{v}", "by-ica-constrained", "db1.example",
       "certificate: a certificate of the server has a critical extension that is not supported, such as "
       "nameConstraints, or a malformed one\n", [v]) for v in ("-tls1_2", "-tls1_3")),
    ("name-constraints-of-root", "by-constrained", "db1.example",
     "config: no certificate in {ca}; give a PEM file, or a directory of such; one there has a critical extension",
     [], {"ca": "ca-constrained"}),
    *((f"long-certificate{v}", "huge", "db1.example",
       "certificate: the server's certificates take more than 16 KiB\n", [v]) for v in ("-tls1_2", "-tls1_3")),
    ("chain-of-10", "by-deep-8", "db1.example", None),
    *((f"chain-of-13{v}", "by-deep-11", "db1.example",
       "certificate: the server's chain has more than 10 certificates, the root included\n", [v])
      for v in ("-tls1_2", "-tls1_3")),
    ("two-things-wrong", "expired", "db2.example", "UTC; certificate is for db1.example, not for db2"),
    ("escapes-are-escaped", "escape", "db2.example", "certificate is self-signed"),
    ("insecure-self-signed", "self", "db2.example", None, [], {"insecure": 1, "ca": None}),
    ("insecure-expired", "expired", "db2.example", None, [], {"insecure": 1, "ca": None}),
    ("insecure-1024", "rsa1024", "db2.example", None, WEAK, {"insecure": 1, "ca": None}),
]


@pytest.mark.parametrize("case", CERTIFICATE_CASES, ids=lambda c: c[0])
def test_each_certificate_is_taken_or_refused_with_its_reason(pki, case):
    _, cert, host, expect, args, options = (*case, *([], {})[len(case) - 4:])
    options = {"ca": "ca", "host": host, "send": GET, "read": -1, **options}
    if options["ca"] is not None:
        options["ca"] = pki.cert(options["ca"])
        expect = expect and expect.replace("{ca}", options["ca"])
    with Server(pki, cert, *args) as server:
        result = probe(server.port, **options)
    check(result, expect)
    assert "\x1b" not in result[1]


def spoil(pki, name, source, what):
    """A file made from another by a function of its text."""
    with open(source) as f:
        return pki.write(name, what(f.read()))


def client_files(pki):
    """name: certificate file, key file, passphrase file"""
    rsa, p256, p384 = pki.key("rsa"), pki.key("p256"), pki.key("p384")
    word, wrong, empty = pki.write("pass", "s3cret\n"), pki.write("wrong", "wrong\n"), pki.write("empty", "")

    def convert(out, source, *args):
        pki.openssl(*args, "-in", source, "-out", pki.path(out), "-passout", "pass:s3cret")
        return pki.path(out)

    c_rsa, c_p256, c_p384 = (pki.cert("client-" + k) for k in ("rsa", "p256", "p384"))
    c_ica, ica, ca = pki.cert("client-ica"), pki.cert("ica"), pki.cert("ca")
    trad = ["-traditional", "-aes256"]
    return {
        "none": (None, None, None),
        "rsa-pkcs8": (c_rsa, rsa, None),
        "rsa-pkcs1": (c_rsa, convert("pkcs1", rsa, "rsa", "-traditional"), None),
        "rsa-pkcs8-encrypted": (c_rsa, convert("p8e", rsa, "pkcs8", "-topk8", "-v2", "aes-256-cbc"), word),
        "rsa-pkcs8-des3": (c_rsa, convert("p8d", rsa, "pkcs8", "-topk8", "-v2", "des3"), word),
        "rsa-pkcs1-encrypted": (c_rsa, convert("p1e", rsa, "rsa", *trad), word),
        "p256-pkcs8": (c_p256, p256, None),
        "p256-sec1": (c_p256, convert("sec1", p256, "ec"), None),
        "p256-sec1-encrypted": (c_p256, convert("sec1e", p256, "ec", "-aes128"), word),
        "p384-pkcs8": (c_p384, p384, None),
        "p384-sec1": (c_p384, convert("sec1-384", p384, "ec"), None),
        "passphrase-not-needed": (c_p256, p256, word),
        "one-file": (pki.joined("one", c_p256, p256), pki.path("one"), None),
        "with-intermediate": (pki.joined("with-ica", c_ica, ica), p256, None),
        "with-root": (pki.joined("with-root", c_ica, ica, ca), p256, None),
        "without-intermediate": (c_ica, p256, None),
        "other-ca": (pki.cert("client-ca2"), p256, None),
        "expired": (pki.cert("client-expired"), p256, None),
        "mismatch": (c_rsa, p256, None),
        "mismatch-same-kind": (c_p256, pki.key("p256-other"), None),
        "encrypted-no-pass": (c_rsa, pki.path("p8e"), None),
        "encrypted-no-pass-pkcs1": (c_rsa, pki.path("p1e"), None),
        "encrypted-empty-pass": (c_rsa, pki.path("p8e"), empty),
        "wrong-pass": (c_rsa, pki.path("p8e"), wrong),
        "wrong-pass-pkcs1": (c_rsa, pki.path("p1e"), wrong),
        "wrong-pass-sec1": (c_p256, pki.path("sec1e"), wrong),
        "no-pass-file": (c_rsa, pki.path("p8e"), pki.path("absent")),
        "wrong-order": (pki.joined("order", ica, c_ica), p256, None),
        "wrong-order-behind": (pki.joined("order2", c_ica, ca, ica), p256, None),
        "long": (pki.joined("fits", c_p256, *[ca] * 8), p256, None),
        "too-long": (pki.joined("long", c_p256, *[ca] * 12), p256, None),
        "no-certificate": (p256, p256, None),
        "no-key": (c_p256, c_p256, None),
        "empty-key": (c_p256, empty, None),
        "broken-certificate": (spoil(pki, "broken", c_p256, lambda s: s.replace("M", "N", 3)), p256, None),
        "absent-certificate": (pki.path("absent"), p256, None),
        "absent-key": (c_p256, pki.path("absent"), None),
        "folder-as-key": (c_p256, pki.folder, None),
        "cert-without-key": (c_p256, None, None),
        "key-without-cert": (None, p256, None),
        "ed25519": (pki.cert("client-ed25519"), pki.key("ed25519"), None),
        "signed-by-ed25519": (pki.cert("client-by-ed25519"), p256, None),
        "ed25519-key": (c_p256, pki.key("ed25519"), None),
    }


@pytest.fixture(scope="session")
def files(pki):
    return client_files(pki)


ASKS = ["-verify", "2", "-verify_return_error", "-CAfile", "ca.crt"]
NEEDS = ["-Verify", "2", "-verify_return_error", "-CAfile", "ca.crt"]

# id, files of the client, expected, server's arguments
CLIENT_CASES = [
    *((name, name, None) for name in (
        "rsa-pkcs8", "rsa-pkcs1", "rsa-pkcs8-encrypted", "rsa-pkcs8-des3", "rsa-pkcs1-encrypted",
        "p256-pkcs8", "p256-sec1", "p256-sec1-encrypted", "p384-pkcs8", "p384-sec1",
        "passphrase-not-needed", "one-file", "with-intermediate", "with-root", "long")),
    ("tls12-rsa", "rsa-pkcs1", None, [*NEEDS, "-tls1_2"]),
    ("tls12-p384", "p384-sec1", None, [*NEEDS, "-tls1_2"]),
    ("asked-and-none", "none", None, ASKS),
    ("not-asked", "p256-pkcs8", None, []),
    ("needed-and-none", "none", "alert: the server refused: certificate required (116): a client certificate"),
    ("needed-and-none-tls12", "none",
     "alert: the server refused: handshake failure (40), perhaps for want of a client", [*NEEDS, "-tls1_2"]),
    ("other-ca", "other-ca", "alert: the server refused: unknown CA (48), perhaps of the client certificate"),
    ("other-ca-tls12", "other-ca", "unknown CA (48), perhaps of the client", [*NEEDS, "-tls1_2"]),
    ("expired", "expired", "alert: the server refused: certificate expired (45), perhaps of the client"),
    ("without-intermediate", "without-intermediate", "unknown CA (48), perhaps of the client certificate"),
    ("mismatch", "mismatch", "config: key {key} does not match the certificate in {cert}"),
    ("mismatch-same-kind", "mismatch-same-kind", "config: key {key} does not match the certificate in"),
    ("encrypted-no-pass", "encrypted-no-pass", "config: key {key} is encrypted: its passphrase is needed"),
    ("encrypted-no-pass-pkcs1", "encrypted-no-pass-pkcs1", "is encrypted: its passphrase is needed"),
    ("encrypted-empty-pass", "encrypted-empty-pass", "is encrypted: its passphrase is needed"),
    ("wrong-pass", "wrong-pass", "config: wrong passphrase for key {key}"),
    ("wrong-pass-pkcs1", "wrong-pass-pkcs1", "config: wrong passphrase for key {key}"),
    ("wrong-pass-sec1", "wrong-pass-sec1", "config: wrong passphrase for key {key}"),
    ("no-pass-file", "no-pass-file", "config: passphrase {pass}: No such file or directory"),
    ("wrong-order", "wrong-order", "config: certificates in {cert} are in the wrong order"),
    ("wrong-order-behind", "wrong-order-behind", "config: certificates in {cert} are in the wrong order"),
    ("too-long", "too-long", "config: certificates in {cert} are too long to be sent: leave the root out"),
    ("no-certificate", "no-certificate", "config: no certificate in {cert}"),
    ("no-key", "no-key", "config: no private key in {key} that can be read"),
    ("empty-key", "empty-key", "config: no private key in {key} that can be read"),
    ("broken-certificate", "broken-certificate", "config: no certificate in {cert}"),
    ("absent-certificate", "absent-certificate", "config: certificate {cert}: No such file or directory"),
    ("absent-key", "absent-key", "config: key {key}: No such file or directory"),
    ("folder-as-key", "folder-as-key", "config: key {key}: Is a directory"),
    ("cert-without-key", "cert-without-key", "config: a client certificate and its key go together"),
    ("key-without-cert", "key-without-cert", "config: a client certificate and its key go together"),
    ("ed25519", "ed25519", "config: a certificate in {cert} has a key or signature that is not supported, such as "
     "Ed25519: use RSA, P-256, P-384 or P-521\n"),
    ("signed-by-ed25519", "signed-by-ed25519", "config: a certificate in {cert} has a key or signature that is not"),
    ("ed25519-key", "ed25519-key", "config: key {key} is not RSA, P-256, P-384 or P-521\n"),
]


@pytest.mark.parametrize("case", CLIENT_CASES, ids=lambda c: c[0])
def test_each_client_certificate_is_read_or_named(pki, files, case):
    _, name, expect, args = (*case, NEEDS)[:4]
    cert, key, word = files[name]
    if expect is not None:
        expect = expect.format_map({"cert": cert, "key": key, "pass": word})
    with Server(pki, "rsa", *args) as server:
        result = probe(server.port, host="db1.example", ca=pki.cert("ca"), cert=cert, key=key,
                       send=GET, read=-1, **{"pass": word})
    check(result, expect)


def test_trust_from_the_environment(pki):
    folder, empty = pki.path("trusted"), pki.path("nothing")
    os.makedirs(folder, exist_ok=True)
    os.makedirs(empty, exist_ok=True)
    shutil.copy(pki.cert("ca"), os.path.join(folder, "ca.pem"))
    if not os.path.islink(os.path.join(folder, "1234abcd.0")):
        os.symlink("ca.pem", os.path.join(folder, "1234abcd.0"))
    absent, ca, other = pki.path("absent"), pki.cert("ca"), pki.cert("ca2")
    rows = [
        ({"SSL_CERT_FILE": ca, "SSL_CERT_DIR": empty}, None),
        ({"SSL_CERT_FILE": ca}, None),
        ({"SSL_CERT_FILE": other, "SSL_CERT_DIR": f"{absent}:{folder}"}, None),
        ({"SSL_CERT_FILE": absent, "SSL_CERT_DIR": folder}, None),
        ({"SSL_CERT_DIR": folder}, None),
        ({"SSL_CERT_FILE": other, "SSL_CERT_DIR": empty}, "is not trusted"),
        ({"SSL_CERT_FILE": absent, "SSL_CERT_DIR": f"{empty}:{absent}.d"},
         f"config: no trusted certificates on this machine, tried {absent}, {empty}, {absent}.d"),
    ]
    with Server(pki, "rsa") as server:
        for env, expect in rows:
            check(probe(server.port, env=env, host="db1.example", send=GET, read=-1), expect)
        for given, expect in (
            (folder, None),
            (empty, f"config: no certificate in {empty}"),
            (pki.key("rsa"), f"config: no certificate in {pki.key('rsa')}"),
            (absent, f"config: trusted certificates {absent}: No such file or directory"),
        ):
            check(probe(server.port, host="db1.example", ca=given, send=GET, read=-1), expect)


@pytest.mark.parametrize("place", [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs/some.pem",
    "/etc/pki/tls/certs/some.pem", None])
def test_trust_of_the_machine(pki, place):
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("needs root: hides the machine's own certificates in a mount namespace")
    script = "mount -t tmpfs none /etc && mount -t tmpfs none /var/lib || exit 9\n"
    if place is not None:
        script += f'mkdir -p "{os.path.dirname(place)}" && cp "{pki.cert("ca")}" "{place}" || exit 9\n'
    env = {k: v for k, v in os.environ.items() if not k.startswith("SSL_CERT_")}
    with Server(pki, "rsa") as server:
        args = probe_args(server.port, host="db1.example", send=GET, read=-1)
        done = run("unshare", "-m", "sh", "-c", script + 'exec "$@"', "sh", *args, check=False, env=env)
    check((done.returncode, done.stderr.decode(), done.stdout),
          None if place is not None else "config: no trusted certificates on this machine, tried /etc/ssl")


class Live:
    """A probe that runs beside a server that is told what to do."""

    def __init__(self, server, pki, **options):
        self.log_path = server.log_path + ".probe"
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(
                probe_args(server.port, host="db1.example", ca=pki.cert("ca"), **options),
                stdout=subprocess.PIPE, stderr=log)
        server.wait_open()

    def end(self):
        out, _ = self.popen.communicate(timeout=PATIENCE)
        with open(self.log_path) as f:
            return self.popen.returncode, f.read(), out


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
@pytest.mark.parametrize("end", ["command", "kill"])
def test_end_without_close_notify(pki, version, end):
    with Server(pki, "rsa", version, www=False) as server:
        live = Live(server, pki, read=-1)
        server.say(b"hello\n")
        assert live.popen.stdout.read(6) == b"hello\n"
        if end == "kill":
            server.popen.kill()
        else:
            server.say(b"Q\n")
        status, log, _ = live.end()
        assert status == 1
        assert "read: 6 FAILED truncated: connection closed without TLS close_notify" in log, log


@pytest.mark.parametrize("command", [b"k\n", b"K\n"])
def test_key_update_is_told_apart(pki, command):
    with Server(pki, "rsa", "-tls1_3", www=False) as server:
        live = Live(server, pki, read=-1)
        server.say(b"hello\n")
        assert live.popen.stdout.read(6) == b"hello\n"
        server.say(command)
        server.say(b"more\n")
        status, log, _ = live.end()
        assert status == 1 and "FAILED key-update: the server renewed its TLS 1.3 key" in log, log


def test_renegotiation_is_declined(pki):
    with Server(pki, "rsa", "-tls1_2", www=False) as server:
        live = Live(server, pki, read=-1)
        server.say(b"r\n")
        server.popen.stdin.flush()
        status, log, _ = live.end()
        assert status == 1 or "read: 0 END" in log, log


def big_file(pki, n):
    path = pki.path("big")
    if not os.path.exists(path) or os.path.getsize(path) != n:
        with open(path, "wb") as f:
            f.write(os.urandom(1 << 20) * (n >> 20))
    with open(path, "rb") as f:
        return f.read()


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
@pytest.mark.parametrize("step", [1, 1000, 16384, 262144])
def test_a_large_body_is_read_in_any_steps(pki, version, step):
    body = big_file(pki, 4 << 20)
    with Server(pki, "rsa", version, "-HTTP", www=False) as server:
        # -HTTP sends the file's bytes as they are, head and all.
        n = len(body) if step > 1 else 50000
        status, log, out = probe(server.port, host="db1.example", ca=pki.cert("ca"), step=step,
                                 read=n if step == 1 else -1, send="GET /big HTTP/1.0\r\n\r\n")
    assert status == 0 and out == body[:n], log
    if step < 16384:
        assert int(re.search(r"pending (\d+)", log).group(1)) > 0, log


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
def test_bulk_write_waits_for_room(pki, version):
    n = 32 << 20
    with Server(pki, "rsa", version, www=False) as server:
        popen = subprocess.Popen(probe_args(server.port, host="db1.example", ca=pki.cert("ca"), write=n),
                                 stderr=subprocess.PIPE)
        wait_for(lambda: b"UUUU" in server.log(), "first bytes")
        server.popen.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        server.popen.send_signal(signal.SIGCONT)
        log = popen.communicate(timeout=PATIENCE)[1].decode()
        assert popen.returncode == 0 and f"write: {n} DONE" in log, log
        wait_for(lambda: os.path.getsize(server.log_path) >= n, "all bytes at the server")
        assert server.log().count(b"U" * 4096) == n // 4096
    assert int(re.search(r"out (\d+)", log).group(1)) > 0, log


class Relay(threading.Thread):
    """Between one client and one server, in pieces of a byte; `with` ends it."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = socket.create_connection(("127.0.0.1", int(port)))

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                for i in range(len(data)):
                    sink.sendall(data[i:i + 1])
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def run(self):
        client, _ = self.listener.accept()
        for s in (client, self.server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        other = threading.Thread(target=self.pump, args=(client, self.server), daemon=True)
        other.start()
        self.pump(self.server, client)
        other.join(PATIENCE)
        client.close()
        self.server.close()
        self.listener.close()


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
def test_a_byte_at_a_time(pki, files, version):
    cert, key, _ = files["p256-sec1"]
    with Server(pki, "by-ica", version, *NEEDS) as server:
        relay = Relay(server.port)
        relay.start()
        result = probe(relay.port, host="db1.example", ca=pki.cert("ca"), cert=cert, key=key,
                       send=GET, read=-1)
        relay.join(PATIENCE)
    check(result, None)
    assert int(re.search(r"in (\d+)", result[1]).group(1)) > 10, result[1]


@pytest.mark.parametrize("answer, expect", [
    (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
     "FAILED protocol: the server does not speak TLS on this port"),
    (b"", "FAILED truncated: connection closed during the TLS handshake"),
    (b"\x15\x03\x03\x00\x02\x01\x00", "FAILED truncated: connection closed during the TLS handshake"),
    (b"\x15\x03\x03\x00\x02\x02\x70", "FAILED offer: the server refused: unrecognized name (112)"),
    (b"\x16\x03\x03\xff\xff" + b"\x02" * 20, "FAILED protocol: "),
])
def test_what_is_no_tls_is_named(pki, answer, expect):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            client, _ = listener.accept()
            client.recv(65536)
            client.sendall(answer)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
            client.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        check(probe(listener.getsockname()[1], host="db1.example", ca=pki.cert("ca")), expect)
        thread.join(PATIENCE)
    assert not thread.is_alive()


def has_instructions():
    """Of AES-GCM eight blocks at a time: x86-64 or aarch64, as /proc/cpuinfo names them."""
    with open("/proc/cpuinfo") as f:
        flags = set(re.findall(r"^(?:flags|Features)\s*:(.*)$", f.read(), re.M)[0].split())
    return {"aes", "pclmulqdq", "ssse3"} <= flags or {"aes", "pmull"} <= flags


def test_aes_gcm_in_groups_is_the_librarys_own():
    """10,000 random records beside the library's slow way; every forged bit is refused."""
    out = run(GCM_PROBE, "10000", str(int.from_bytes(os.urandom(4), "big"))).stdout.decode()
    assert out == f"blocks: {'yes' if has_instructions() else 'no'}\nok: 10000 cases\n"


@pytest.mark.parametrize("lacks", ["-aes", "-pclmulqdq", "-ssse3"])
def test_a_processor_without_the_instructions_takes_the_librarys_own(lacks):
    qemu = shutil.which("qemu-x86_64")
    if qemu is None or os.uname().machine != "x86_64":
        pytest.skip("needs qemu-x86_64")
    out = run(qemu, "-cpu", f"Westmere,{lacks}", GCM_PROBE, "100").stdout.decode()
    assert out == "blocks: no\nok: 100 cases\n"


def no_tls13_hello():
    """A ServerHello that claims TLS 1.3 as its version and has no supported_versions (RFC 8446 4.1.3)."""
    body = b"\x03\x04" + bytes(32) + b"\x00" + b"\x13\x01" + b"\x00" + b"\x00\x00"
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def test_tls13_is_negotiated_by_its_extension_alone(pki):
    """CVE-2026-115490: a client that goes on from here has keys that everyone knows."""
    heard = b""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            nonlocal heard
            client, _ = listener.accept()
            client.settimeout(PATIENCE)
            client.recv(65536)
            client.sendall(no_tls13_hello())
            while data := client.recv(65536):
                heard += data
                if len(heard) >= 7:
                    break
            client.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        status, log, _ = probe(listener.getsockname()[1], host="db1.example", ca=pki.cert("ca"))
        thread.join(PATIENCE)
    assert status == 1 and "handshake: " in log, log
    assert heard == b"\x15\x03\x03\x00\x02\x02\x46", (heard, log)  # alert protocol_version (70)


def test_server_name_is_sent_for_names_only(pki):
    for host, expect in (("db1.example", True), ("db1.example.", True), ("127.0.0.1", False), ("::1", False)):
        with Server(pki, "rsa", "-servername", "other.example", "-cert2", pki.cert("p256"), "-key2",
                    pki.key("p256"), "-tlsextdebug") as server:
            probe(server.port, host=host, insecure=1, send=GET, read=-1)
            assert (b'TLS client extension "server name"' in server.log()) == expect, server.log()


def test_a_session_takes_the_memory_that_its_header_says(pki):
    """As stated in tls.h, by what many sessions at once add to the resident set."""
    with open(os.path.join(ROOT, "src", "sys", "tls", "tls.h")) as f:
        limit = int(re.search(r"TLS_SESSION_BYTES\s+\((\d+)u \* 1024\)", f.read()).group(1))
    count, kept = 100, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chain = pki.joined("chain", pki.cert("by-ica"), pki.cert("ica"))
    context.load_cert_chain(chain, pki.key_of("by-ica"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            for _ in range(count):
                kept.append(context.wrap_socket(listener.accept()[0], server_side=True))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        status, log, _ = probe(listener.getsockname()[1], host="db1.example", ca=pki.cert("ca"),
                               sessions=count)
        thread.join(PATIENCE)
    for s in kept:
        s.close()
    assert status == 0, log
    assert int(re.search(r"session: (\d+) KiB", log).group(1)) <= limit, log
