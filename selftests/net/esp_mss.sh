#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# TCP's maximum segment size is lowered on its way through the tunnel, out and in, over IPv4 and IPv6, never
# raised, and the segment's checksum stays right.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module

topology hub spoke1
host server
wire hub lan1 server eth0
address hub lan1 172.16.0.1/24 fd16::1/64
address server eth0 172.16.0.2/24 fd16::2/64
ip -n server route add default via 172.16.0.1
ip -n server -6 route add default via fd16::1
# Real checksums in what the server and the spoke send
on server ethtool -K eth0 tx off >/dev/null 2>&1
dvti_end hub spoke1 tcp-mss=1
dvti_end spoke1 hub mtu=1500
ip -n spoke1 route add 172.16.0.0/24 dev t0
ip -n spoke1 -6 route add fd16::/64 dev t0

# syn FROM ADDRESS PORT: a connection is attempted, and refused
syn() { on "$1" timeout 2 bash -c "</dev/tcp/$2/$3" 2>/dev/null; }
# both FAMILIES PORT: out from the server and in from the spoke, to a port by which the capture knows the case
both() {
	[[ $1 != *4* ]] || { syn server "${tun4[spoke1]}" "$2"; syn spoke1 172.16.0.2 "$2"; }
	[[ $1 != *6* ]] || { syn server "${tun6[spoke1]}" "$2"; syn spoke1 fd16::2 "$2"; }
}
# SYNs made by hand arrive at the hub itself.
crafted() { # SEQUENCE-NUMBER INNER
	on spoke1 "$tools/esp_send" local="${v4[spoke1]}" remote="${v4[hub]}" spi="$(spi_of spoke1 hub)" \
		key="$(static_key aes-gcm-16 "$(spi_of spoke1 hub)")" seq="$1" inner="$2"
}

filter='ip6 or tcp[tcpflags] & tcp-syn != 0'
capture spoke1 t0 out "$filter"
capture server eth0 in "$filter"
capture hub t0 crafted "tcp and port 1000"
both 46 10
nl hub link-set dev=t0 tcp-mss=1200
both 46 20
crafted 500 "45000030000040004006a774c0a80902c0a8090103e800090000000100000000700203e83ba5000001020405b4000000"
crafted 501 "45000030000040004006a774c0a80902c0a8090103e800090000000100000000700203e8f1ab00000200010100000000"
ip -n server route change default via 172.16.0.1 advmss 1000
both 4 30
ip -n server route change default via 172.16.0.1
nl hub link-set dev=t0 tcp-mss=0
both 4 40
for name in out in crafted; do
	capture_stop "$name"
	tcpdump -n -vv -r "$work/$name.pcap" 2>/dev/null | grep -F 'Flags [S]' >"$work/$name.txt"
done

# announced CAPTURE DESTINATION MSS: the SYN to there announces that, and its checksum is right
announced() {
	grep -F " > $2: Flags [S]" "$work/$1.txt" | grep -F "(correct)" | grep -qF "mss $3," || { cat "$work/$1.txt"; return 1; }
}

fits=1446
check "what fits, out, IPv4" announced out "${tun4[spoke1]}.10" $((fits - 40))
check "what fits, out, IPv6" announced out "${tun6[spoke1]}.10" $((fits - 60))
check "what fits, in, IPv4" announced in 172.16.0.2.10 $((fits - 40))
check "what fits, in, IPv6" announced in fd16::2.10 $((fits - 60))
check "a value, out, IPv4" announced out "${tun4[spoke1]}.20" 1200
check "a value, out, IPv6: packets as long as with IPv4" announced out "${tun6[spoke1]}.20" 1180
check "a value, in, IPv4" announced in 172.16.0.2.20 1200
check "a value, in, IPv6" announced in fd16::2.20 1180
check "an option at an odd octet" announced crafted "${tun4[hub]}.9" 1200
check "an option of no length is left alone" grep -qF 'cksum 0xf1ab (correct)' "$work/crafted.txt"
check "what is smaller is not raised" announced out "${tun4[spoke1]}.30" 1000
check "off, out" announced out "${tun4[spoke1]}.40" 1460
check "off, in" announced in 172.16.0.2.40 1460
check "the setting is shown" link_is hub t0 '.["tcp-mss"] == 0'
check "no size that TCP would not take" refused "a TCP MSS is 0 (off)" nl hub link-set dev=t0 tcp-mss=47
