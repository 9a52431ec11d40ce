#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Memory runs out in the data path, at one place after the other, until packets have come by and not got what was asked
# for there. Nothing but those packets may suffer: afterwards all is well. What leaks, kmemleak finds. no_memory.sh has
# it run out at random, and for requests.
#
# The places are not listed here: they are the calls in the machine code of the data path, but for those of functions
# that are known below to ask for no memory, or to answer themselves for what they take over. A place that is not
# reached fails the test, and so does a call of a function that is not known here.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
faults=(/sys/kernel/debug/fail{slab,_page_alloc})
[ -w "${faults[0]}/require-start" ] && [ -w "${faults[1]}/require-start" ] || skip_all "this kernel injects no faults"
beside=${module%/*}/kmod
[ -r "$beside/lane.o" ] || skip_all "the module's object files are not beside it"

# --- the places ---------------------------------------------------------------------------------------------

# What only requests get to. fault_requests.sh and no_memory.sh let theirs fail.
requests='main link sa sa_table spi stats host_policy netlink netlink_addr netlink_gen netlink_sa netlink_selector
	netlink_show compat/message replay selector trace aead/aead'
of_requests='dvti_((batch|spread|gcm|demux)_(init|exit)|(gcm|capi)_(new|free)|capi_(alloc|setkey_authenc))(\.[^ ]*)?'

# They may ask for memory. When they fail that is to be handled, or done without.
memory='__alloc_skb|napi_build_skb|(__)?alloc_pages.*|__?k(m|z|v|re).*alloc.*|kmemdup.*
	pskb_expand_head|__pskb_pull_tail|___pskb_trim|pskb_trim_rcsum_slow|skb_(ensure_writable|checksum_help|clone|copy|cow_data|segment)
	__?skb_gso_segment|ip_do_fragment|crypto_aead_(en|de)crypt|ip_route_output_key_hash|ip6_dst_lookup|ip6_pol_route
	__neigh_create|netlink_broadcast.*|icmpv?6?_ndo_send|ipv?[46]_(update_pmtu|redirect)'
# They take a packet over, and the packets that others have left in NAPI's lists. Calls through pointers are of our own
# functions, of the neighbour's output, and of the route's update_pmtu(), which is no loss.
take_over='ip6?_local_out|nf_hook_slow|__dev_queue_xmit|netif_receive_skb(_list)?|napi_gro_(receive|flush)|napi_complete_done
	xfrm[46]_rcv_encap|\*|__x86_indirect_.*'
# Neither: our own, what the compiler and debugging call, and the rest.
none='dvti_.*|\.text.*|__traceiter_dvti_.*|__SC[TK]_.*|.*_tp_func_.*|__fentry__|BUG_func|panic|_?printk|__warn.*|net_ratelimit|___ratelimit
	_?_?(asan|kasan|kcsan|ubsan|sanitizer|rcu|lock|lockdep|debug|preempt|might|warn|list|refcount|stack_chk|fortify)_.*
	__this_cpu_preempt_check|um_set_signals|tracepoint_.*|trace_.*|skb_dump
	_raw_.*|__raw_.*|__?local_bh_.*|mem(cpy|set|cmp|move)|__mem.*|str(cmp|len|nlen)|snprintf|_find_.*|cpumask_.*|housekeeping_.*
	k(v?free.*|mem_cache_free)|consume_skb|napi_consume_skb|sk_skb_reason_drop|skb_queue_purge.*|page_frag_free|__folio_put|.*devmap.*
	free_(percpu|netdev)|(__)?napi_schedule.*|napi_(disable|enable)|netif_napi_.*|__netif_napi_.*|queue_work_on|mod_delayed_work_on
	cancel_(delayed_)?work_sync|__init_work|init_timer_key|schedule.*|synchronize_.*|smp_call_function_.*|csum_.*|ip_fast_csum|inet_proto_csum_.*
	skb_(checksum|copy_bits|store_bits|to_sgvec|trim|scrub_packet|try_coalesce|add_rx_frag.*|gso_validate_.*)|sg_init_table
	ip_send_check|udp6_set_csum|get_random_.*|ktime_get.*|get_cpu_.*|dst_(cache_.*|release)|ip6?_mtu|ipv[46]_mtu|ip6_dst_hoplimit
	ip6?_output|__ip_select_ident|inet_addr_type|ipv6_(chk_addr|ext_hdr|skip_exthdr)|__ipv6_addr_type|make_kuid|from_kuid
	dev_get_by_index_rcu|nexthop_for_each_fib6_nh|genlmsg_put|(__)?nla_(put.*|reserve.*)|netlink_has_listeners|kernel_fpu_.*
	irq_fpu_usable|cpu_has_xfeatures|sock_wfree|rtnl_.*|nf_(un)?register_.*|xfrm[46]_protocol_.*|rcuref_.*|ref_tracker_.*|__num_online_cpus|sysfs_emit'

# Of these packets cannot be made to ask in vain here: places as patterns, and why.
out_of_reach=(
	'dvti_(in_take|in_finish|in_unwrap|gre_pull).*: _+pskb_(pull_tail|trim).*'
	"an opened packet is nobody else's, and its head has room for its headers"
	'dvti_esp_in.*: __pskb_pull_tail.*' "veth hands on super-packets as they were made, the first packet in the head"
	'dvti_segment_possible.*: __pskb_pull_tail.*' "sockets make super-packets with their headers in the head, the kernel cuts others"
	'dvti_out_packet.*: skb_checksum_help.*' "the packet is nobody else's and in one piece by then"
	'dvti_esp[46]_err.*: ip.*_redirect.*' "a router takes no redirects"
	'dvti_pages_refill: .*alloc_pages.*, 2' "single pages are asked for when there is no larger one"
	'dvti_demux_.*: pskb_trim_rcsum_slow.*' "it takes a clone, and something behind the packet that does not lie in its head"
	'dvti_gcm_postpone.*: .*' "the FPU is free when packets come"
)
# beyond PLACE: is it one of them? $why says why.
beyond() {
	local i
	for ((i = 0; i < ${#out_of_reach[@]}; i += 2)); do
		why=${out_of_reach[i + 1]}
		[[ ! $1 =~ ^${out_of_reach[i]}$ ]] || return 0
	done
	return 1
}

# one_of PATTERNS NAME
one_of() { [[ $2 =~ ^(${1//[[:space:]]/|})$ ]]; }

# Each place has a name: function and whom it calls, numbered where it does so in several places.
places=() unknown=()
declare -A offset_of=() hit=()
find_places() {
	local o objects=() function offset callee place n why once=() always=()
	local -A kind=()
	for o in "$beside"/{,compat/,aead/}*.o; do
		place=${o#"$beside/"}
		one_of "$requests" "${place%.o}" || objects+=("$o")
	done
	"$here/kmod_calls.py" "${objects[@]}" | grep -Evx "$of_requests .*" >"$work/calls" || give_up "the machine code cannot be read"
	cut -d' ' -f3 "$work/calls" | sort -u | while read -r callee; do
		if one_of "$memory" "$callee"; then kind[$callee]=memory
		elif ! one_of "$take_over" "$callee" && ! one_of "$none" "$callee"; then unknown+=("$callee"); fi
	done
	while read -r function offset callee; do
		[ "${kind[$callee]:-}" = memory ] || continue
		place="$function: $callee" n=1
		while [ -n "${offset_of[$place]:-}" ]; do n=$((n + 1)) place="$function: $callee, $n"; done
		offset_of[$place]=$offset
		if beyond "$place"; then
			echo "# $place: out of reach, $why"
		elif [[ $function == dvti_batch_* ]]; then places=("$place" "${places[@]}")
		elif [[ $function == dvti_pages_* ]]; then places+=("$place")
		elif [[ $callee == *kmalloc* ]]; then once=("$place" "${once[@]}")
		else always+=("$place"); fi
	done <"$work/calls"
	# What is asked for once and then kept comes first: batches, pages, then in the order of the rounds below.
	places+=("${once[@]}" "${always[@]}")
}
# Where the module is now
declare -A address_of=()
find_addresses() {
	local place function begin
	local -A begins=()
	while read -r function begin; do begins[$function]=$begin; done < <(awk '$4 == "[dvti]" { print $3, "0x" $1 }' /proc/kallsyms)
	for place in "${places[@]}"; do
		function=${place%%:*}
		address_of[$place]=$(printf '%#x' $((${begins[$function]:-0} + ${offset_of[$place]})))
	done
}

# --- one of them without memory -----------------------------------------------------------------------------

many=1000000000 from=0
# aim PLACE: what is asked for there is refused. On the way from the last place to this one there is no moment in which
# packets would get at both: some memory is asked for once and then kept.
aim() {
	local begin=${address_of[$1]} end fault
	end=$(printf '%#x' $((begin + 1)))
	for fault in "${faults[@]}"; do
		if ((begin > from)); then
			echo "$end" >"$fault/require-end"
			echo "$begin" >"$fault/require-start"
		else
			echo "$begin" >"$fault/require-start"
			echo "$end" >"$fault/require-end"
		fi
		echo $many >"$fault/times"
		echo 100 >"$fault/probability"
	done
	from=$begin
}
spare() { for f in "${faults[@]}"; do echo 0 >"$f/probability"; done; }
refused_so_far() {
	local fault left
	refused=0
	for fault in "${faults[@]}"; do
		read -r left <"$fault/times"
		refused=$((refused + many - left))
	done
	[ $refused -gt 0 ]
}

# try PLACE: until packets come by, but not for ever
try() {
	local i refused
	aim "$1"
	[ ! -s "$work/changes" ] || ip -n hub -batch "$work/changes"
	for ((i = 0; i < patience; i++)); do
		send
		if refused_so_far; then
			hit[$1]=$refused
			return
		fi
		[ -z "${slowly:-}" ] || pause 0.1
	done
}

# --- traffic ------------------------------------------------------------------------------------------------

# Each sender sends what it has when it is told to, and says when it has done so.
senders=() tell=() hear=()
sends() { # HOST WORD…: see in_pieces.py
	local n=${#senders[@]} to from
	rm -f "$work"/{tell,hear}
	mkfifo "$work"/{tell,hear}
	exec {to}<>"$work/tell" {from}<>"$work/hear"
	on "$1" "$here/in_pieces.py" "${@:2}" <"$work/tell" >"$work/hear" 2>"$work/sender.$n" {to}>&- {from}>&- &
	senders+=($!) tell+=("$to") hear+=("$from")
	test_pids+=($!)
	heard "$n"
}
heard() { # NUMBER
	local line
	read -rt 20 -u "${hear[$1]}" line || give_up "sender $1 sends nothing" "$(cat "$work/sender.$1")"
}
send() {
	local n
	for n in "${!senders[@]}"; do echo >&"${tell[n]}"; done
	for n in "${!senders[@]}"; do heard "$n"; done
}
frames() { # [narrow]
	sends hub frames "$(spi_of spoke1 hub)" "$(spi_of hub spoke1)" "${v4[hub]}" "${v6[hub]}" "${v4[spoke1]}" "${v6[spoke1]}" \
		"${tun4[spoke1]}" "${tun6[spoke1]}" "$@"
}
silence() {
	local fd
	kill "${senders[@]}"
	wait "${senders[@]}"
	for fd in "${tell[@]}" "${hear[@]}"; do exec {fd}>&-; done
	senders=() tell=() hear=()
}

lost() { # sum over both ends of what was dropped for want of memory
	local host name sum=0
	for host in hub spoke1; do
		for name in tx-no-memory rx-no-memory; do sum=$((sum + $(link_stat "$host" t0 $name))); done
	done
	echo $sum
}

# turns NAME COMMAND…: each place that no packet has come to yet, under the traffic that the command begins; with only=PATTERN
# those that match. The first is without memory before there is a tunnel at all.
turns() {
	local name=$1 left=() place before=${#hit[@]}
	shift
	for place in "${places[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[ -n "${hit[$place]:-}" ] || [[ $place != ${only:-*} ]] || left+=("$place")
	done
	: >"$work/changes"
	[ ${#left[@]} -eq 0 ] || aim "${left[0]}"
	"$@"
	for place in "${left[@]}"; do try "$place"; done
	spare
	silence
	echo "# $name: $((${#hit[@]} - before)) places"
}
ends() {
	dvti_end hub spoke1 "$@"
	dvti_end spoke1 hub "$@"
}
both_ways() {
	sends hub datagrams "${tun4[spoke1]}" "${tun6[spoke1]}" "${lan6[spoke1]}"
	sends spoke1 datagrams "${tun4[hub]}" "${tun6[hub]}" "${lan6[hub]}"
}
well_again() {
	check "$1: with memory, all is well again, IPv4" ping_ok spoke1 "${tun4[hub]}" 5 -s 1000
	check "$1: with memory, all is well again, IPv6" ping_ok hub "${tun6[spoke1]}" 5 -s 4000
	for host in hub spoke1; do nl $host link-del dev=t0 >/dev/null; done
}

# counted NAME: some of the places were such that packets are lost
counted() { check "$1: packets were lost for want of memory, and counted" test "$(lost)" -gt 0; }

# What is asked for once and kept by all that follows, so nothing else may be asked for with it
segments() {
	ends
	sends hub datagrams "${tun4[spoke1]}" "${tun6[spoke1]}" "${lan6[spoke1]}"
}
# Selectors that have to be asked, xfrm policies that packets are exempt from, and addresses that are not the link's
plain() {
	local all=ts=0.0.0.0-255.255.255.255,0.0.0.0-255.255.255.255 last=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	ends sa "$all" "ts=::-$last,::-$last"
	for dir in in out; do ip -n hub xfrm policy add dir $dir src fd78::/64 dst fd79::/64 action block; done
	ip -n spoke1 route add fd10::/64 dev t0
	cat >"$work/changes" <<-END
		neigh flush dev eth0
		route flush cache
		route replace ${lan6[spoke1]%::*}::/64 dev t0
	END
	both_ways
	frames
}
# The device takes packets that the path does not.
gre_over_ipv6() {
	family=6
	ends mode=gre mtu=1500 tcp-mss=1000
	cat >"$work/changes" <<-END
		neigh flush dev eth0
		route replace default via ${v6[hub]%::*}::fe
		route replace ${tun6[hub]%::*}::/64 dev t0 proto kernel metric 256
	END
	both_ways
	frames narrow
	family=4
}
fragments() {
	ends mtu=1500 df=clear fragment=before
	cat >"$work/changes" <<-END
		route replace default via ${v4[hub]%.*}.254 advmss 1300
		route replace default via ${v4[hub]%.*}.254
	END
	both_ways
	frames narrow
}
# Between neighbours super-packets arrive as such.
super_end() { # HOST PEER WORD…
	dvti_end "$1" "$2" encap=udp local="${next_to[$1]},4500" remote="${next_to[$2]},4500" "${@:3}"
}
super() {
	super_end hub spoke1
	super_end spoke1 hub
	both_ways
	frames
}
mtu() { # OCTETS
	local dev
	for dev in "hub eth0" "spoke1 eth0" "inet to-hub" "inet to-spoke1"; do ip -n "${dev% *}" link set "${dev#* }" mtu "$1"; done
}
jumbo_cbc() {
	local aead=aes-cbc-hmac-sha256-128
	mtu 9000
	ends
	both_ways
	frames
}
no_way() {
	ends
	ip -n hub route add unreachable "${v4[spoke1]}"
	sends hub datagrams "${tun4[spoke1]}" "${tun6[spoke1]}"
}
no_sa() {
	dvti_end hub spoke1 trigger-queue=9
	nl hub sa-flush dev=t0
	super_end spoke1 hub
	run_on hub "$tools/dvti-nl" monitor
	events hub
	sends hub datagrams "${tun4[spoke1]}"
	sends spoke1 datagrams "${tun4[hub]}"
}

# --- the test -----------------------------------------------------------------------------------------------

find_places
check "of all functions that the data path calls it is known whether they ask for memory" eval \
	'printf "%s\n" "${unknown[@]}" | sort -u; [ ${#unknown[@]} -eq 0 ]'
# With a parameter it is loaded anew, and has none of the memory that a CPU keeps for the next packet.
need_module aes_gcm=auto
find_addresses
for fault in "${faults[@]}"; do
	echo N >"$fault/ignore-gfp-wait"
	echo 0 >"$fault/verbose"
	echo 32 >"$fault/stacktrace-depth"
	[ ! -e "$fault/min-order" ] || echo 0 >"$fault/min-order"
done
topology hub spoke1
declare -A next_to=([hub]=10.9.0.1 [spoke1]=10.9.0.2)
wire hub eth1 spoke1 eth1
for host in hub spoke1; do
	address $host eth1 "${next_to[$host]}/24"
	udp_socket $host gro
done

# How often all is sent that there is, unless it takes time for something to be asked for again
patience=3
only='dvti_@(batch|pages)_*' turns "segments" segments
well_again "segments"
turns "plain ESP" plain
counted "plain ESP"
check "plain ESP: nobody is told that there is no way" test "$(link_stat hub t0 tx-no-route)" -eq 0
well_again "plain ESP"
turns "AES-CBC, large packets" jumbo_cbc
counted "AES-CBC, large packets"
well_again "AES-CBC, large packets"
mtu 1500
turns "super-packets" super
well_again "super-packets"
turns "no way to the peer" no_way
ip -n hub route del unreachable "${v4[spoke1]}"
well_again "no way to the peer"
turns "GRE over IPv6" gre_over_ipv6
well_again "GRE over IPv6"
turns "fragments" fragments
counted "fragments"
well_again "fragments"
patience=15 slowly=1
turns "no SA" no_sa
: >"$work/events"
on hub ping -n -q -c 2 -i 1.1 -W 1 "${tun4[spoke1]}" >/dev/null
check "no SA: with memory, the next call for one is heard" wait_for 3 grep -q acquire "$work/events"

for place in "${places[@]}"; do
	check "$place fails" test "${hit[$place]:-0}" -gt 0
done
