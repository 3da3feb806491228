package attacktest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// aloneKey, of the environment, names the test in a process of its own.
const aloneKey = "STRESS_TEST_ALONE"

// Alone runs the test that calls it once more, in a process of its own with env added
// to its environment, and reports what came of it. It is true in that process, once
// setUp has run there. With setUp, which may be nil, the process has a network of its
// own; where that is not allowed the test is left out.
func Alone(t *testing.T, setUp func() error, env ...string) bool {
	t.Helper()
	if os.Getenv(aloneKey) == t.Name() {
		if setUp != nil {
			if err := setUp(); err != nil {
				t.Skipf("LEFT OUT, this system does not let a test set up its network: %v", err)
			}
		}
		return true
	}
	if setUp != nil && os.Geteuid() != 0 {
		t.Skip("LEFT OUT, only root may make a network namespace")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(t.Name(), "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run="+strings.Join(parts, "/"))
	cmd.Env = append(append(os.Environ(), aloneKey+"="+t.Name()), env...)
	cmd.WaitDelay = patient
	if setUp != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil && bytes.Contains(out, []byte("--- PASS: "+t.Name()+" ")):
	case err == nil && bytes.Contains(out, []byte("--- SKIP: "+t.Name()+" ")):
		t.Skipf("%s", out)
	case cmd.Process == nil && setUp != nil:
		t.Skipf("LEFT OUT, no network namespace is to be had: %v", err)
	default:
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
	return false
}

// FewPorts sets up a network of its own, for [Alone]: the loopback, and for connections
// the ports from first to last alone, each of them taken for a minute after use.
func FewPorts(first, last int) error {
	for name, value := range map[string]string{
		"ip_local_port_range": fmt.Sprintf("%d %d", first, last),
		"tcp_tw_reuse":        "0",
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return err
	}
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}
