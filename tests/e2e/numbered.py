#!/usr/bin/python3
"""Numbered packets: a sender that knows when each one left, and a reader of the files they end in.

As a program it is the sender: numbered.py INTERFACE TARGET SIZE SOURCE_MAC TARGET_MAC LOG, driven by
lines on standard input, each answered by the number of the next packet:
  rate N   so many packets a second from now on       burst N   so many, at once
  close    let go of the interface                    open      take it again
"""

import os
import select
import socket
import struct
import sys
import time

PORT = 9999
FILTER = f"udp dst port {PORT}"
MAGIC = b"ddumpnum"
CHUNK = struct.Struct("<QQQQ")  # of the log: first number, how many, time in ns before and after
NUMBER_AT = 14 + 20 + 8 + len(MAGIC) + 4
LEAST_SIZE = NUMBER_AT + 8
LINK_HEADER = {1: 14, 113: 16, 276: 20}
TICK = 0.002
CATCH_UP = 0.05  # seconds of packets sent at once, after the machine had no time for the sender
BURST_CHUNK = 64


def frame_of(target, size, source_mac=b"\0" * 6, target_mac=b"\0" * 6):
    """An Ethernet frame of a size for a target's host, its number still 0."""
    size = max(size, LEAST_SIZE)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 17, 0,
                     bytes((10, 1, target, 1)), bytes((10, 1, target, 99)))
    total = sum(struct.unpack("!10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + ip[12:]
    udp = struct.pack("!HHHH", PORT, PORT, size - 34, 0)
    out = target_mac + source_mac + b"\x08\x00" + ip + udp + MAGIC + struct.pack("!IQ", target, 0)
    return bytearray(out + bytes(i * 7 & 255 for i in range(size - len(out))))


class Outlet:
    """The sender's side of an interface: what it could not send keeps its number."""

    def __init__(self, interface, frame, log):
        self.interface, self.frame, self.log = interface, frame, log
        self.next = 0
        self.socket = None
        self.open()

    def open(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.bind((self.interface, 0))

    def close(self):
        self.socket.close()
        self.socket = None

    def send(self, count):
        """How many of them went out."""
        first, before = self.next, time.time_ns()
        if self.socket is None:
            return 0
        for number in range(first, first + count):
            struct.pack_into("!Q", self.frame, NUMBER_AT, number)
            try:
                self.socket.send(self.frame)
            except OSError:
                break
            self.next = number + 1
        if self.next > first:
            self.log.write(CHUNK.pack(first, self.next - first, before, time.time_ns()))
        return self.next - first


class Pace:
    def __init__(self):
        self.rate, self.due, self.last = 0, 0.0, time.monotonic()

    def take(self):
        now = time.monotonic()
        self.due = min(self.due + self.rate * (now - self.last), self.rate * CATCH_UP)
        self.last = now
        count = int(self.due)
        self.due -= count
        return count


def obey(line, outlet, pace):
    word, *number = line.split()
    if word == "rate":
        pace.rate = int(number[0])
    elif word == "burst":
        left = int(number[0])
        while left > 0:
            sent = outlet.send(min(left, BURST_CHUNK))
            left -= sent
            if sent == 0:
                break
    elif word == "close":
        outlet.close()
    elif word == "open":
        outlet.open()


def send_forever(outlet):
    """Until standard input ends."""
    pace, pending = Pace(), b""
    while True:
        readable, _, _ = select.select([0], [], [], TICK if pace.rate else None)
        if readable:
            data = os.read(0, 4096)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                obey(line.decode(), outlet, pace)
                outlet.log.flush()
                os.write(1, b"%d\n" % outlet.next)
        outlet.send(pace.take())


class NumberedSender:
    """A sender in a namespace of its own, for one target's host."""

    def __init__(self, lab, space, interface, target, size, macs, log):
        self.path, self.target, self.size = log, target, size
        self.process = lab.start(
            space, [sys.executable, os.path.abspath(__file__), interface, str(target), str(size), *macs, log],
            stdin=-1, stdout=-1)

    def tell(self, command):
        """The number of the next packet, once the command is done."""
        popen = self.process.popen
        popen.stdin.write(command.encode() + b"\n")
        popen.stdin.flush()
        line = popen.stdout.readline()
        if not line:
            raise RuntimeError("the sender died: " + self.process.log())
        return int(line)

    def finish(self):
        """[(first number, count, time before, time after)] of all that was sent."""
        self.process.popen.stdin.close()
        self.process.popen.wait()
        self.process.popen.stdout.close()
        return sent_of(self.path)


def sent_of(path):
    with open(path, "rb") as f:
        return list(CHUNK.iter_unpack(f.read()))


def records_of_pcap(image, may_end_torn=False):
    magic, linktype = struct.unpack_from("<I", image)[0], struct.unpack_from("<I", image, 20)[0]
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[magic]
    at, end = 24, len(image)
    while at < end:
        if may_end_torn and (end - at < 16 or at + 16 + struct.unpack_from("<I", image, at + 8)[0] > end):
            return
        sec, fraction, caplen, origlen = struct.unpack_from("<IIII", image, at)
        at += 16 + caplen
        assert at <= end and caplen == origlen, f"a damaged record before byte {at}"
        yield sec * 10**9 + fraction * unit, linktype, image[at - caplen:at]


def records_of_pcapng(image, may_end_torn=False):
    at, end, linktypes = 0, len(image), []
    while at < end:
        if may_end_torn and (end - at < 8 or at + struct.unpack_from("<I", image, at + 4)[0] > end):
            return
        kind, size = struct.unpack_from("<II", image, at)
        assert size >= 12 and at + size <= end, f"a damaged block at byte {at}"
        assert struct.unpack_from("<I", image, at + size - 4)[0] == size
        if kind == 1:
            linktypes.append(struct.unpack_from("<H", image, at + 8)[0])
        elif kind == 6:
            number, high, low, caplen, origlen = struct.unpack_from("<IIIII", image, at + 8)
            assert caplen == origlen
            yield (high << 32) + low, linktypes[number], image[at + 28:at + 28 + caplen]
        at += size


def records_of(path, may_end_torn=False):
    """(time in ns, link type, bytes) of each record of a file that ddump wrote."""
    with open(path, "rb") as f:
        image = f.read()
    if len(image) < 24:
        return
    yield from (records_of_pcapng if image[:4] == b"\x0a\x0d\x0d\x0a" else records_of_pcap)(image, may_end_torn)


def numbers_of(path, size, may_end_torn=False):
    """[(time in ns, target, number)], each packet compared byte by byte with what was sent."""
    out, expected = [], {}
    for ns, linktype, data in records_of(path, may_end_torn):
        head = LINK_HEADER[linktype]
        at = head - 14
        target = struct.unpack_from("!I", data, at + NUMBER_AT - 4)[0]
        number = struct.unpack_from("!Q", data, at + NUMBER_AT)[0]
        if target not in expected:
            frame = frame_of(target, size)
            expected[target] = bytes(frame[14:NUMBER_AT]), bytes(frame[NUMBER_AT + 8:])
        before, after = expected[target]
        assert data[head:at + NUMBER_AT] == before and data[at + NUMBER_AT + 8:] == after, (
            f"packet {number} of target {target} was changed on its way")
        out.append((ns, target, number))
    return out


def main():
    interface, target, size, source_mac, target_mac, log = sys.argv[1:]
    macs = (bytes.fromhex(mac.replace(":", "")) for mac in (source_mac, target_mac))
    with open(log, "wb") as f:
        send_forever(Outlet(interface, frame_of(int(target), int(size), *macs), f))


if __name__ == "__main__":
    main()
