package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// What agents can send is measured, kept by the broker, and held against a plan before any load is sent.
func TestCalibratedFleet(t *testing.T) {
	dir := t.TempDir()
	out := upUntilTheEnd(t, "fleet", "broker", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	_, after, _ := strings.Cut(out.stdout.String(), "broker: ")
	url, _, _ := strings.Cut(after, ",")
	none := stress(t, nil, "fleet", "calibrate", "--nats", url)
	if none.code != exitUnable || !strings.Contains(none.stderr, "has no agents: start one with `stress agent --nats "+url) {
		t.Errorf("exit code %d, %s", none.code, none.stderr)
	}
	f := &secureFleet{dir: dir, url: url}
	for _, name := range []string{"n1", "n2"} {
		upUntilTheEnd(t, "agent", "--nats", url, "--name", name)
	}
	f.agentsBy(t, nil, "n1", "n2")
	var served atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		fmt.Fprintln(w, "ok")
	}))
	defer target.Close()
	run := func(rate string) ran {
		return stress(t, nil, "run", target.URL, "--type", "rate", "--rate", rate, "--duration", "1s", "--out", filepath.Join(t.TempDir(), "run"),
			"--agents", "2", "--nats", url, "--set", "thresholds=[]", "--report", "summary")
	}
	if r := run("10"); !strings.Contains(r.stderr, "note: it is not known what 2 agents can send (n1 and n2): measure it with stress fleet calibrate") {
		t.Errorf("exit code %d, %s", r.code, r.stderr)
	}
	f.agentsBy(t, nil, "n1", "n2")
	r := stress(t, nil, "fleet", "calibrate", "--nats", url)
	r.wantCode(t, exitPass)
	if !strings.HasPrefix(r.stdout, "agent  can send") || !strings.Contains(r.stdout, "\nn1 ") || !strings.Contains(r.stdout, "\nn2 ") || !strings.Contains(r.stdout, " requests/s ") {
		t.Errorf("%s", r.stdout)
	}
	f.agentsBy(t, nil, "n1", "n2")
	before := served.Load()
	r = run("900000")
	if r.code != exitUnable || !strings.Contains(r.stderr, "2 agents can send about ") || !strings.Contains(r.stderr, "/s, 900 000/s were asked") || !strings.Contains(r.stderr, "stress fleet calibrate") {
		t.Errorf("exit code %d, %s", r.code, r.stderr)
	}
	if n := served.Load(); n != before {
		t.Errorf("%d requests were sent in spite of that", n-before)
	}
	r = begun(func() ran {
		f.agentsBy(t, nil, "n1", "n2")
		before = served.Load()
		return run("10")
	})
	if strings.Contains(r.stderr, "it is not known") || served.Load() != before+10 {
		t.Errorf("exit code %d, %d requests, %s", r.code, served.Load()-before, r.stderr)
	}
}
