#!/bin/sh
# nginx looks the name web up once, when it starts: a replica that comes later would
# never be asked. So wait until the name has as many addresses as there are REPLICAS,
# but not for ever: half a cluster is better than none, and the log says so.
want=${REPLICAS:-3}
tries=60
while :; do
    have=$(getent ahostsv4 web | cut -d' ' -f1 | sort -u | wc -l)
    [ "$have" -lt "$want" ] || exit 0
    [ "$tries" -gt 0 ] || break
    tries=$((tries - 1))
    sleep 1
done
echo "proxy: only $have of $want replicas have an address; the others get no requests" >&2
