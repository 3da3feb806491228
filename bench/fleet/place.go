//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// place is where agents run as if each had a small machine of its own: a network namespace
// on one bridge, and a control group that leaves it a part of a processor.
type place struct {
	name   string // of bridge, namespaces and groups, each with a number behind it
	agents int
	share  float64 // of a processor, for each agent
	home   string  // the control group that this process left; "" if it did not
}

// period is that of the quota. What has used its part waits for the rest of the period, so
// a period of 100 ms, the default, would look as if the machine stood still.
const period = 10 * time.Millisecond

// lay makes the place; [place.clear] removes it, also what is left of one that was killed.
func lay(ctx context.Context, agents int, share float64) (*place, error) {
	p := &place{name: "stress-fl", agents: agents, share: share}
	if err := p.clear(); err != nil {
		return nil, err
	}
	steps := []string{
		"ip link add %[1]s type bridge",
		"ip addr add %[2]s/24 dev %[1]s",
		"ip link set %[1]s up",
	}
	for i := range agents {
		n := strconv.Itoa(i)
		steps = append(steps,
			"ip netns add %[1]s"+n,
			"ip link add %[1]s"+n+" type veth peer name eth0 netns %[1]s"+n,
			"ip link set %[1]s"+n+" master %[1]s up",
			"ip -n %[1]s"+n+" addr add "+p.address(i+2)+"/24 dev eth0",
			"ip -n %[1]s"+n+" link set eth0 up",
			"ip -n %[1]s"+n+" link set lo up",
		)
	}
	for _, s := range steps {
		argv := strings.Fields(strings.NewReplacer("%[1]s", p.name, "%[2]s", p.address(1)).Replace(s))
		if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out), p.clear())
		}
	}
	for i := range agents {
		if err := p.limit(i); err != nil {
			return nil, errors.Join(err, p.clear())
		}
	}
	if err := p.settle(); err != nil {
		return nil, errors.Join(err, p.clear())
	}
	return p, nil
}

// settle gives this process, and with it all that it starts, a control group that nothing else of the machine
// takes time from. A nice value would do that within a session only, where the kernel groups tasks by those.
func (p *place) settle() error {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	dir, two := p.group(p.agents)
	root, home := filepath.Dir(dir), "/"
	for line := range strings.Lines(string(groups)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && (two && f[1] == "" || !two && slices.Contains(strings.Split(f[1], ","), "cpu")) {
			home = f[2]
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	p.home = filepath.Join(root, home)
	name, most := weight(two)
	return errors.Join(os.WriteFile(filepath.Join(dir, name), []byte(most), 0), join(dir))
}

// weight is the file of a control group with its weight, and the greatest there is.
func weight(two bool) (name, most string) {
	if two {
		return "cpu.weight", "10000"
	}
	return "cpu.shares", "262144"
}

// join moves this process into a control group.
func join(dir string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
}

// address is that of a host on the bridge; the first is the bridge's own.
func (p *place) address(host int) string { return "10.79.0." + strconv.Itoa(host) }

// group is the control group of an agent, and behind the last that of everything else of the bench: of version 2 where that has the processors, else
// of version 1.
func (p *place) group(i int) (dir string, two bool) {
	root := "/sys/fs/cgroup"
	controllers, err := os.ReadFile(root + "/cgroup.controllers")
	two = err == nil && strings.Contains(string(controllers), "cpu")
	if !two {
		root += "/cpu"
	}
	return filepath.Join(root, p.name+strconv.Itoa(i)), two
}

func (p *place) limit(i int) error {
	dir, two := p.group(i)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	quota := strconv.FormatInt((time.Duration(p.share * float64(period))).Microseconds(), 10)
	every := strconv.FormatInt(period.Microseconds(), 10)
	// What else runs on the machine must not take the part that an agent may have.
	heavy, most := weight(two)
	files := map[string]string{"cpu.cfs_quota_us": quota, heavy: most}
	if two {
		files = map[string]string{"cpu.max": quota + " " + every, heavy: most}
	} else if err := os.WriteFile(filepath.Join(dir, "cpu.cfs_period_us"), []byte(every), 0); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0); err != nil {
			return fmt.Errorf("control group: %w", err)
		}
	}
	return nil
}

// inside is the command that runs argv in the place of an agent. It joins the control group first: in the
// namespace there is another /sys, without control groups.
func (p *place) inside(i int, argv ...string) []string {
	dir, _ := p.group(i)
	join := fmt.Sprintf(`echo $$ > %s/cgroup.procs && exec ip netns exec %s%d "$@"`, dir, p.name, i)
	return append([]string{"sh", "-c", join, "sh"}, argv...)
}

// clear removes the place. What is not there is no error.
func (p *place) clear() error {
	var errs []error
	if p.home != "" {
		errs, p.home = append(errs, join(p.home)), ""
	}
	for i := range mostAgents + 1 {
		n := p.name + strconv.Itoa(i)
		dir, _ := p.group(i)
		errs = append(errs, gone("/run/netns/"+n, "ip", "netns", "delete", n), gone("/sys/class/net/"+n, "ip", "link", "delete", n), removed(dir))
	}
	return errors.Join(append(errs, gone("/sys/class/net/"+p.name, "ip", "link", "delete", p.name))...)
}

// gone removes what a file stands for by a command.
func gone(file string, argv ...string) error {
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if _, still := os.Lstat(file); err == nil || errors.Is(still, fs.ErrNotExist) {
		return nil // the other end of a cable takes its own time
	}
	return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
}

// removed removes a control group, which is busy until its last process has been collected.
func removed(dir string) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Rmdir(dir)
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist):
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("removing control group %s: %w", dir, err)
		}
	}
}
