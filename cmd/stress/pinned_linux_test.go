package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"golang.org/x/sys/unix"
)

// A generator on a busy core reads answers late. The kernel's timestamps show that they came
// long before.
func TestAGeneratorOnABusyCore(t *testing.T) {
	url, _ := page(t, 2*time.Millisecond)
	load := "{type: maintain-client-load, clients: 32, duration: 5s}"
	// rawhttp sleeps so much that the scheduler prefers it to all others.
	cmd, out := command(t, nil, "run", scenario(t, url, load), "--set", "engine=nethttp", "--out", filepath.Join(t.TempDir(), "run"), "--json")
	onOneCore(t, func() {
		for range 4 {
			spin(t)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	})
	r := wait(t, cmd.Wait(), out)
	l := r.summary(t).Legs[0]
	if l.Generator.QueueP99MS <= 5 {
		t.Errorf("one answer in a hundred waited %v ms, on a core that five processes share", l.Generator.QueueP99MS)
	}
	// If the server gets little of a processor either, the target is nearly as slow as the generator.
	if 2*l.Service.At(metric.P99) < l.Generator.QueueP99MS {
		r.wantLimited(t, "in the generator's own queue")
	}
}

// onOneCore runs every process that start starts on one core, the last that this process may
// use.
func onOneCore(t *testing.T, start func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var was, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		t.Fatal(err)
	}
	for cpu := range 8 * len(was) * 8 {
		if was.IsSet(cpu) {
			one.Zero()
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	defer unix.SchedSetaffinity(0, &was)
	start()
}

// spin keeps a core busy until the test is over.
func spin(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}
