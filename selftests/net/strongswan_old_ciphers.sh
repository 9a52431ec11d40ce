#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# What only old or small devices have, and what does not encrypt, after the ciphers of strongswan_ciphers.sh.
. "$(dirname "$0")/strongswan_ciphers.sh"

variant aes-ccm-128/icv8 'encryption = {"aes-ccm-128/icv8"}'
variant 3des/md5 'encryption = {"3des"} integrity = {"md5"}'
variant aes-gmac-256 'encryption = {"aes-gmac-256"} allow-unencrypted = true'
variant null/sha256 'encryption = {"null"} integrity = {"sha256"} allow-unencrypted = true'
