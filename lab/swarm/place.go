package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/lab/process"
)

// base is where the folders of all Swarms of this machine are. Only root can write there.
const base = "/var/lib/stress-swarm"

// most is how many Swarms a machine can have at once.
const most = 16

// place is what one Swarm has of the machine: a number, and by it a folder, a link, a cgroup
// and the addresses 10.77.NUMBER.0/24. A lock, which the kernel drops with the process, tells
// whether whoever took it still lives.
type place struct {
	number int
	lock   *os.File
}

func (p *place) dir() string { return filepath.Join(base, strconv.Itoa(p.number)) }
func (p *place) path(parts ...string) string {
	return filepath.Join(append([]string{p.dir()}, parts...)...)
}
func (p *place) link() string            { return fmt.Sprintf("stress-sw%d", p.number) }
func (p *place) cgroup() string          { return fmt.Sprintf("/stress-swarm-%d", p.number) }
func (p *place) address(host int) string { return fmt.Sprintf("10.77.%d.%d", p.number, host) }

// claim takes a free place, and cleans what a dead one left there.
func claim() (*place, error) {
	if err := os.MkdirAll(base, 0o755); err != nil {
		return nil, err
	}
	for number := range most {
		p, err := lock(number)
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := errors.Join(p.clean(), os.Mkdir(p.dir(), 0o755)); err != nil {
			return nil, errors.Join(err, p.lock.Close())
		}
		return p, nil
	}
	return nil, fmt.Errorf("%d Swarms are up on this machine: end some", most)
}

// errTaken says that a living process has the place.
var errTaken = errors.New("taken")

// lock takes a place if nobody has it, and writes this process's number into its lock.
func lock(number int) (*place, error) {
	f, err := os.OpenFile(filepath.Join(base, fmt.Sprintf("%d.lock", number)), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = errTaken
		}
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid()))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &place{number: number, lock: f}, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// start runs a command in the place's folder, and notes its number there for clean.
func (p *place) start(c process.Command) (*process.Process, error) {
	started, err := c.Start()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p.path("processes"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		_, err = fmt.Fprintln(f, started.PID())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, errors.Join(err, started.Kill())
	}
	return started, nil
}

// release cleans the place and gives it back.
func (p *place) release() error { return errors.Join(p.clean(), p.lock.Close()) }

// clean removes what the place has of the machine. Processes end with the one that started
// them; those that did not are killed, if their command still names the folder.
func (p *place) clean() error {
	list, err := os.ReadFile(p.path("processes"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, pid := range strings.Fields(string(list)) {
		command, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
		if err != nil || !bytes.Contains(command, []byte(p.dir()+"/")) {
			continue // ended, and the number may be another's now
		}
		if group, err := strconv.Atoi(pid); err == nil && group > 1 {
			syscall.Kill(-group, syscall.SIGKILL)
		}
	}
	return errors.Join(p.removeLink(), p.removeCgroups(), os.RemoveAll(p.dir()))
}

// removeLink removes the link to the edge. The kernel does so too once it has collected the
// network namespace of the edge, but it collects those of all containers one after the other,
// which on a busy machine takes longer than anybody waits.
func (p *place) removeLink() error {
	return eventually(func() error {
		if _, err := os.Stat("/sys/class/net/" + p.link()); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return output(context.Background(), "ip", "link", "delete", p.link())
	})
}

// removeCgroups removes the cgroups of the containers, which dockerd leaves when it is killed:
// one folder per controller, or a single one.
func (p *place) removeCgroups() error {
	for _, pattern := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
		roots, _ := filepath.Glob(pattern + p.cgroup()) // fails only for a malformed pattern
		for _, root := range roots {
			if err := eventually(func() error { return removeCgroup(root) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeCgroup removes a cgroup with all below it. Its files go with their folder.
func removeCgroup(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			err = errors.Join(err, removeCgroup(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(err, syscall.Rmdir(dir))
}

// eventually tries for as long as the kernel may take to collect dead processes.
func eventually(try func() error) error {
	const every = 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return await(ctx, every, try)
}

// await tries until there is no error, or ctx has ended.
func await(ctx context.Context, every time.Duration, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(every):
		}
	}
}
