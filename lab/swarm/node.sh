# A node of the Swarm, as the first process of its namespaces: $1 is its host name, $2 its
# folder, $3 the cgroup above those of its containers. It waits for its network, which this
# machine plugs in from outside.
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/docker
# Each start of a task asks a registry first. A name server that does not answer would hold
# that up for 20 s; one that refuses does not.
echo 'nameserver 127.0.0.1' >"$2/resolv.conf"
mount --bind "$2/resolv.conf" /etc/resolv.conf
hostname "$1"
ip link set lo up
tries=0
until ip -4 address show dev eth0 2>/dev/null | grep -q inet; do
	tries=$((tries + 1))
	[ $tries -lt 500 ] || { echo "nobody plugged the network in"; exit 1; }
	sleep 0.02
done
# The parent of the cgroups is of this program alone, so that it can be removed after a crash.
exec tini -s -- dockerd --host "unix://$2/docker.sock" --data-root "$2/data" \
	--exec-root /run/docker/exec --pidfile /run/docker/pid \
	--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "$3"
