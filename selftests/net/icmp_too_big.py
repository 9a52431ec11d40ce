#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Claim that an ESP packet was too big for the path: icmp_too_big.py SENDER DESTINATION SPI MTU

The ICMP error (RFC 792, code 4) goes to SENDER and quotes a packet from it to DESTINATION with that SPI.
"""
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


sender, destination = (socket.inet_aton(a) for a in sys.argv[1:3])
spi, mtu = (int(a, 0) for a in sys.argv[3:])
ip = struct.pack(">BBHHHBBH", 0x45, 0, 1400, 1, 0x4000, 63, 50, 0) + sender + destination
ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
quoted = ip + struct.pack(">II", spi, 1)
error = struct.pack(">BBHHH", 3, 4, 0, 0, mtu) + quoted
error = error[:2] + struct.pack(">H", checksum(error)) + error[4:]
socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).sendto(error, (sys.argv[1], 0))
