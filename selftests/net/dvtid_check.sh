#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dvtid --check as an administrator uses it: before anything runs, without privilege, with an exit status that
# a deployment script can rely on, and with every mistake named at once.
. "$(dirname "$0")/lib.sh"

file=$work/dvti.conf
check_file() { "$bin/dvtid" --check "$file"; }
status_is() { local rc; check_file >/dev/null 2>&1; rc=$?; [ "$rc" -eq "$1" ] || { echo "status $rc"; return 1; }; }
says() {
	local out
	out=$(check_file 2>&1)
	grep -qF -- "$1" <<<"$out" || { echo "no \"$1\" in: $out"; return 1; }
}

umask 077
cat >"$file" <<-END
	ikev2-profile "hub" {
		peer = "hub.example.com"
		pre-shared-key = "a secret"
	}
END
check "a good file has status 0" status_is 0

cat >"$file" <<-END
	transform-set "branch" {
		encryption = {"aes-cbc-256"}
		integrity = {"sha-256"}
	}
	pool "p4" { range = "10.99.0.9-10.99.0.2" }
	ikev2-profile "hub" {
		pear = "hub.example.com"
	}
END
check "a bad one has status 1" status_is 1
check "an unknown option is named, with the nearest" says "$file:7: ikev2-profile \"hub\": unknown option \"pear\" (did you mean \"peer\"?)"
sed -i s/pear/peer/ "$file"
check "then an unknown word, with what is known" \
	says "$file:3: transform-set \"branch\": unknown integrity \"sha-256\" (did you mean \"sha256\"?); known: sha256 sha384 sha512 sha1"
check "and in the same run a wrong range" says "$file:5: pool \"p4\": range \"10.99.0.9-10.99.0.2\" is neither \"first-last\" of one family, the lower first, nor a prefix"
check "and a key that is missing" says "ikev2-profile \"hub\": no key"
check "which is status 1 as well" status_is 1

printf 'ikev2-profile "hub" { pre-shared-key = "a secret" peer = "h" dpd = "soon" }' >"$file"
check "no message shows a key" not says "a secret"
rm "$file"
check "a file that is not there has status 1" status_is 1
check "and says so" says "No such file"
usage() { "$bin/dvtid" --no-such-option; [ $? -eq 2 ]; }
check "wrong usage has status 2" usage
