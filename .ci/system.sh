#!/usr/bin/env bash
# Packages that the tests use: a browser for the pages, FUSE for power cuts, nftables for lost packets, and so on.
set -euo pipefail
packages=(alsa-utils avahi-daemon avahi-utils chromium-headless-shell dbus fuse3 iproute2 libfuse3-3 libzbar0 nftables postgresql stunnel4)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed: ${missing[*]}; the tests that need them will be skipped" >&2
    exit 0
fi
echo "installing ${missing[*]}"
apt-get -o DPkg::Lock::Timeout=900 update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 install -y -q --no-install-recommends "${missing[@]}" >/dev/null
