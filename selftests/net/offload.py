#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Let the kernel make segments of what is sent, in ways that programs rarely ask for.

	offload.py send-udp ADDRESS PORT	bursts of datagrams, each burst in one call (UDP_SEGMENT)
	offload.py take-udp PORT		take them until nothing comes for a while; fails unless all came, as they were sent
	offload.py send-tcp ADDRESS PORT	standard input over a connection whose IPv4 packets carry options
"""
import socket
import sys
import time

UDP_SEGMENT = 103
SO_RCVBUFFORCE = 33
SEGMENT = 1000
BURSTS = 40
# The last datagram of a burst is shorter.
BURST = 30 * SEGMENT + 345
# Three times "no operation", then the end: the smallest set of options
OPTIONS = b"\x01\x01\x01\x00"


def burst(number):
	"""Content that repeats nowhere within a burst at a distance of a segment."""
	return bytes((number + i * 7 + (i >> 8) * 13) & 255 for i in range(BURST))


def family(address):
	return socket.AF_INET6 if ":" in address else socket.AF_INET


def send_udp(address, port):
	with socket.socket(family(address), socket.SOCK_DGRAM) as s:
		s.connect((address, port))
		s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SEGMENT)
		for number in range(BURSTS):
			s.send(burst(number))
			time.sleep(0.01)
	return 0


def take_udp(port):
	expected = [b[i:i + SEGMENT] for b in map(burst, range(BURSTS)) for i in range(0, BURST, SEGMENT)]
	with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
		# Room for all of it, whenever this program gets to run
		s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
		s.settimeout(4)
		s.bind(("::", port))
		print("ready", flush=True)
		got = []
		try:
			while len(got) < len(expected):
				got.append(s.recv(65535))
		except TimeoutError:
			pass
	altered = len(set(got) - set(expected))
	missing = sorted(expected.index(a) for a in set(expected) - set(got))
	print(f"{len(got)} of {len(expected)} datagrams, {altered} of them altered, missing: {missing}")
	return int(got != expected)


def send_tcp(address, port):
	with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
		s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, OPTIONS)
		s.settimeout(30)
		s.connect((address, port))
		s.sendall(sys.stdin.buffer.read())
		s.shutdown(socket.SHUT_WR)
		while s.recv(4096):
			pass
	return 0


ACTIONS = {"send-udp": send_udp, "take-udp": take_udp, "send-tcp": send_tcp}
if __name__ == "__main__":
	action, *words = sys.argv[1:]
	words[-1] = int(words[-1])
	sys.exit(ACTIONS[action](*words))
