#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# ESP packets of an SA that come the way the last one came are taken as they come from the device, past IP: it counts
# them all the same, and gets them whenever it has something to say about them. A raw socket, which only IP delivers to,
# tells which way a packet has taken. The same goes for ESP in UDP, once it has come to a socket.
# shellcheck disable=SC2016 # what awk and eval get is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/hooks.sh"
need_module

# snmp COUNTER [Udp]: of IP, or of UDP
snmp4() {
	on hub awk -v of="${2:-Ip}:" -v name="$1" \
		'$1 == of { if (!at) { for (i = 2; i <= NF; i++) if ($i == name) at = i } else print $at }' /proc/net/snmp
}
snmp6() { on hub awk -v name="${2:-Ip}6$1" '$1 == name { print $2 }' /proc/net/snmp6; }
snmp() { "snmp$family" "$@"; }

# What IP has delivered to the raw socket of the hub: the kernel's count of what is in its queue and what it lost
past_ip() {
	local file=/proc/net/raw
	[ "$family" = 4 ] || file=/proc/net/raw6
	on hub awk 'NR > 1 { split($5, queue, ":"); print queue[2] $NF }' "$file"
}
# raw_socket PROTOCOL
raw_socket() {
	run_on hub python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_INET if sys.argv[1] == "4" else socket.AF_INET6, socket.SOCK_RAW, int(sys.argv[2]))
time.sleep(1000)' "$family" "$1"
	wait_for 30 eval '[ -n "$(past_ip)" ]' || give_up "no raw socket"
}

through() { ping_ok spoke1 "${tun4[hub]}" 3; }
# early, late: which way do packets take? A few of both kinds may come at first.
early() {
	local before
	before=$(past_ip)
	through && [ "$(past_ip)" = "$before" ] || { echo "IP has delivered $(past_ip), before $before"; return 1; }
}
late() {
	local before
	before=$(past_ip)
	through && [ "$(past_ip)" != "$before" ] || { echo "IP has delivered none"; return 1; }
}

# counted COUNTER LEAST MOST [Udp]: what it grows by when three packets come
counted() {
	local before after
	before=$(snmp "$1" "${@:4}")
	through
	after=$(snmp "$1" "${@:4}")
	[ $((after - before)) -ge "$2" ] && [ $((after - before)) -le "$3" ] || { echo "$1: $before, then $after"; return 1; }
}
# arrived: packets of the spoke's come to the link of the hub
arrived() {
	local before
	before=$(link_stat hub t0 rx-packets)
	on spoke1 ping -n -q -c 2 -i 0.2 -W 1 "${tun4[hub]}" >/dev/null
	grew hub t0 rx-packets "$before"
}

# in_udp PORT: both ends, the spoke at that port of its own
in_udp() {
	nl spoke1 link-set dev=t0 encap=udp local="$(outer spoke1),$1" remote="$(outer hub),4500"
	nl hub link-set dev=t0 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),$1"
}
# asked: the owner of the socket on the hub still gets what is for itself
asked() {
	local before
	before=$(past_ip)
	on spoke1 python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET if sys.argv[1] == "4" else socket.AF_INET6, socket.SOCK_DGRAM)
s.sendto(b"\0\0\0\0IKE", (sys.argv[2], 4500))' "$family" "$(outer hub)"
	wait_for 5 eval '[ "$(past_ip)" != "'"$before"'" ]'
}

# super_packet SPI SPI: two datagrams with these in front, which the device takes as one
super_packet() {
	on spoke1 python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET if sys.argv[1] == "4" else socket.AF_INET6, socket.SOCK_DGRAM)
s.bind((sys.argv[3], 4501))
s.setsockopt(socket.IPPROTO_UDP, 103, 64) # UDP_SEGMENT
s.sendto(b"".join(int(spi, 0).to_bytes(4, "big") + b"\0\1" + bytes(58) for spi in sys.argv[4:]), (sys.argv[2], 4500))' \
		"$family" "$(outer hub)" "$(outer spoke1)" "$@"
}
# mixed: one with something for the owner of the socket in it goes to him, and one for the SA alone to that
mixed() {
	local before
	before=$(past_ip)
	super_packet "$(spi_of spoke1 hub)" 0
	wait_for 5 eval '[ "$(past_ip)" != "'"$before"'" ]'
}
for_one_sa() {
	local before lost
	before=$(past_ip) lost=$(link_stat hub t0 rx-integrity)
	super_packet "$(spi_of spoke1 hub)" "$(spi_of spoke1 hub)"
	wait_for 5 eval '[ $(($(link_stat hub t0 rx-integrity) - '"$lost"')) = 2 ]' && [ "$(past_ip)" = "$before" ]
}

# An address beside that of a host
beside() {
	if [ "$family" = 4 ]; then echo "${v4[$1]%.*}.77"; else echo "${v6[$1]%::*}::77"; fi
}

topology hub spoke1
ip netns add elsewhere
test_netns+=(elsewhere)
for family in 4 6; do
	static_pair hub spoke1
	raw_socket 50
	check "IPv$family: packets go past IP" wait_for 10 early
	# Inner packets are IPv4. Of IPv6, neighbours may have something to say meanwhile.
	if [ $family = 4 ]; then
		check "IPv4: which counts them, and what was in them" counted InReceives 6 6
		check "IPv4: and has delivered both" counted InDelivers 6 6
	else
		check "IPv6: which counts them" counted InReceives 3 7
		check "IPv6: and has delivered them" counted InDelivers 3 7
	fi
	capture hub eth0 early 'esp and src host '"$(outer spoke1)"
	check "IPv$family: under the eyes of a capture" early
	capture_stop early
	check "IPv$family: which has them" test "$(captured early '')" = 3

	on hub sysctl -qw net.ipv4.ip_early_demux=0
	check "IPv$family: not when the administrator is against it" late
	on hub sysctl -qw net.ipv4.ip_early_demux=1
	check "IPv$family: again when not" early

	for where in prerouting input; do
		hook $where counter
		check "IPv$family: a hook at $where" late
		check "IPv$family: sees them" seen 3 $where
		unhook
		check "IPv$family: none when it has gone" early
		hook $where counter drop
		check "IPv$family: a hook at $where that drops" not arrived
		check "IPv$family: has seen them" seen 2 $where
		unhook
	done

	if on hub nft -f - 2>/dev/null <<-END
		table netdev in {
			chain eth0 {
				type filter hook ingress device eth0 priority 0
				meta l4proto esp counter drop
			}
		}
	END
	then
		check "IPv$family: a chain at ingress comes before" not arrived
		on hub nft delete table netdev in
		check "IPv$family: none when it has gone" early
	else
		skip "IPv$family: a chain at ingress comes before" "this kernel has none"
	fi

	# A router that changes the header and not its checksum
	if [ $family = 4 ] && on inet tc qdisc add dev to-hub clsact 2>/dev/null &&
		on inet tc filter add dev to-hub egress protocol ip matchall action pedit munge ip ttl set 9 2>/dev/null
	then
		check "IPv4: a wrong checksum is for IP to count" counted InHdrErrors 3 10000
		check "IPv4: and such packets do not arrive" not arrived
		on inet tc qdisc del dev to-hub clsact
		check "IPv4: others do as before" early
	elif [ $family = 4 ]; then
		skip "IPv4: a wrong checksum is for IP to count" "this kernel changes no headers"
	fi

	if [ $family = 4 ]; then
		on hub ip route add blackhole 10.99.0.0/16
		check "IPv4: what comes first after a change of routes" late
		check "IPv4: and later" early
		on hub ip route del blackhole 10.99.0.0/16
	fi

	bits=24 flags=''
	[ $family = 4 ] || bits=64 flags=nodad
	# shellcheck disable=SC2086 # may be empty
	on spoke1 ip addr add "$(beside spoke1)/$bits" dev eth0 $flags
	nl spoke1 link-set dev=t0 local="$(beside spoke1)" remote="$(outer hub)"
	nl hub link-set dev=t0 local="$(outer hub)" remote="$(beside spoke1)"
	check "IPv$family: what comes first from another address" late
	check "IPv$family: and later" early

	# The router hands the hub what is for an address that it does not have.
	ip -n inet neigh add "$(beside hub)" lladdr "$(on hub cat /sys/class/net/eth0/address)" dev to-hub
	nl hub link-set dev=t0 local="$(beside hub)" remote="$(beside spoke1)"
	nl spoke1 link-set dev=t0 local="$(beside spoke1)" remote="$(beside hub)"
	check "IPv$family: the tunnel moves to another host's address" not arrived
	# shellcheck disable=SC2086 # may be empty
	on hub ip addr add "$(beside hub)/$bits" dev eth0 $flags
	check "IPv$family: which becomes ours" wait_for 10 early
	on hub ip addr del "$(beside hub)/$bits" dev eth0
	check "IPv$family: and is taken away" not arrived

	# With a hook in place and packets coming, the device goes to another netns, and comes back.
	nl hub link-set dev=t0 local="$(outer hub)" remote="$(beside spoke1)"
	nl spoke1 link-set dev=t0 local="$(beside spoke1)" remote="$(outer hub)"
	check "IPv$family: past IP as before" wait_for 10 early
	run_on spoke1 ping -n -q -i 0.002 "${tun4[hub]}"
	check "IPv$family: the device goes to another netns" ip -n hub link set eth0 netns elsewhere
	check "IPv$family: and comes back" ip -n elsewhere link set eth0 netns hub
	on hub ip -batch - <<-END
		link set eth0 up
		addr add ${v4[hub]}/24 dev eth0
		addr add ${v6[hub]}/64 dev eth0 nodad
		route add default via ${v4[hub]%.*}.254
		route add default via ${v6[hub]%::*}::fe
	END
	pkill -x ping
	check "IPv$family: and brings packets past IP" wait_for 10 early

	pkill -f 'python3 -c import socket'
	for port in 4500 4501; do
		udp_socket hub port=$port
		udp_socket spoke1 port=$port
	done
	in_udp 4500
	raw_socket 17
	check "IPv$family, UDP: packets go past IP" wait_for 10 early
	check "IPv$family, UDP: which counts them" counted InDelivers 3 7
	check "IPv$family, UDP: and has delivered datagrams" counted InDatagrams 3 3 Udp
	check "IPv$family, UDP: others come by IP" asked
	hook input counter
	check "IPv$family, UDP: a hook at input" late
	check "IPv$family, UDP: sees them" seen 3 input
	unhook
	check "IPv$family, UDP: none when it has gone" early
	capture hub eth0 udp 'udp and src host '"$(outer spoke1)"
	check "IPv$family, UDP: under the eyes of a capture" early
	capture_stop udp
	check "IPv$family, UDP: which has them" test "$(captured udp '')" = 3
	in_udp 4501
	check "IPv$family, UDP: what comes first from another port" late
	check "IPv$family, UDP: and later" early
	pkill -f 'udp-socket port=4501'
	wait_for 5 eval '! on spoke1 ss -uln | grep -q :4501'
	check "IPv$family, UDP: a super-packet that is not for one SA alone goes to the socket" mixed
	check "IPv$family, UDP: one that is does not" for_one_sa
	pkill -x dvti-nl
	check "IPv$family, UDP: the tunnel outlives its sockets" arrived

	pkill -f 'python3 -c import socket'
	ip -n hub link del t0
	ip -n spoke1 link del t0
done

family=4
static_pair hub spoke1
check "a device with a hook" wait_for 5 arrived
run_on spoke1 ping -n -q -i 0.002 "${tun4[hub]}"
check "goes while packets come" ip -n hub link del eth0
pkill -x ping
check "and so does the module" rmmod dvti
