package testenv

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownProcessKey is the environment variable that names the test which runs in a process of its own.
const ownProcessKey = "STRESS_TEST_OWN_PROCESS"

// waitDelay is how long the output of a process is awaited after the process has ended.
const waitDelay = 20 * time.Second

// OwnProcess runs the test that calls it a second time, in a process of its own, and reports the
// result of that process to t. env is added to the environment of the process. OwnProcess returns
// false in the calling process, and true in the new one: the test goes on there.
//
//	if !testenv.OwnProcess(t, nil) {
//		return
//	}
//
// With setUp the new process has a network namespace of its own, and setUp runs in it before
// OwnProcess returns. The test is skipped where the system does not allow that. setUp may be nil.
func OwnProcess(t *testing.T, setUp func() error, env ...string) bool {
	t.Helper()
	if os.Getenv(ownProcessKey) == t.Name() {
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
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run="+pattern(t.Name()))
	cmd.Env = append(append(os.Environ(), ownProcessKey+"="+t.Name()), env...)
	cmd.WaitDelay = waitDelay
	if setUp != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil && bytes.Contains(out, []byte("--- PASS: "+t.Name()+" ")):
	case err == nil && bytes.Contains(out, []byte("--- SKIP: "+t.Name()+" ")):
		t.Skipf("%s", out)
	case cmd.Process == nil && setUp != nil:
		t.Skipf("LEFT OUT, this system does not let a test make a network namespace: %v", err)
	default:
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
	return false
}

// pattern is the value of -test.run that selects one test, or one subtest, and no other.
func pattern(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}
