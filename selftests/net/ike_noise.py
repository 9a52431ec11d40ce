#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Send noise to the IKE ports of a host: ike_noise.py CAPTURE ADDRESS

Random datagrams of many lengths, and messages out of a capture: as they were (replays from another place),
cut short at each of many lengths, and with octets changed. The seed is fixed, so a failure comes back.
"""
import random
import socket
import struct
import sys


def udp_payloads(path):
    """UDP payloads of a pcap file of Ethernet frames with IPv4."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            ip = 14 + (frame[14] & 15) * 4
            port = struct.unpack_from(">H", frame, ip + 2)[0]
            source = struct.unpack_from(">H", frame, ip)[0]
            if 500 in (port, source) or 4500 in (port, source):
                yield 4500 if 4500 in (port, source) else 500, frame[ip + 8:]


def main():
    rng = random.Random(7296)
    target = sys.argv[2]
    sock = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
    sent = 0

    def send(port, payload):
        nonlocal sent
        try:
            sock.sendto(payload, (target, port))
        except OSError:
            return
        sent += 1

    marker = bytes(4)
    for port in (500, 4500):
        for length in list(range(0, 80)) + [rng.randrange(80, 3000) for _ in range(120)]:
            noise = rng.randbytes(length)
            send(port, noise)
            if port == 4500:
                send(port, marker + noise)
            # A header that looks right, followed by noise
            header = noise[:16].ljust(16, b"\0") + bytes([rng.randrange(0, 54), 0x20, rng.choice((34, 35, 36, 37)),
                                                          rng.choice((0, 8, 0x20))])
            header += rng.randbytes(4) + struct.pack(">I", rng.choice((28 + length, 28, 0, 0xffffffff)))
            send(port, (marker if port == 4500 else b"") + header + noise)
    real = [(port, payload) for port, payload in udp_payloads(sys.argv[1]) if len(payload) > 28]
    for port, payload in real:
        send(port, payload)
        for _ in range(25):
            send(port, payload[:rng.randrange(len(payload))])
            changed = bytearray(payload)
            for _ in range(rng.randrange(1, 5)):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            send(port, bytes(changed))
    print(sent, "datagrams,", len(real), "real messages among their origins")
    return 0 if real and sent > 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
