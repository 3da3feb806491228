package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A run that is killed leaves no agent, and of its broker a directory that the next run removes.
func TestWhatAKilledFleetLeaves(t *testing.T) {
	var came atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer target.Close()
	temporary := t.TempDir()
	env := []string{"TMPDIR=" + temporary}
	killed, said := command(t, env, "run", target.URL, "--type", "rate", "--rate", "50", "--duration", "60s", "--agents", "2", "--out", filepath.Join(t.TempDir(), "run"))
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the load", func(context.Context) error {
		if came.Load() < 20 {
			return fmt.Errorf("%d requests came: %s", came.Load(), said.stderr.String())
		}
		return nil
	})
	if n := len(processesOf(t, env[0])); n != 3 {
		t.Errorf("%d processes are there, want the run and two agents", n)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	await(t, "the agents' end", func(context.Context) error {
		if all := processesOf(t, env[0]); len(all) > 0 {
			return fmt.Errorf("%q are there", all)
		}
		return nil
	})
	target.CloseClientConnections() // and what they had asked is counted
	ended := came.Load()
	left, err := filepath.Glob(filepath.Join(temporary, "*"))
	if err != nil || len(left) != 1 || !strings.HasPrefix(filepath.Base(left[0]), "stress-broker-") {
		t.Fatalf("it leaves %q, %v", left, err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left[0], old, old); err != nil {
		t.Fatal(err)
	}
	begun(func() ran {
		return stress(t, env, "run", target.URL, "--type", "rate", "--rate", "10", "--duration", "1s", "--agents", "1", "--set", "thresholds=[]", "--out", filepath.Join(t.TempDir(), "run"))
	}).wantCode(t, exitPass)
	if left, err := filepath.Glob(filepath.Join(temporary, "*")); err != nil || len(left) > 0 {
		t.Errorf("the next run leaves %q, %v", left, err)
	}
	if n := came.Load(); n != ended+10 {
		t.Errorf("%d requests came when the run had been killed", n-ended-10)
	}
}

// processesOf are the processes in whose environment an entry stands.
func processesOf(t *testing.T, entry string) (all []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil && bytes.Contains(append([]byte{0}, b...), []byte("\x00"+entry+"\x00")) {
			all = append(all, file)
		}
	}
	return all
}
