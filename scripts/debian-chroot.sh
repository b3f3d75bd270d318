#!/usr/bin/env bash
# To be sourced by the scripts that need a server which this machine does not have: a Debian 13 in a folder, from the
# machine's own package mirror. Sets nothing but functions; `name` is the caller's, for its messages.

: "${name:?the script that sources this sets it}"

say() { printf '%s\n' "$*" >&2; }
die() { say "$name: $*"; exit 1; }

mirror() {
  # The archive this machine installs Debian from, whatever it is called.
  apt-get indextargets --format "\$(LABEL)|\$(REPO_URI)" 'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian|//p' | head -n 1
}

# make_debian DIR PACKAGE…: DIR/root, whole or not at all.
make_debian() {
  local dir="$1" from proxy
  shift
  command -v debootstrap > /dev/null || { say 'Installing debootstrap …'; apt-get install -y --no-install-recommends debootstrap debian-archive-keyring >&2; }
  from="$(mirror)"
  [ -n "$from" ] || { apt-get update >&2; from="$(mirror)"; }
  [ -n "$from" ] || die 'no Debian archive found in the sources of apt'
  rm -rf "$dir/root.new"
  mkdir -p "$dir"
  say "Making a Debian 13 with $* (once, about a minute) …"
  # What apt may reach through a proxy, debootstrap reaches through the same one.
  proxy="$(apt-config shell p Acquire::http::Proxy | sed -n "s/^p='\(.*\)'$/\1/p")"
  http_proxy="${http_proxy:-$proxy}" debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    trixie "$dir/root.new" "$from" > "$dir/debootstrap.log" 2>&1 \
    || { tail -n 5 "$dir/debootstrap.log" >&2; die "debootstrap failed; the whole of it is in $dir/debootstrap.log"; }
  # By apt and not by debootstrap's --include, which stumbles over what wants to be configured before (systemd). Nothing is
  # to be started by its installation: that is for us to do, where nobody else sees it.
  printf '#!/bin/sh\nexit 101\n' > "$dir/root.new/usr/sbin/policy-rc.d"
  chmod 755 "$dir/root.new/usr/sbin/policy-rc.d"
  http_proxy="${http_proxy:-$proxy}" DEBIAN_FRONTEND=noninteractive chroot "$dir/root.new" apt-get install -y -q --no-install-recommends "$@" > "$dir/apt.log" 2>&1 \
    || { tail -n 5 "$dir/apt.log" >&2; die "apt-get failed; the whole of it is in $dir/apt.log"; }
  mv "$dir/root.new" "$dir/root"
}

free_port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
