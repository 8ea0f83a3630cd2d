# Removes a container when the other end of our standard input closes.
#
# Arguments: the container's name, the engine as DOCKER_HOST names it, and the seconds a shutdown may take when the data is
# kept ('' for no shutdown).
# Orders on standard input: started, failed. Each is answered by ok.

name=$1 patience=$3
DOCKER_HOST=$2
export DOCKER_HOST
turns=50 started=

trap : HUP INT TERM PIPE

remove() {
    if command -v docker >/dev/null; then
        [ -z "$patience" ] || docker stop -t "$patience" "$name" >/dev/null 2>&1
        docker rm -f -v "$name" 2>&1
    else
        socket=${DOCKER_HOST#unix://}
        api=http://localhost/containers/$name
        [ -z "$patience" ] || curl -s --unix-socket "$socket" -X POST "$api/stop?t=$patience"
        curl -s --unix-socket "$socket" -X DELETE "$api?force=true&v=true" && echo "$name"
    fi
}

# The data is kept, so the name is always the same, and a supervisor that was killed may have left a container.
[ -z "$patience" ] || remove >/dev/null 2>&1
echo ok

while read -r order; do
    case $order in
    started) started=yes && echo ok ;;
    failed) turns=1 && echo ok ;;
    esac
done

# When we were told nothing, the engine may be about to create it.
while [ "$turns" -gt 0 ]; do
    case $(remove) in
    *[Nn]"o such container"*) [ -z "$started" ] || break ;;
    *"$name"*) break ;;
    esac
    turns=$((turns - 1))
    sleep 0.1
done
