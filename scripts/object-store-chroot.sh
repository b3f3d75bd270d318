#!/usr/bin/env bash
# A real S3 server for the tests, on Debian: Ceph's object gateway over a cluster of one monitor and one disk in memory.
#   scripts/object-store-chroot.sh start    makes it if needed (about a minute, once), starts it empty, prints http://KEY:SECRET@127.0.0.1:PORT as the only line on stdout
#   scripts/object-store-chroot.sh stop     stops it; what was stored is gone, the programs stay for the next time
#   scripts/object-store-chroot.sh remove   stops it and removes the files
# It is Debian 13 in a folder (debootstrap) from the machine's own package mirror. Needs root. The folder is
# $UNDERTONE_OBJECT_STORE_CHROOT, or undertone/object-store in the user's cache. Everything listens on free loopback ports
# and runs as an unprivileged user; the access key is random. One copy of everything, in memory: for tests only.
set -euo pipefail

dir="${UNDERTONE_OBJECT_STORE_CHROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/undertone/object-store}"
root="$dir/root"
name=object-store-chroot
# shellcheck source=scripts/debian-chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-chroot.sh"
# Ceph's files of this cluster, as the programs inside see them.
state=/var/lib/ceph/undertone
inside() { chroot --userspec=ceph:ceph "$root" /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 HOME="$state" "$@"; }
random() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; }

configure() {
  cat > "$root$state/ceph.conf" << EOF
[global]
fsid = $1
mon_host = v2:127.0.0.1:$2
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
# Nobody else reaches it: loopback, and for the length of a test run.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Without keys nothing can be encrypted, which is what the gateway asks for by default.
ms_mon_client_mode = crc
keyring = $state/none
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
mon_max_pg_per_osd = 1000
mon_data = $state/mon
osd_data = $state/osd
osd_journal =
osd_class_load_list = *
run_dir = $state
admin_socket =
log_file = $state/\$name.log
[client]
rgw_frontends = beast endpoint=127.0.0.1:$3
rgw_data = $state/rgw
# A key of the gateway's own for server-side encryption (aws:kms), over plain HTTP since it stays on this machine.
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = undertone-tests=$(head -c 32 /dev/urandom | base64)
# Keys that the store manages itself (AES256) Ceph takes from a Vault only.
rgw_crypt_sse_s3_backend = vault
rgw_crypt_sse_s3_vault_secret_engine = transit
rgw_crypt_sse_s3_vault_auth = token
rgw_crypt_sse_s3_vault_addr = http://127.0.0.1:$4
rgw_crypt_sse_s3_vault_prefix = /v1/transit
rgw_crypt_sse_s3_vault_token_file = $state/vault-token
EOF
}

launch() { # launch NAME PROGRAM ARGUMENTS…: in the background; its id in NAME.pid
  local part="$1"
  shift
  # `exec`, so that the id is the program's own and not that of a shell around it.
  (exec chroot --userspec=ceph:ceph "$root" /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 HOME="$state" "$@") > "$dir/$part.out" 2>&1 < /dev/null &
  echo $! > "$dir/$part.pid"
}

alive() { [ -f "$dir/$1.pid" ] && kill -0 "$(cat "$dir/$1.pid")" 2> /dev/null; }

start() {
  [ -x "$root/usr/bin/radosgw" ] || make_debian "$dir" ceph-mon ceph-osd radosgw
  if ! alive rgw; then
    stop
    local fsid monitor gateway vault key secret token
    fsid="$(cat /proc/sys/kernel/random/uuid)"
    monitor="$(free_port)" gateway="$(free_port)" vault="$(free_port)" key="$(random 10)" secret="$(random 20)" token="$(random 20)"
    rm -rf "${root:?}$state"
    install -d -m 700 -o "$(stat -c %u "$root/var/lib/ceph")" -g "$(stat -c %g "$root/var/lib/ceph")" "$root$state" "$root$state/mon" "$root$state/osd" "$root$state/rgw"
    configure "$fsid" "$monitor" "$gateway" "$vault"
    install -m 600 -o "$(stat -c %u "$root/var/lib/ceph")" -g "$(stat -c %g "$root/var/lib/ceph")" /dev/null "$root$state/vault-token"
    printf '%s' "$token" > "$root$state/vault-token"
    node "$(dirname "${BASH_SOURCE[0]}")/vault-stand-in.mjs" "$vault" "$token" > "$dir/vault.out" 2>&1 < /dev/null &
    echo $! > "$dir/vault.pid"
    local conf="--conf=$state/ceph.conf"
    inside monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor]" "$state/monmap" >&2
    inside ceph-mon "$conf" --mkfs -i a --monmap "$state/monmap" >&2
    launch mon ceph-mon "$conf" -f -i a
    inside ceph "$conf" --connect-timeout 30 osd new "$fsid" >&2 || die 'the monitor did not answer'
    inside ceph-osd "$conf" -i 0 --mkfs --osd-uuid "$fsid" >&2
    launch osd ceph-osd "$conf" -f -i 0
    inside timeout 60 radosgw-admin "$conf" user create --uid undertone --display-name tests --access-key "$key" --secret-key "$secret" > "$dir/user.json" 2> "$dir/user.log" || { tail -n 5 "$dir/user.log" >&2; die 'the user could not be made'; }
    launch rgw radosgw "$conf" -f -n client.rgw
    printf 'http://%s:%s@127.0.0.1:%s\n' "$key" "$secret" "$gateway" > "$dir/url"
    local tries=0
    until curl -s -o /dev/null "http://127.0.0.1:$gateway/"; do
      tries=$((tries + 1))
      if [ "$tries" -ge 300 ] || ! alive rgw; then
        tail -n 5 "$dir/rgw.out" >&2
        die 'the gateway did not start'
      fi
      sleep 0.2
    done
  fi
  cat "$dir/url"
}

stop() {
  local part
  for part in rgw osd mon vault; do
    # In memory and thrown away: there is nothing to save.
    alive "$part" && kill -9 "$(cat "$dir/$part.pid")"
    rm -f "$dir/$part.pid"
  done
  return 0
}

[ "$(id -u)" = 0 ] || die 'root is needed (chroot)'
case "${1:-}" in
  start) start ;;
  stop) stop ;;
  remove) stop; rm -rf "$dir" ;;
  *) die 'usage: object-store-chroot.sh start|stop|remove' ;;
esac
