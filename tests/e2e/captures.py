"""Capture files for the tests: written field by field, and read by tshark or block by block."""

import struct
import subprocess

from lab import DDUMP, PATIENCE

SECOND = 10**9


def run_ddump(*args, code=0, **kw):
    """ddump's log, after a run to its end; standard output goes nowhere."""
    kw.setdefault("stdout", subprocess.DEVNULL)
    done = subprocess.run([DDUMP, *map(str, args)], stderr=subprocess.PIPE, timeout=PATIENCE, **kw)
    print("ddump", *args, "->", done.returncode, done.stderr.decode(), sep="\n")
    assert done.returncode == code
    return done.stderr.decode()


def classic(linktype, records, order="<", nano=True):
    """A pcap file of (ns, bytes[, original length])."""
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype)
    for ns, data, *rest in records:
        fraction = ns % SECOND if nano else ns % SECOND // 1000
        out += struct.pack(order + "IIII", ns // SECOND, fraction, len(data), rest[0] if rest else len(data)) + data
    return out


def padded(data):
    return data + b"\0" * (-len(data) % 4)


class Ng:
    """A pcapng file, block by block (draft-ietf-opsawg-pcapng), in either byte order."""

    def __init__(self, order="<"):
        self.order = order
        self.out = b""
        self.section()

    def pack(self, fields, *values):
        return struct.pack(self.order + fields, *values)

    def options(self, *options):
        """Of (code, bytes); the end of options comes by itself."""
        out = b"".join(self.pack("HH", code, len(value)) + padded(value) for code, value in options)
        return out + self.pack("HH", 0, 0) if options else b""

    def block(self, kind, body):
        size = len(body) + 12
        self.out += self.pack("II", kind, size) + body + self.pack("I", size)

    def section(self, *options):
        self.block(0x0A0D0D0A, self.pack("IHHq", 0x1A2B3C4D, 1, 0, -1) + self.options(*options))

    def interface(self, linktype, name=None, tsresol=None, tsoffset=None, snaplen=0, description=None):
        options = []
        options += [(2, name.encode())] if name is not None else []
        options += [(3, description.encode())] if description is not None else []
        options += [(9, bytes([tsresol]))] if tsresol is not None else []
        options += [(14, self.pack("q", tsoffset))] if tsoffset is not None else []
        self.block(1, self.pack("HHI", linktype, 0, snaplen) + self.options(*options))

    def packet(self, interface, ticks, data, origlen=None, flags=None, comments=()):
        options = [(2, self.pack("I", flags))] if flags is not None else []
        options += [(1, comment.encode()) for comment in comments]
        origlen = len(data) if origlen is None else origlen
        head = self.pack("IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), origlen)
        self.block(6, head + padded(data) + self.options(*options))

    def simple(self, data, origlen=None):
        self.block(3, self.pack("I", len(data) if origlen is None else origlen) + padded(data))


def blocks_of(image):
    """[(type, body)] of one little-endian section, each block's two lengths compared."""
    at, out = 0, []
    while at < len(image):
        kind, size = struct.unpack_from("<II", image, at)
        assert size % 4 == 0 and struct.unpack_from("<I", image, at + size - 4)[0] == size
        out.append((kind, image[at + 8:at + size - 4]))
        at += size
    return out


def options_of(body):
    """{code: bytes} of options up to their end."""
    at, out = 0, {}
    while at < len(body):
        code, size = struct.unpack_from("<HH", body, at)
        if code == 0:
            break
        out[code] = body[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    return out


def interfaces_of(image):
    """[(name, {counter: value})] of a file of ours: its interfaces and their statistics."""
    counters = {4: "ifrecv", 5: "ifdrop", 7: "osdrop", 8: "usrdeliv"}
    out, packets = [], []
    for kind, body in blocks_of(image):
        if kind == 1:
            options = options_of(body[8:])
            assert options[9] == b"\x09" and struct.unpack_from("<I", body, 4)[0] == 262144
            out.append((options[2].decode(), {}))
            packets.append(0)
        elif kind == 6:
            packets[struct.unpack_from("<I", body)[0]] += 1
        elif kind == 5:
            number = struct.unpack_from("<I", body)[0]
            assert out[number][1] == {}, "one statistics block for each interface"
            for code, value in options_of(body[12:]).items():
                out[number][1][counters[code]] = struct.unpack("<Q", value)[0]
    assert [i[1]["usrdeliv"] for i in out] == packets
    return out


def tshark(path, *fields, options=()):
    """[[field, ...]] of the packets; a field that occurs more than once has commas."""
    args = ["tshark", "-nr", str(path), "-T", "fields", *options]
    for field in fields:
        args += ["-e", field]
    done = subprocess.run(args, capture_output=True, timeout=PATIENCE)
    errors = [line for line in done.stderr.decode().splitlines() if "Running as user" not in line]
    assert done.returncode == 0 and not errors, errors
    return [line.split("\t") for line in done.stdout.decode().splitlines()]
