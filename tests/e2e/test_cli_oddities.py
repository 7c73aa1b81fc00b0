"""What servers and proxies do to a response: each row is accepted whole, or refused with the
reason in one line. Nothing that is refused hangs, and nothing ambiguous is accepted."""

import subprocess

import pytest

from lab import DDUMP, PATIENCE
from test_cli_http import (OK, SECOND, Server, chunked, classic, packet, records_of, refusal, split_chunks,
                           until_close, with_length)

RECORDS = [(SECOND + i * 1000, packet(i)) for i in range(20)]
BODY = classic(RECORDS)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = split_chunks(BODY, (100,))


def head(fields, status=b"HTTP/1.1 200 OK\r\n"):
    return status + fields + b"\r\n"


def one_chunk(size_line):
    """The body as one chunk behind this size line."""
    return head(CHUNKED) + size_line + b"\r\n" + BODY + b"\r\n0\r\n\r\n"


HEX = b"%x" % len(BODY)
ACCEPTED = {
    "chunked": chunked(BODY),
    "length": with_length(BODY),
    "until close": until_close(BODY),
    "1.0 until close": head(b"", b"HTTP/1.0 200 OK\r\n") + BODY,
    "HTTP/1.2": head(CHUNKED, b"HTTP/1.2 200 OK\r\n") + CHUNKS,
    "1.0 length": head(b"Content-Length: %d\r\n" % len(BODY), b"HTTP/1.0 200 OK\r\n") + BODY,
    "no reason": head(CHUNKED, b"HTTP/1.1 200 \r\n") + CHUNKS,
    "reason that is not ASCII": head(CHUNKED, b"HTTP/1.1 200 \xc3\xa9t\xe9\r\n") + CHUNKS,
    "case of names and codings": head(b"tRANSFER-eNCODING:CHUNKED\r\n") + CHUNKS,
    "space around values": head(b"Transfer-Encoding: \t chunked \t\r\n") + CHUNKS,
    "no content type": head(CHUNKED) + CHUNKS,
    "wrong content type": head(b"Content-Type: text/html\r\n" + CHUNKED) + CHUNKS,
    "100, 102, 103": b"".join(b"HTTP/1.1 %d x\r\nX: y\r\n\r\n" % s for s in (100, 102, 103)) + chunked(BODY),
    "16 interim answers": b"HTTP/1.1 103 x\r\n\r\n" * 16 + chunked(BODY),
    "leading zeros": one_chunk(b"0000" + HEX),
    "upper-case size": one_chunk(HEX.upper()),
    "extensions": one_chunk(HEX + b";a;b=c;d=\"e;\\\"f\""),
    "long extension": one_chunk(HEX + b";a=" + b"x" * 900),
    "chunks of one byte": head(CHUNKED) + split_chunks(BODY, (1,)),
    "trailers": head(CHUNKED) + CHUNKS[:-2] + b"A: b\r\nC: d\r\n\r\n",
    "long trailers": head(CHUNKED) + CHUNKS[:-2] + b"A: %s\r\n" % (b"x" * 1000) * 7 + b"\r\n",
    "60 fields": head(CHUNKED + b"".join(b"X-%d: y\r\n" % i for i in range(60))) + CHUNKS,
    "bytes behind the end": chunked(BODY) + b"HTTP/1.1 200 OK\r\n\r\nmore",
    "empty capture": chunked(classic([])),
}

# before the packets: no answer; in the middle: what came is kept
REFUSED = {
    "length and chunked": (head(CHUNKED + b"Content-Length: 5\r\n") + CHUNKS, "bad length or transfer coding"),
    "two lengths": (head(b"Content-Length: 5\r\nContent-Length: 6\r\n") + BODY, "bad length or transfer coding"),
    "same length twice": (head(b"Content-Length: %d\r\n" % len(BODY) * 2) + BODY, "bad length or transfer coding"),
    "list of lengths": (head(b"Content-Length: 5, 6\r\n") + BODY, "bad length or transfer coding"),
    "negative length": (head(b"Content-Length: -1\r\n") + BODY, "bad length or transfer coding"),
    "signed length": (head(b"Content-Length: +%d\r\n" % len(BODY)) + BODY, "bad length or transfer coding"),
    "hex length": (head(b"Content-Length: 0x99\r\n") + BODY, "bad length or transfer coding"),
    "huge length": (head(b"Content-Length: 99999999999999999999\r\n") + BODY, "bad length or transfer coding"),
    "gzip": (head(b"Transfer-Encoding: gzip, chunked\r\n") + CHUNKS, "bad length or transfer coding"),
    "chunked twice": (head(CHUNKED * 2) + CHUNKS, "bad length or transfer coding"),
    "chunked in 1.0": (head(CHUNKED, b"HTTP/1.0 200 OK\r\n") + CHUNKS, "bad length or transfer coding"),
    "identity": (head(b"Transfer-Encoding: identity\r\n") + BODY, "bad length or transfer coding"),
    "folded field": (head(b"X: y\r\n z\r\n" + CHUNKED) + CHUNKS, "not HTTP"),
    "space before the colon": (head(b"Transfer-Encoding : chunked\r\n") + CHUNKS, "not HTTP"),
    "NUL in a field": (head(b"X: \0\r\n" + CHUNKED) + CHUNKS, "not HTTP"),
    "escape in the reason": (head(CHUNKED, b"HTTP/1.1 200 \x1b[31m red\r\n") + CHUNKS, "not HTTP"),
    "lone CR": (head(b"X: a\rb\r\n" + CHUNKED) + CHUNKS, "not HTTP"),
    "no name": (head(b": y\r\n" + CHUNKED) + CHUNKS, "not HTTP"),
    "two digits": (head(CHUNKED, b"HTTP/1.1 20 OK\r\n") + CHUNKS, "not HTTP"),
    "status 600": (head(CHUNKED, b"HTTP/1.1 600 OK\r\n") + CHUNKS, "not HTTP"),
    "HTTP/3.0": (head(CHUNKED, b"HTTP/3.0 200 OK\r\n") + CHUNKS, "neither HTTP/1.1 nor HTTP/1.0"),
    "HTTP/2": (head(CHUNKED, b"HTTP/2 200\r\n") + CHUNKS, "not HTTP"),
    "ICY": (head(b"", b"ICY 200 OK\r\n") + BODY, "not HTTP"),
    "HTTP/0.9": (BODY, "not HTTP"),
    "17 interim answers": (b"HTTP/1.1 103 x\r\n\r\n" * 17 + chunked(BODY), "too many interim responses"),
    "101": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + BODY, "a protocol nobody asked for"),
    "endless head": (OK + b"X: y\r\n" * 20000, "the response head is too large"),
    "endless line": (OK + b"X: " + b"y" * 100000, "the response head is too large"),
    "65 fields": (head(CHUNKED + b"X: y\r\n" * 64) + CHUNKS, "the response head is too large"),
    "half a head": (OK, "closed before it answered"),
    "only 100": (b"HTTP/1.1 100 Continue\r\n\r\n", "closed before it answered"),
    "201": (head(b"Content-Length: 0\r\n", b"HTTP/1.1 201 Created\r\n"), "201 Created"),
    "204": (head(b"", b"HTTP/1.1 204 No Content\r\n"), "204 No Content"),
    "206": (head(b"Content-Length: 5\r\n", b"HTTP/1.1 206 Partial Content\r\n") + b"x" * 5, "206 Partial Content"),
    "304": (head(b"Content-Length: 5\r\n", b"HTTP/1.1 304 Not Modified\r\n"), "304 Not Modified"),
    "redirect to nowhere": (head(b"Content-Length: 0\r\n", b"HTTP/1.1 308 Permanent Redirect\r\n"),
                            "308 Permanent Redirect"),
    "redirect to an odd place": (head(b"Location: \xe9\x9b\x9b\r\nContent-Length: 0\r\n", b"HTTP/1.1 301 x\r\n"),
                                 "it names \\xe9\\x9b\\x9b"),
    "redirect": (head(b"Location: https://db1:443/x?y\r\nContent-Length: 0\r\n", b"HTTP/1.1 302 Found\r\n"),
                       "302 Found: redirects are not followed; it names https://db1:443/x?y"),
    "401": (refusal(b"401 Unauthorized", b"text/plain", b"who are\tyou?"), "401 Unauthorized: who are you?"),
    "403 in chunks": (b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n" + CHUNKED + b"\r\n3\r\nnot\r\n4\r\n you\r\n0\r\n\r\n",
                      "403 Forbidden: not you"),
    "403 until close": (b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nnot you", "403 Forbidden: not you"),
    "403 cut": (b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nnot", "403 Forbidden: not"),
    "403 with bad chunks": (b"HTTP/1.1 403 Forbidden\r\n" + CHUNKED + b"\r\nx\r\n", "403 Forbidden"),
}
BROKEN = {
    "size is no number": b"g\r\n",
    "empty size": b"\r\n",
    "negative size": b"-5\r\n",
    "size with 0x": b"0x5\r\n",
    "huge size": b"fffffffffffffffff\r\n",
    "space before an extension": b"5 ;a\r\nabcde\r\n0\r\n\r\n",
    "size without CR": b"5\nabcde\r\n0\r\n\r\n",
    "no CRLF behind the data": b"3\r\nabcde\r\n",
    "NUL in an extension": b"5;a=\0\r\n",
    "endless extension": b"5;a=" + b"x" * 3000,
    "endless trailer": b"0\r\n" + b"A: %s\r\n" % (b"x" * 1000) * 20,
    "bad trailer": b"0\r\nno colon\r\n\r\n",
    "cut in a size": b"5",
    "cut in the data": b"5\r\nab",
    "cut behind a chunk": b"",
    "cut in the trailer": b"0\r\nA: b\r\n",
    "no end of the trailer": b"0\r\n",
}


def run(answer, *args):
    """ddump's exit status, packets and messages about one target that answers so."""
    server = Server(answer)
    try:
        done = subprocess.run([DDUMP, "--retry", "0", *args, server.target], capture_output=True, timeout=PATIENCE)
    finally:
        server.close()
    log = done.stderr.decode()
    print(done.returncode, log)
    assert "\x1b" not in log
    return done.returncode, records_of(done.stdout), log


@pytest.mark.parametrize("name", ACCEPTED)
def test_odd_answers_are_accepted(name):
    code, records, _ = run(ACCEPTED[name])
    assert code == 0 and records == ([] if name == "empty capture" else RECORDS)


@pytest.mark.parametrize("name", REFUSED)
def test_broken_answers_are_refused_with_a_reason(name):
    answer, words = REFUSED[name]
    code, records, log = run(answer)
    lines = [l for l in log.splitlines() if l.startswith("ddump: 127.0.0.1: ")]
    assert code == 1 and records == []
    assert len(lines) == 1 and words in lines[0]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_in_the_middle(name):
    """What came before is kept, and the end is told from a good one."""
    code, records, log = run(head(CHUNKED) + split_chunks(BODY, (100,)).replace(b"0\r\nTrailer: 1\r\n\r\n", b"") + BROKEN[name])
    lines = [l for l in log.splitlines() if l.startswith("ddump: 127.0.0.1: ")]
    assert code == 3 and RECORDS[:len(records)] == records and len(records) >= 19
    assert len(lines) == 1, log
