# Other processes may use a server whose data stays. Each has a file in $MIGRATE_SCRATCH_GUESTS that begins with its process id,
# and finds the server by the note $MIGRATE_SCRATCH_NOTE. Both variables are empty for a server of one process.

alive() {
    if state=$(ps -o stat= -p "$1" 2>/dev/null); then
        case $state in '' | Z*) return 1 ;; esac
    else
        [ -d "/proc/$1" ]
    fi
}

in_use() {
    for guest in "$MIGRATE_SCRATCH_GUESTS"/*; do
        [ -e "$guest" ] || continue
        process=${guest##*/}
        alive "${process%%-*}" && return 0
        rm -f "$guest"
    done
    return 1
}

# Comes back when the last guest has left. The owner is told, and need not wait for that.
leave_to_guests() {
    [ -n "$MIGRATE_SCRATCH_GUESTS" ] || return 0
    told=
    while :; do
        while in_use; do
            [ -n "$told" ] || { echo kept; exec >/dev/null; told=yes; }
            sleep 0.2
        done
        # Without the note nobody joins. Who has joined meanwhile gets it back.
        mv "$MIGRATE_SCRATCH_NOTE" "$MIGRATE_SCRATCH_NOTE.gone" 2>/dev/null
        in_use || break
        mv "$MIGRATE_SCRATCH_NOTE.gone" "$MIGRATE_SCRATCH_NOTE" 2>/dev/null
    done
    rm -f "$MIGRATE_SCRATCH_NOTE.gone"
}

