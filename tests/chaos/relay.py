#!/usr/bin/python3
"""A bad link: relay.py LISTEN_ADDRESS LISTEN_PORT HOST PORT DELAY RATE

Passes TCP connections on, each byte DELAY seconds later, and RATE bytes a second at most (0: as fast as
they come) on the way back to the client. Lines on standard input change it: `delay S`, `rate N`, `reset`
(all connections end by RST, both sides).
"""

import collections
import os
import selectors
import socket
import struct
import sys
import time

READ_BYTES = 65536
HELD_MAX = 128 << 10  # bytes under way in one direction: more is back-pressure
STEP = 0.005


class Direction:
    """Bytes of one connection, one way."""

    def __init__(self, link, source, target, is_paced):
        self.link, self.source, self.target, self.is_paced = link, source, target, is_paced
        self.queue = collections.deque()
        self.held, self.credit, self.last = 0, 0.0, time.monotonic()
        self.is_eof = self.is_shut = False

    def read(self, now):
        """False: this connection is broken."""
        if self.is_eof or self.held >= HELD_MAX:
            return True
        try:
            data = self.source.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.is_eof = not data
        self.held += len(data)
        if data:
            self.queue.append((now + self.link.delay, data))
        return True

    def allowance(self, now):
        if not self.is_paced or self.link.rate == 0:
            return HELD_MAX
        self.credit = min(self.credit + (now - self.last) * self.link.rate, self.link.rate * 0.05 + 1500)
        return int(self.credit)

    def write(self, now):
        room = self.allowance(now)
        self.last = now
        while self.queue and self.queue[0][0] <= now and room > 0:
            due, data = self.queue.popleft()
            try:
                sent = self.target.send(data[:room])
            except BlockingIOError:
                sent = 0
            except OSError:
                return False
            room -= sent
            self.held -= sent
            self.credit -= sent
            if sent < len(data):
                self.queue.appendleft((due, data[sent:]))
            if sent == 0:
                break
        if self.is_eof and not self.queue and not self.is_shut:
            self.is_shut = True
            try:
                self.target.shutdown(socket.SHUT_WR)
            except OSError:
                return False
        return True


class Connection:
    def __init__(self, link, client, server):
        self.sockets = (client, server)
        for s in self.sockets:
            s.setblocking(False)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ways = (Direction(link, client, server, False), Direction(link, server, client, True))

    def step(self, now):
        """False: it is over."""
        if not all(way.read(now) and way.write(now) for way in self.ways):
            self.reset()
            return False
        if all(way.is_shut for way in self.ways):
            for s in self.sockets:
                s.close()
            return False
        return True

    def reset(self):
        for s in self.sockets:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()


class Link:
    def __init__(self, listen, upstream, delay, rate):
        self.upstream, self.delay, self.rate = upstream, delay, rate
        self.listener = socket.create_server(listen, backlog=64)
        self.connections = []

    def accept(self):
        client, _ = self.listener.accept()
        # a small window, so that a slow link is felt at the other end
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        server.settimeout(2)
        try:
            server.connect(self.upstream)
        except OSError:
            server.close()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return
        self.connections.append(Connection(self, client, server))

    def obey(self, line):
        word, *value = line.split()
        if word == "delay":
            self.delay = float(value[0])
        elif word == "rate":
            self.rate = float(value[0])
        elif word == "reset":
            for connection in self.connections:
                connection.reset()
            self.connections = []

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        selector.register(0, selectors.EVENT_READ)
        pending = b""
        while True:
            for key, _ in selector.select(STEP if self.connections else None):
                if key.fileobj is self.listener:
                    self.accept()
                    continue
                data = os.read(0, 4096)
                if not data:
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self.obey(line.decode())
            now = time.monotonic()
            self.connections = [c for c in self.connections if c.step(now)]


def main():
    address, port, host, upstream_port, delay, rate = sys.argv[1:]
    Link((address, int(port)), (host, int(upstream_port)), float(delay), float(rate)).run()


if __name__ == "__main__":
    main()
