#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Every transform that esp_transforms.sh leaves out.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2034 # read there
transforms=$(echo aes-ccm-8 {3des-cbc,null}-hmac-{md5-96,sha1-96,sha256-128,sha384-192,sha512-256})
. "$here/esp_transforms.sh"
