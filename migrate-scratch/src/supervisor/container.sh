# Runs a container for the process at the other end of our standard input, and removes it when that end closes.
#
# Arguments: the program (docker or podman), the container's name, the seconds a shutdown may take when the data is kept ('' to
# remove the container at once), and then the arguments of the program's command `run`.
# Says ok. Order on standard input: run PASSWORD. It is answered by one line: ok, or what the program says.
# We start the container ourselves: when our process is killed meanwhile, the container is complete before we remove it.

program=$1 name=$2 shutdown_timeout=$3
shift 3
created=

trap : HUP INT TERM PIPE

remove() {
    [ -z "$shutdown_timeout" ] || "$program" stop -t "$shutdown_timeout" "$name"
    "$program" rm -f -v "$name"
} >/dev/null 2>&1 </dev/null

# Is there no such container? An engine that does not answer does not say so.
gone() {
    left=$("$program" ps -a -q --filter "name=^$name\$" 2>/dev/null </dev/null) && [ -z "$left" ]
}

# The data is kept, so the name is always the same, and a supervisor that was killed may have left a container.
[ -z "$shutdown_timeout" ] || gone || remove
echo ok

while read -r order value; do
    case $order in
    run)
        created=yes
        # In the environment, so that no process list shows it.
        if said=$(POSTGRES_PASSWORD=$value "$program" run "$@" 2>&1 </dev/null); then
            echo ok
        else
            # Without the progress of a pull, which comes before, and the advice to read the manual.
            printf '%s\n' "$said" '(it says nothing)' | grep . | grep -v "run --help'" | tail -n 2 | head -n 1
        fi
        ;;
    esac
done

leave_to_guests
turns=50
while [ -n "$created" ] && [ "$turns" -gt 0 ]; do
    remove
    gone && break
    turns=$((turns - 1))
    sleep 0.1
done
