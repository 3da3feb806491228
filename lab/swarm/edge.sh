# Holds the network that the nodes are plugged into, and keeps it while nobody else is in it.
# $1 is its address.
set -e
ip link set lo up
# An address of its own: otherwise it takes that of a cable, and another one when that is pulled.
ip link add br0 address 02:00:0a:4d:00:0a type bridge
ip address add "$1/24" dev br0
ip link set br0 up
while sleep 1000; do :; done
