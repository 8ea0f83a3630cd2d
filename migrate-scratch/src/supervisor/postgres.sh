# Runs PostgreSQL for the process at the other end of our standard input, and cleans up when that end closes.
#
# Arguments: the folder of the programs, the data directory, the log file, the directory to make at the start and remove at
# the end ('' for none), the seconds a shutdown may take, and then PostgreSQL's own arguments.
# Says ok, or what is wrong. Orders on standard input: init PASSWORD, start PORT, stop fast|immediate. Each is answered by one
# line, ok or failed.
# PostgreSQL is our own child, so that its process id can't be given to another process before we have noticed its end.

umask 077
bin=$1 data=$2 log=$3 trash=$4 shutdown_timeout=$5
shift 5
pid=

# Caught, not ignored: an ignored signal would stay ignored in PostgreSQL.
trap : HUP INT TERM PIPE

running() { [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }

# finish SIGNAL SECONDS: is PostgreSQL gone by then?
finish() {
    running || { pid=; return 0; }
    kill "-$1" "$pid"
    turns=$(($2 * 50))
    while running; do
        [ "$turns" -gt 0 ] || return 1
        turns=$((turns - 1))
        sleep 0.02
    done
    pid=
}

# The postmaster writes its process id into the first line of this file, and into the eighth that it is ready.
ready() {
    set -- "$(sed -n 1p "$data/postmaster.pid" 2>/dev/null)" "$(sed -n 8p "$data/postmaster.pid" 2>/dev/null)"
    [ "$1" = "$pid" ] && [ "${2%% *}" = ready ]
}

await() {
    turns=3000
    while running && [ "$turns" -gt 0 ]; do
        ready && return 0
        turns=$((turns - 1))
        sleep 0.02
    done
    finish QUIT 5 || finish KILL 5
    return 1
}

command_of() {
    if [ -r "/proc/$1/cmdline" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o command= -p "$1"; fi
}

# Ends what a supervisor that was killed has left in a data directory that is kept. A file whose process is gone is known to
# PostgreSQL as stale; one whose process id now belongs to another program of this user is not.
clear_leftovers() {
    pid=$(sed -n 1p "$data/postmaster.pid" 2>/dev/null)
    if running; then
        case $(command_of "$pid" 2>/dev/null) in
        *"$data"*) finish INT "$shutdown_timeout" || finish QUIT 5 || finish KILL 5 ;;
        *) rm -f "$data/postmaster.pid" ;;
        esac
    fi
    pid=
}

answer() { if [ "$1" -eq 0 ]; then echo ok; else echo failed; fi; }

if [ -z "$trash" ]; then
    clear_leftovers
    : >"$log"
elif ! mkdir "$trash" 2>/dev/null; then
    echo "could not make the directory $trash"
    exit 1
fi
echo ok

while read -r order value; do
    case $order in
    init)
        # A builtin writes the password, so that no process list shows it. It goes over the loopback device as it is: whoever
        # can listen there can read our memory, too, and SCRAM costs a client built for debugging 50 ms a connection.
        printf '%s\n' "$value" >"$data.password" &&
            "$bin/initdb" -D "$data" --username=postgres --pwfile="$data.password" --auth=password \
                --encoding=UTF8 --no-locale --no-sync --no-instructions >"$log" 2>&1 </dev/null
        status=$?
        rm -f "$data.password"
        answer "$status"
        ;;
    start)
        # Lets the shell notice the end of a PostgreSQL that something else has stopped.
        sleep 0
        if running; then
            answer 1
        else
            "$bin/postgres" -D "$data" -p "$value" "$@" >>"$log" 2>&1 </dev/null &
            pid=$!
            await
            answer $?
        fi
        ;;
    stop)
        case $value in
        immediate) finish QUIT 10 ;;
        *) finish INT "$shutdown_timeout" ;;
        esac
        answer $?
        ;;
    esac
done

leave_to_guests
finish INT "$shutdown_timeout" || finish QUIT 5 || finish KILL 5
turns=50
while [ -n "$trash" ] && [ -e "$trash" ] && [ "$turns" -gt 0 ]; do
    rm -rf "$trash" 2>/dev/null || sleep 0.1
    turns=$((turns - 1))
done
