#!/bin/sh
# Runs a command beside a PostgreSQL server of its own, and takes the server away afterwards:
#   sh tools/start_postgres.sh python -m pytest ...
# The command finds the server's URL in MEDSEG_TEST_DATABASE. Nothing of an installed server is touched.
set -eu

find_binaries() {
  for folder in /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb 2>/dev/null || echo /none/x)")"; do
    [ -x "$folder/initdb" ] && echo "$folder"
  done | sort -V | tail -n 1
}

binaries=$(find_binaries)
if [ -z "$binaries" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "These tests need a PostgreSQL server: on Debian or Ubuntu run 'apt-get install postgresql'" >&2
    exit 1
  fi
  echo "Installing PostgreSQL"
  apt-get update -qq
  # The package's own cluster is not wanted.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
  sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
  binaries=$(find_binaries)
fi

folder=$(mktemp -d /tmp/medseg-postgres.XXXXXX)

# PostgreSQL refuses to run as root.
as_server() {
  if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "cd '$folder' && $1"; else sh -c "$1"; fi
}

stop() {
  status=$?
  trap - EXIT INT TERM
  as_server "'$binaries/pg_ctl' -D '$folder/data' -m immediate -s stop" >/dev/null 2>&1 || true
  rm -rf "$folder"
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

[ "$(id -u)" = 0 ] && chown postgres "$folder"
as_server "'$binaries/initdb' -D '$folder/data' -A trust -U medseg -E UTF8 --locale=C.UTF-8 >'$folder/initdb.txt' 2>&1" || {
  cat "$folder/initdb.txt" >&2
  exit 1
}
# Only a socket in the temporary folder: no port is opened.
as_server "'$binaries/pg_ctl' -D '$folder/data' -s -w -l '$folder/server.txt' -o \"-k '$folder' -c listen_addresses=''\" start" || {
  cat "$folder/server.txt" >&2
  exit 1
}

MEDSEG_TEST_DATABASE="postgresql://medseg@/postgres?unix_sock=$folder/.s.PGSQL.5432"
export MEDSEG_TEST_DATABASE
"$@"
