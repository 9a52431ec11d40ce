#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP and TCP over IPv6, by sockets old and new.

flows.py serve PORT: echo what comes, on all addresses.
flows.py client ADDRESS PORT: keep a connected UDP socket and a TCP connection; for each line of input exchange a
message over these and over new sockets of each sort, and answer with one line: "ok", or what failed.
"""
import selectors
import socket
import sys

PATIENCE = 3


def serve(port):
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.bind(("::", port))
    # An answer comes from where the question went, so that a connected socket takes it.
    udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::", port))
    listener.listen()
    ready = selectors.DefaultSelector()
    for s in (udp, listener):
        ready.register(s, selectors.EVENT_READ)
    print("listening", flush=True)
    while True:
        for key, _ in ready.select():
            s = key.fileobj
            if s is udp:
                data, info, _, peer = s.recvmsg(2048, 256)
                info = [(level, kind, value[:16] + bytes(4)) for level, kind, value in info]
                s.sendmsg([data], info, 0, peer)
            elif s is listener:
                ready.register(s.accept()[0], selectors.EVENT_READ)
            else:
                try:
                    data = s.recv(2048)
                except OSError:
                    data = b""
                if data:
                    s.sendall(data)
                else:
                    ready.unregister(s)
                    s.close()


def made(kind, to):
    s = socket.socket(socket.AF_INET6, kind)
    s.settimeout(PATIENCE)
    if to:
        s.connect(to)
    return s


def exchange(s, message, to=None):
    if to:
        s.sendto(message, to)
    else:
        s.send(message)
    # What an earlier round gave up waiting for may come first.
    while message not in s.recv(2048):
        pass


def client(to):
    udp = made(socket.SOCK_DGRAM, to)
    tcp = made(socket.SOCK_STREAM, to)
    ways = {
        "kept UDP": lambda m: exchange(udp, m),
        "kept TCP": lambda m: exchange(tcp, m),
        "connected UDP": lambda m: exchange(made(socket.SOCK_DGRAM, to), m),
        "unconnected UDP": lambda m: exchange(made(socket.SOCK_DGRAM, None), m, to),
        "TCP": lambda m: exchange(made(socket.SOCK_STREAM, to), m),
    }
    print("ready", flush=True)
    for n, _ in enumerate(sys.stdin):
        failed = []
        for name, way in ways.items():
            try:
                way(b"<%d>" % n)
            except OSError as error:
                failed.append("%s: %s" % (name, error))
        print("; ".join(failed) or "ok", flush=True)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    client((sys.argv[2], int(sys.argv[3])))
