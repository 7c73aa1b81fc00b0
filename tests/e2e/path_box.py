"""path_box.py LOG SECONDS [name=value ...]: forwards frames between m0 and m1, and knows what became of each.

loss, dup, delay, jitter, reorder, seed; ab=1, ba=0: in which direction it does so; skip: packets that pass
first. A dropped or doubled packet is a line of JSON in LOG; the last line has the delays that were added, from
the kernel's receive stamp to just before the send.
"""

import heapq
import json
import random
import select
import signal
import socket
import struct
import sys
import time

SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
PACKET_OUTGOING = 4


def open_socket(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.bind((interface, 0))
    return s


def parse(frame):
    """What a log line says of an IP packet of the test's addresses; None: of no other."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        at, protocol, version = 14 + (frame[14] & 15) * 4, frame[23], 4
        end = 14 + struct.unpack("!H", frame[16:18])[0]
        is_fragment = struct.unpack("!H", frame[20:22])[0] & 0x3FFF
        if frame[26] != 10 or frame[30] != 10:
            return None
    elif kind == b"\x86\xdd":
        at, protocol, version, is_fragment = 54, frame[20], 6, frame[20] == 44
        end = 54 + struct.unpack("!H", frame[18:20])[0]
        if frame[22:24] != b"\xfd\x92" or (protocol == 58 and 133 <= frame[54] <= 136):
            return None
    else:
        return None
    out = {"version": version, "protocol": protocol, "payload": end - at}
    if is_fragment:
        out["protocol"] = 44
    elif protocol == 6:
        out["seq"], out["flags"] = struct.unpack("!I", frame[at + 4 : at + 8])[0], frame[at + 13]
        out["payload"] -= (frame[at + 12] >> 4) * 4
        out["dport"] = struct.unpack("!H", frame[at + 2 : at + 4])[0]
    return out


class Box:
    def __init__(self, log, options):
        self.log, self.o = log, options
        self.random = random.Random(int(options["seed"]))
        self.sockets = {"ab": open_socket("m0"), "ba": open_socket("m1")}
        self.queue, self.delays, self.n = [], [], 0

    def say(self, event, direction, packet, stamp):
        self.log.write(json.dumps({"event": event, "direction": direction, "time": stamp, **packet}) + "\n")

    def take(self, direction):
        frame, control, _, address = self.sockets[direction].recvmsg(70000, 64)
        if address[2] == PACKET_OUTGOING:
            return
        stamp = time.clock_gettime_ns(time.CLOCK_REALTIME)
        for level, _, value in control:
            if level == socket.SOL_SOCKET:
                seconds, ns = struct.unpack("qq", value[:16])
                stamp = seconds * 10**9 + ns
        o, copies, delay = self.o, 1, 0.0
        packet = parse(frame)
        self.n += packet is not None
        if packet and o[direction] and self.n > o["skip"]:
            if self.random.random() < o["loss"]:
                self.say("drop", direction, packet, stamp)
                return
            if self.random.random() < o["dup"]:
                self.say("dup", direction, packet, stamp)
                copies = 2
            delay = o["delay"] + self.random.random() * o["jitter"]
            delay += o["delay"] if self.random.random() < o["reorder"] else 0
        for _ in range(copies):
            self.n += 1
            due = time.monotonic() + delay
            heapq.heappush(self.queue, (due, self.n, direction, frame, stamp, packet is not None))

    def send_due(self):
        while self.queue and self.queue[0][0] <= time.monotonic():
            _, _, direction, frame, stamp, is_counted = heapq.heappop(self.queue)
            if is_counted and direction == "ab":
                self.delays.append(time.clock_gettime_ns(time.CLOCK_REALTIME) - stamp)
            self.sockets["ba" if direction == "ab" else "ab"].send(frame)

    def run(self, end):
        def stop(*_):
            nonlocal end
            end = 0

        signal.signal(signal.SIGTERM, stop)
        print("ready", flush=True)
        while time.monotonic() < end:
            patience = 0.02
            if self.queue:
                patience = max(0, min(patience, self.queue[0][0] - time.monotonic()))
            ready, _, _ = select.select(list(self.sockets.values()), [], [], patience)
            for direction, s in self.sockets.items():
                if s in ready:
                    self.take(direction)
            self.send_due()
            self.log.flush()
        self.log.write(json.dumps({"event": "end", "delays": sorted(self.delays)}) + "\n")


if __name__ == "__main__":
    values = dict(loss=0.0, dup=0.0, delay=0.0, jitter=0.0, reorder=0.0, seed=7, ab=1, ba=0, skip=0)
    values.update((k, float(v)) for k, v in (a.split("=") for a in sys.argv[3:]))
    with open(sys.argv[1], "w") as f:
        Box(f, values).run(time.monotonic() + float(sys.argv[2]))
