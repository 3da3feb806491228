# Holds the network that the nodes are plugged into, and keeps it while nobody else is in it.
# $1 is its address.
set -e
ip link set lo up
ip link add br0 type bridge
ip address add "$1/24" dev br0
ip link set br0 up
while sleep 1000; do :; done
