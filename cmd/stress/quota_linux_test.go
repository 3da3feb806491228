package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// setGroup writes into a file that must be there already: the kernel makes it in every control
// group.
func setGroup(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// controlGroup makes a group whose processes have a twentieth of a processor together, and
// returns the file to which a process writes its number to join. It skips the test where this
// system does not allow that.
func controlGroup(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("stress-test-%d", os.Getpid())
	var faults []error
	for parent, quota := range map[string]map[string]string{
		"/sys/fs/cgroup/cpu": {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "5000"},
		"/sys/fs/cgroup":     {"cpu.max": "5000 100000"},
	} {
		dir := filepath.Join(parent, name)
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			t.Cleanup(func() { os.Remove(dir) })
		}
		for file, text := range quota {
			err = errors.Join(err, setGroup(filepath.Join(dir, file), text))
		}
		if err == nil {
			return filepath.Join(dir, "cgroup.procs")
		}
		faults = append(faults, err)
	}
	t.Skip("no control group can be made here: ", errors.Join(faults...))
	return ""
}

// A container may use less than its machine has, and what it may use is what counts.
func TestAGeneratorInAControlGroup(t *testing.T) {
	procs := controlGroup(t)
	url, _ := page(t, 0)
	cmd, out := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 8, duration: 3s}"), "--out", filepath.Join(t.TempDir(), "run"), "--json")
	program := cmd.Path
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `echo $$ >` + procs + ` && exec "$0" "$@"`, program}, cmd.Args[1:]...)
	r := wait(t, cmd.Run(), out)
	r.wantCode(t, exitInvalid)
	a := r.summary(t)
	if a.Run.Machine.Quota != 0.05 {
		t.Errorf("a quota of %v processors, want 0.05", a.Run.Machine.Quota)
	}
	g := a.Legs[0].Generator
	if g.CPU < 0.5 || g.CPUMax > 1 { // of the machine it would be one part in forty
		t.Errorf("%+v", g)
	}
}
