package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
)

// crowded serves four requests at once, in 20 ms each, and refuses all others: two hundred a
// second at most.
func crowded(t *testing.T) string {
	var busy atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer busy.Add(-1)
		if busy.Add(1) > 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// quickSearch are the arguments of a search that is as short as it can be.
func quickSearch(url, slo string, more ...string) []string {
	return append([]string{"capacity", url, "--slo", slo, "--arrivals", "even", "--first-rate", "40", "--precision", "50%",
		"--set", "capacity.probe=1s", "--set", "capacity.longest_probe=2s", "--set", "capacity.warm_up=0s", "--set", "capacity.cool_down=0s"}, more...)
}

// A search through the program: what it prints, what it keeps, and that every probe is a run.
// A busy machine may leave it without an answer, which it then says.
func TestSearch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	r := stress(t, nil, quickSearch(crowded(t), "error_rate < 20%", "--out", dir)...)
	text, err := os.ReadFile(filepath.Join(dir, result.StudyFile))
	if err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	var study result.Study
	if err := json.Unmarshal(text, &study); err != nil {
		t.Fatal(err)
	}
	c := study.Configurations[0]
	want := exitInconclusive
	if c.Verdict == result.CapacityFound || c.Verdict == result.CapacityDoomed {
		want = exitPass
	}
	r.wantCode(t, want)
	if c.Verdict == result.CapacityFound && c.HeldRPS > 300 {
		t.Errorf("carries %g/s: %s", c.HeldRPS, c.Sentence)
	}
	if !strings.Contains(unfolded(r.stdout), c.Sentence) || !strings.Contains(r.stderr, "probe 1 (alone): 1 client for 1s") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	for _, p := range c.Probes {
		if _, err := os.Stat(filepath.Join(dir, p.Dir, report.PageFile)); err != nil {
			t.Error(err)
		}
		if out := stress(t, nil, "report", filepath.Join(dir, p.Dir), "--format", "json"); !bytes.HasPrefix([]byte(out.stdout), []byte("{")) {
			t.Errorf("%s: %s", p.Dir, out.stderr)
		}
	}
	if r := stress(t, nil, "capacity", "http://127.0.0.1:1", "--slo", "error_rate < 20%", "--resume", dir); r.code != exitUsage {
		t.Errorf("a study of another target was resumed: %d, %s", r.code, r.stderr)
	}
	t.Logf("%d probes: %s", len(c.Probes), c.Sentence)
}
