package crash

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// crashes are ways in which the runtime ends a program, and a word that it says of each.
var crashes = map[string]struct {
	how  func()
	says string
}{
	"a panic":                    {func() { panic("so") }, "panic: so"},
	"a panic of another":         {func() { go panic("there"); select {} }, "panic: there"},
	"nil":                        {func() { var p *int; *p = 1 }, "nil pointer dereference"},
	"no memory":                  {func() { _ = make([]byte, 1<<46) }, "fatal error: "},
	"no stack":                   {func() { debug.SetMaxStack(1 << 16); depth = deep(0) }, "stack overflow"},
	"a fault of the program":     {func() { new(sync.Mutex).Unlock() }, "unlock of unlocked mutex"},
	"a signal that asks for it":  {func() { syscall.Kill(os.Getpid(), syscall.SIGQUIT); select {} }, "SIGQUIT"},
	"a signal that ends at once": {func() { syscall.Kill(os.Getpid(), syscall.SIGABRT); select {} }, ""},
}

var depth int

func deep(n int) int {
	if n < 0 {
		return 0
	}
	return deep(n+1) + n
}

const crashVar = "CRASH_OF_THE_TEST"

func TestMain(m *testing.M) {
	if c, ok := crashes[os.Getenv(crashVar)]; ok {
		ExitWith(5)
		c.how()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestACrashHasTheExitCodeAskedFor(t *testing.T) {
	for name, c := range crashes {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), crashVar+"="+name)
		said, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(name, err)
		}
		want := 5
		if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
			want = -1 // died of the signal
		}
		if exit.ExitCode() != want || !strings.Contains(string(said), c.says) {
			t.Errorf("%s: %v, want exit code %d; it says %.2000s", name, exit, want, said)
		}
	}
}
