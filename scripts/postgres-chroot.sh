#!/usr/bin/env bash
# A real PostgreSQL 17 with pgvector for the tests, on Debian, beside whatever the machine has:
#   scripts/postgres-chroot.sh start    makes it if needed (about a minute, once), starts it, prints its URL as the only line on stdout
#   scripts/postgres-chroot.sh run PROGRAM …  runs one of its programs (pg_dump, pg_restore, psql) with this one's input and output
#   scripts/postgres-chroot.sh stop     stops it; the files stay for the next time
#   scripts/postgres-chroot.sh kill     ends it without notice (SIGKILL), as a crash would; `start` brings it back at the same address
#   scripts/postgres-chroot.sh remove   stops it and removes the files
# It is Debian 13 in a folder (debootstrap) from the machine's own package mirror. Needs root. The folder is
# $UNDERTONE_POSTGRES_CHROOT, or undertone/postgres-17 in the user's cache. The server listens on a free loopback port,
# runs as an unprivileged user (UNDERTONE_POSTGRES_CLUSTER=name: another cluster in the same folder, for tests that kill it), has a random password, and does not fsync: it is for tests only.
set -euo pipefail

dir="${UNDERTONE_POSTGRES_CHROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/undertone/postgres-17}"
root="$dir/root"
bin=/usr/lib/postgresql/17/bin
cluster="${UNDERTONE_POSTGRES_CLUSTER:-undertone}"
case "$cluster" in *[!a-z0-9-]*|'') echo 'postgres-chroot: UNDERTONE_POSTGRES_CLUSTER is a name of small letters, digits and dashes' >&2; exit 2 ;; esac
data="/var/lib/postgresql/$cluster"

name=postgres-chroot
# shellcheck source=scripts/debian-chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-chroot.sh"
inside() { chroot --userspec=postgres:postgres "$root" /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$@"; }

make_root() {
  [ -x "$root$bin/postgres" ] || make_debian "$dir" postgresql-17 postgresql-17-pgvector
}

make_cluster() {
  [ -f "$root$data/PG_VERSION" ] && [ -f "$dir/password" ] && return
  [ -f "$dir/password" ] || (umask 077 && head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$dir/password")
  install -m 600 -o "$(stat -c %u "$root/var/lib/postgresql")" "$dir/password" "$root/tmp/pw"
  rm -rf "$root$data"
  inside "$bin/initdb" -D "$data" --auth=scram-sha-256 --pwfile=/tmp/pw --encoding=UTF8 --locale=C.UTF-8 > "$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; die 'initdb failed'; }
  rm -f "$root/tmp/pw"
}

# Without fsync a power cut may lose what was committed. A cluster that tests kill keeps what it has confirmed: it is in
# the system's memory, which outlives the process.
durability='-c synchronous_commit=off -c full_page_writes=off'
[ "$cluster" = undertone ] || durability='-c synchronous_commit=on -c full_page_writes=on'

running() { [ -f "$root$data/postmaster.pid" ] && kill -0 "$(head -n 1 "$root$data/postmaster.pid")" 2> /dev/null; }

start() {
  make_root
  make_cluster
  if ! running; then
    local port
    # The address of the time before, where nobody has taken it: after a crash the server comes back where it was.
    port="$(cat "$root$data.port" 2> /dev/null || true)"
    if [ -z "$port" ] || (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then port="$(free_port)"; fi
    echo "$port" > "$root$data.port"
    rm -f "$root$data/postmaster.pid"
    # Shared memory by files: a bare chroot has no /dev/shm.
    inside "$bin/pg_ctl" start -w -s -D "$data" -l "$data.log" -o \
      "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c dynamic_shared_memory_type=mmap -c max_connections=200 -c fsync=off $durability" >&2 \
      || { tail -n 20 "$root$data.log" >&2; die 'PostgreSQL did not start'; }
  fi
  printf 'postgresql://postgres:%s@127.0.0.1:%s/postgres\n' "$(cat "$dir/password")" "$(sed -n 4p "$root$data/postmaster.pid")"
}

end_now() {
  running || { say 'PostgreSQL was not running.'; return 0; }
  local postmaster
  postmaster="$(head -n 1 "$root$data/postmaster.pid")"
  # Its children end by themselves when it is gone, but a new one must not meet them.
  local children
  children="$(cat "/proc/$postmaster/task/$postmaster/children")"
  # shellcheck disable=SC2086
  kill -KILL "$postmaster" $children 2> /dev/null || true
  while kill -0 "$postmaster" 2> /dev/null; do sleep 0.02; done
}

stop() {
  running || { say 'PostgreSQL was not running.'; return 0; }
  inside "$bin/pg_ctl" stop -w -s -m fast -D "$data" >&2
}

[ "$(id -u)" = 0 ] || die 'root is needed (chroot)'
case "${1:-}" in
  start) start ;;
  run) shift; program="$1"; shift; inside "$bin/$program" "$@" ;;
  stop) stop ;;
  kill) end_now ;;
  remove) stop; rm -rf "$dir" ;;
  *) die 'usage: postgres-chroot.sh start|stop|kill|remove' ;;
esac
