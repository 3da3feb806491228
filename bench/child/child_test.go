//go:build linux

package child

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	u, err := Run(t.Context(), Options{Dir: t.TempDir()}, "sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i")
	if err != nil {
		t.Fatal(err)
	}
	if string(u.Stdout) != "20000\n" || u.CPU <= 0 || u.CPU > 2*u.Wall+time.Second {
		t.Errorf("printed %q, used %v in %v", u.Stdout, u.CPU, u.Wall)
	}
}

func TestRunTellsWhyItFailed(t *testing.T) {
	u, err := Run(t.Context(), Options{}, "sh", "-c", "echo figures; echo no such host >&2; exit 3")
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != 3 || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("error %v", err)
	}
	if string(u.Stdout) != "figures\n" {
		t.Errorf("printed %q", u.Stdout)
	}
	if _, err := Run(t.Context(), Options{}, "/no/such/program"); err == nil {
		t.Error("a program that is not there ran")
	}
}

func TestRunIsBounded(t *testing.T) {
	_, err := Run(t.Context(), Options{Limit: 50 * time.Millisecond}, "sleep", "60")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestRunStaysOnItsCore(t *testing.T) {
	u, err := Run(t.Context(), Options{Core: 1}, "grep", "Cpus_allowed_list", "/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(u.Stdout)); len(got) != 2 || got[1] != "0" {
		t.Errorf("allowed on %v", got)
	}
}

func TestStopEndsAProcessThatStandsStill(t *testing.T) {
	p, err := Start(t.Context(), Options{}, "sleep", "60")
	if err != nil {
		t.Fatal(err)
	}
	p.Stop()
	if err := p.Signal(os.Interrupt); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("still there: %v", err)
	}
}

func TestWatchSeesMemory(t *testing.T) {
	w := watch(os.Getpid(), time.Millisecond)
	deadline := time.After(5 * time.Second)
	select {
	case <-deadline:
	case <-time.After(50 * time.Millisecond):
	}
	m := w.stop()
	if len(m.Samples) == 0 || m.Peak < m.Samples[0] || m.Samples[0] < 1<<20 {
		t.Errorf("%+v", m)
	}
}

func TestKilobytes(t *testing.T) {
	for _, c := range []struct {
		status string
		want   int64
		ok     bool
	}{
		{"Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n", 1 << 20, true},
		{"Name:\tx\nState:\tZ (zombie)\n", 0, false},
		{"VmRSS:\tmuch\n", 0, false},
	} {
		if got, ok := kilobytes([]byte(c.status), "VmRSS:"); got != c.want || ok != c.ok {
			t.Errorf("%q: %d, %v", c.status, got, ok)
		}
	}
}
