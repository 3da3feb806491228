package swarm

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/stress-tool/stress/lab/stack"
)

// An UnableError says why this machine cannot have a Swarm, and what would help.
type UnableError struct{ Reason string }

func (e *UnableError) Error() string { return "swarm: " + e.Reason }

// packages are what a Swarm needs beside the stack's: a program, and the package of Debian that
// it is in.
var packages = []struct{ program, name string }{
	{"dockerd", "docker.io"}, {"tini", "tini"}, {"iptables", "iptables"}, {"ip", "iproute2"},
	{"unshare", "util-linux"}, {"nsenter", "util-linux"}, {"ldd", "libc-bin"},
}

// try makes what a node and the edge are made of, and nothing that stays.
const try = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
ip link add br0 type bridge
ip link add vx0 type vxlan id 7 dstport 4789 dev lo
iptables -t nat -n -L >/dev/null
iptables -n -L >/dev/null
within=/sys/fs/cgroup
[ ! -d $within/memory ] || within=$within/memory
made="$(mktemp -d $within/stress-swarm-try-XXXXXX)"
rmdir "$made"`

// Able is nil where this machine can have a Swarm, or else an [*UnableError]. It starts the engine
// of a node, and ends it.
func Able(ctx context.Context) error {
	if err := possible(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := tryEngine(ctx); err != nil {
		return errors.Join(&UnableError{"no Docker engine runs in namespaces of this machine"}, err)
	}
	return nil
}

// tryEngine starts a node that is plugged in nowhere.
func tryEngine(ctx context.Context) (err error) {
	p, err := claim()
	if err != nil {
		return err
	}
	n := p.node(0, nil)
	err = n.start(ctx)
	return errors.Join(err, n.close(), p.release())
}

// possible is an [*UnableError] where something that a Swarm is made of is missing or forbidden.
func possible(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		return &UnableError{"a Docker Swarm needs Linux, this is " + runtime.GOOS + ": the embedded lab runs here"}
	}
	var missing []string
	for _, p := range packages {
		if _, err := exec.LookPath(p.program); err != nil {
			missing = append(missing, p.name)
		}
	}
	if missing = append(missing, stack.Missing()...); len(missing) > 0 {
		return &UnableError{"not installed: " + strings.Join(missing, ", ") +
			": as root, run `apt-get install -y --no-install-recommends " + strings.Join(missing, " ") + "`"}
	}
	if os.Geteuid() != 0 {
		return &UnableError{"a Swarm needs root, for its namespaces and its network"}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", try).CombinedOutput()
	if err != nil {
		return &UnableError{fmt.Sprintf("this machine lets nobody make the namespaces of a Swarm: %v: %s", err, bytes.TrimSpace(out))}
	}
	return nil
}
