# Becomes the command given as $2…, in a process group that outlives nobody: a watcher
# in the same group waits for the end of file on descriptor 3, whose other end only the
# program that started this holds, and then kills the group, itself included. So it
# happens however that program ends. $1 is the host name to take, or empty.
#
# The kernel's parent-death signal would not do: it fires when the *thread* that
# started the child ends, and it is not inherited by the child's children.
{ read -r _ <&3; kill -s KILL 0; } </dev/null &
[ -z "$1" ] || hostname "$1" || exit 1
shift
exec "$@" 3<&-
