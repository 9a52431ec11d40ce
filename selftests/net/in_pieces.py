#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of many sorts into a tunnel and out of it, all of them for each line of input, which is answered when they
have been sent.

	in_pieces.py datagrams ADDRESS…
		small, large, and many in one call (UDP_SEGMENT), to each of these addresses; nobody need take them
	in_pieces.py frames IN-SPI OUT-SPI LOCAL4 LOCAL6 PEER4 PEER6 INNER4 INNER6 [narrow]
		Frames out of the device "pieces", whose memory is in pieces as some network cards leave it: for INNER, by
		way of the tunnel, and ESP for LOCAL that no key fits. All of them twice, once shared with a packet socket that
		does not read them. With "narrow" also ICMP errors that say that the path to PEER takes 1400 octets.

What has no way, or no memory, is not sent.
"""
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import sys

UDP_SEGMENT = 103
SOL_PACKET, PACKET_VNET_HDR = 263, 15
SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_RCVBUFFORCE = 26, 27, 33
TUNSETIFF, SIOCGIFHWADDR = 0x400454CA, 0x8927
IFF_TAP, IFF_NAPI, IFF_NAPI_FRAGS, IFF_NO_PI = 2, 0x10, 0x20, 0x1000
ETH, IP4, IP6, UDP = 14, 20, 40, 8

# Where the inner packets come from
BEHIND4, BEHIND6 = "10.77.0.2", "fd77::2"


def family(address):
	return socket.AF_INET6 if ":" in address else socket.AF_INET


def checksum(data):
	data += bytes(len(data) & 1)
	total = sum(struct.unpack(f">{len(data) // 2}H", data))
	total = (total & 0xFFFF) + (total >> 16)
	return ~(total + (total >> 16)) & 0xFFFF


def ip(source, destination, proto, payload, df=True):
	source, destination = (socket.inet_pton(family(source), a) for a in (source, destination))
	if len(source) == 16:
		return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + source + destination + payload
	head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, IP4 + len(payload), 1, df << 14, 64, proto, 0, source, destination)
	return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def l4(source, destination, proto, payload, at):
	"""Fill in the checksum of a payload of IPv6 or IPv4."""
	ends = b"".join(socket.inet_pton(family(a), a) for a in (source, destination))
	total = checksum(ends + struct.pack(">II", len(payload), proto) + payload)
	return payload[:at] + struct.pack(">H", total) + payload[at + 2:]


def udp(source, destination, port, data, **more):
	payload = struct.pack(">HHHH", 4500, port, UDP + len(data), 0) + data
	return ip(source, destination, socket.IPPROTO_UDP, l4(source, destination, socket.IPPROTO_UDP, payload, 6), **more)


def syn(source, destination):
	payload = struct.pack(">HHIIBBHHHBBH", 4500, 9, 1, 0, 6 << 4, 2, 1000, 0, 0, 2, 4, 1460)
	return ip(source, destination, socket.IPPROTO_TCP, l4(source, destination, socket.IPPROTO_TCP, payload, 16))


def too_big(local, peer, spi):
	"""The ICMP error about an ESP packet from here."""
	quoted = ip(local, peer, socket.IPPROTO_ESP, struct.pack(">II", spi, 1) + bytes(1480))[:100]
	if ":" in local:
		return ip(BEHIND6, local, socket.IPPROTO_ICMPV6, l4(BEHIND6, local, socket.IPPROTO_ICMPV6,
			struct.pack(">BBHI", 2, 0, 0, 1400) + quoted, 2))
	error = struct.pack(">BBHHH", 3, 4, 0, 0, 1400) + quoted
	return ip(BEHIND4, local, socket.IPPROTO_ICMP, error[:2] + struct.pack(">H", checksum(error)) + error[4:])


def asked():
	print("ready", flush=True)
	for line in sys.stdin:
		yield line
		print("sent", flush=True)


def cut(packet, *at):
	"""The first piece ends behind so many octets of the packet, and so on."""
	at = (0, *at, len(packet))
	return [packet[a:b] for a, b in zip(at, at[1:])]


class Tap:
	def __init__(self, name):
		self.fd = os.open("/dev/net/tun", os.O_RDWR)
		fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name, IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS))
		with socket.socket() as s:
			self.mac = fcntl.ioctl(s, SIOCGIFHWADDR, struct.pack("16s24x", name))[18:24]

	def send(self, pieces):
		proto = 0x86DD if pieces[0][0] >> 4 == 6 else 0x800
		with contextlib.suppress(OSError):
			os.writev(self.fd, [self.mac + self.mac + struct.pack(">H", proto) + pieces[0], *pieces[1:]])


class Sharer:
	"""A packet socket that has all packets, and reads none while it shares them."""

	def __init__(self):
		self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
		self.socket.setblocking(False)
		# "return 0"
		self.code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
		self.refuse = struct.pack("HP", 1, ctypes.addressof(self.code))
		self.share(False)

	def share(self, wanted):
		if wanted:
			self.socket.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
			return
		self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, self.refuse)
		with contextlib.suppress(BlockingIOError):
			while True:
				self.socket.recv(1)


def frames(in_spi, out_spi, local4, local6, peer4, peer6, inner4, inner6, narrow=None):
	out = []
	for source, inner, local, peer, head in (BEHIND4, inner4, local4, peer4, IP4), (BEHIND6, inner6, local6, peer6, IP6):
		small, large = (udp(source, inner, 9, bytes(size)) for size in (100, 1300))
		# All for the tunnel: headers apart, whole, two pieces, more than a cipher's operation takes
		out += [cut(small, head), cut(small), cut(large, head + UDP), cut(large, head + UDP, 301, 600, 900)]
		out += [cut(syn(source, inner), head), cut(syn(source, inner))]
		# Too large for it
		out += [cut(udp(source, inner, 9, bytes(1500 - UDP - head)))]
		out += [cut(udp(source, inner, 9, bytes(1500 - UDP - head), df=False))] if head == IP4 else []
		# A length that suits AES-CBC with SHA-256, too
		esp = struct.pack(">II", int(in_spi, 0), 1 << 30) + bytes(16 + 480 + 16)
		out += [cut(ip(source, local, socket.IPPROTO_ESP, esp), *at) for at in
			((), (head,), (head + 8,), (head + 40,), (head + 40, head + 200))]
		out += [cut(udp(source, local, 4500, esp), *at) for at in ((), (head + UDP,), (head + UDP + 40,))]
		if narrow:
			out += [cut(too_big(local, peer, int(out_spi, 0)))]

	tap = Tap(b"pieces")
	sharer = Sharer()
	raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
	raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
	# Not even the IP header of these is where it is usually, and they must be larger than a page to be made so.
	headless = [(0x800, udp(BEHIND4, inner4, 9, bytes(5000))), (0x86DD, udp(BEHIND6, inner6, 9, bytes(5000)))]
	# GRO would bring headers together.
	os.system("ethtool -K pieces gro off && ip link set pieces up && ip addr add 10.77.0.1/24 dev pieces && ip addr add fd77::1/64 dev pieces nodad && "
		f"ip neigh add {BEHIND4} lladdr 02:00:00:00:00:01 dev pieces && ip neigh add {BEHIND6} lladdr 02:00:00:00:00:01 dev pieces")
	os.set_blocking(tap.fd, False)
	for _ in asked():
		for shared in True, False:
			sharer.share(shared)
			for pieces in out:
				tap.send(pieces)
			for proto, packet in headless:
				with contextlib.suppress(OSError):
					raw.sendto(struct.pack("=BBHHHH", 0, 0, 1, 0, 0, 0) + packet, ("t0", proto))
		with contextlib.suppress(BlockingIOError):
			while True:
				os.read(tap.fd, 2048)


def datagrams(*addresses):
	sockets = [(socket.socket(family(a), socket.SOCK_DGRAM), (a, 9)) for a in addresses]
	for _ in asked():
		for s, to in sockets:
			for size, segment in (100, 0), (1300, 0), (8345, 1000), (2880, 1440), (16000, 8000), (4000, 0):
				with contextlib.suppress(OSError):
					s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, segment)
					s.sendto(bytes(size), to)


{"frames": frames, "datagrams": datagrams}[sys.argv[1]](*sys.argv[2:])
