# The whole life of a throw-away PostgreSQL server, from its making to its removal.
#
# Standard input is a pipe that the server's owner holds open. However the owner ends, the pipe closes then,
# and this script stops the server and removes its folder. It tells its owner one line, `ready`, or else the
# log of what failed.

programs=$1
folder=$2
port=$3
# For a standby: the port of the server that it follows.
primary=$4
data=$folder/data
log=$folder/log

# What ends the owner must not end the one who cleans up after it. PIPE: the owner may be gone before `ready`.
trap '' INT TERM HUP PIPE
# The owner's folder may be closed to the account the server runs as.
cd /
export LC_ALL=C

# The folder is made here, not by the owner: it exists only while there is somebody to remove it.
mkdir -m 700 "$folder" 2>&1 || exit

fill() {
    if [ -n "$primary" ]; then
        # It is with the client's programs, which stand beside the server's own even where these are linked to.
        "$(dirname "$(readlink -f "$programs/postgres")")/pg_basebackup" --pgdata="$data" --host=127.0.0.1 --port="$primary" --username=bank \
            --wal-method=stream --checkpoint=fast --write-recovery-conf --no-sync
    else
        "$programs/initdb" --pgdata="$data" --username=bank --auth=trust --encoding=UTF8 --locale=C --no-sync
    fi
}

create() {
    fill || return

    # fsync and synchronous_commit stay on: what is tested is a server that keeps its promises.
    cat >>"$data/postgresql.conf" <<SETTINGS || return
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
max_connections = 200
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
SETTINGS

    # In template1 for the databases that tests create. A standby has them from the server that it follows.
    [ -n "$primary" ] || for database in template1 postgres; do
        echo 'CREATE EXTENSION pg_stat_statements' |
            "$programs/postgres" --single -D "$data" -c exit_on_error=on "$database" || return
    done

    "$programs/pg_ctl" --pgdata="$data" --log="$log" --wait start
}

if create </dev/null >>"$log" 2>&1; then
    echo ready
else
    tail -n 20 "$log"
fi
# The owner waits for the end of a failure's log.
exec >/dev/null 2>&1

while read -r word; do
    case $word in
    promote) "$programs/pg_ctl" --pgdata="$data" --wait promote ;;
    stop) "$programs/pg_ctl" --pgdata="$data" --mode=immediate --wait stop ;;
    start) "$programs/pg_ctl" --pgdata="$data" --log="$log" --wait start </dev/null ;;
    esac
done
"$programs/pg_ctl" --pgdata="$data" --mode=immediate --wait stop
rm -rf "$folder"
