package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// vegeta is the program itself, which `make test` builds.
func vegeta(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("vegeta")
	if err != nil {
		t.Skip("!!! LEFT OUT: the vegeta program is not in PATH; `make test` builds it")
	}
	return path
}

// The vegeta program itself reads what --record wrote, and agrees with us.
func TestVegetaReadsARecording(t *testing.T) {
	vegeta := vegeta(t)
	url, _ := page(t, 5*time.Millisecond)
	dir := filepath.Join(t.TempDir(), "run")
	r := stress(t, nil, "run", scenario(t, url, "{type: clients-per-second, clients: 20, duration: 3s}"), "--out", dir, "--record", "--json")
	r.wantCode(t, exitPass)
	l := r.summary(t).Legs[0]

	file := filepath.Join(dir, "legs", "01-page", "results.vegeta")
	out, err := exec.Command(vegeta, "report", "-type=json", file).Output()
	if err != nil {
		t.Fatalf("vegeta report: %v", err)
	}
	var theirs struct {
		Requests    uint64         `json:"requests"`
		StatusCodes map[string]int `json:"status_codes"`
		Latencies   struct {
			P50 float64 `json:"50th"`
			Max float64 `json:"max"`
		} `json:"latencies"`
	}
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	if theirs.Requests != l.Sent || theirs.StatusCodes["200"] != 60 {
		t.Errorf("vegeta sees %d requests, %v; we sent %d", theirs.Requests, theirs.StatusCodes, l.Sent)
	}
	if got := theirs.Latencies.Max / 1e6; got < 0.998*l.Response.Max || got > 1.002*l.Response.Max {
		t.Errorf("vegeta's longest is %.4f ms, ours %.4f ms", got, l.Response.Max)
	}
	for _, args := range [][]string{{"encode", "-to=csv", file}, {"plot", file}} {
		if out, err := exec.Command(vegeta, args...).Output(); err != nil || len(out) == 0 {
			t.Errorf("vegeta %s: %v, %d bytes", args[0], err, len(out))
		}
	}
}

// erratic answers after times that differ by up to a second, and some of its answers are errors.
func erratic(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := rand.IntN(20)
		select {
		case <-time.After(time.Duration(n*n) * 3 * time.Millisecond):
		case <-t.Context().Done():
		}
		switch n % 5 {
		case 0:
			w.WriteHeader(http.StatusInternalServerError)
		case 1:
			fmt.Fprint(w, "something else")
		default:
			fmt.Fprint(w, "New record")
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// vegeta plots every recording and counts the successes that we count: with every kind of load
// and both engines, with answers that are slow and out of order, however the leg ended.
func TestVegetaPlotsEveryLoad(t *testing.T) {
	vegeta, url := vegeta(t), erratic(t)
	for name, load := range map[string]string{
		"per test":   "{type: clients-per-test, clients: 100, duration: 1s, error_threshold: 0%}",
		"per second": "{type: clients-per-second, clients: 80, duration: 1s, error_threshold: 0%}",
		"maintained": "{type: maintain-client-load, clients: 20, duration: 2s, error_threshold: 0%}",
		"rate":       "{type: rate, rate: 150/s, duration: 1s, error_threshold: 0%}",
		"stages":     "{stages: [{duration: 1s, clients: 15}, {duration: 1s, clients: 0}], error_threshold: 0%}",
		"burst":      "{type: clients-per-second, clients: 50, duration: 1s, arrivals: burst, error_threshold: 0%}",
		"timeouts":   "{type: rate, rate: 100/s, duration: 1s, timeout: 300ms, error_threshold: 0%}",
		"aborted":    "{type: maintain-client-load, clients: 20, duration: 20s, error_threshold: 5%}",
	} {
		for _, engine := range []string{"rawhttp", "nethttp"} {
			t.Run(name+" "+engine, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "run")
				r := stress(t, nil, "run", scenario(t, url, load), "--out", dir, "--record", "--json", "--set", "engine="+engine)
				l, file := r.summary(t).Legs[0], filepath.Join(dir, "legs", "01-page", "results.vegeta")
				if out, err := exec.Command(vegeta, "plot", "-output", os.DevNull, file).CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, out)
				}
				out, err := exec.Command(vegeta, "report", "-type=json", file).Output()
				var theirs struct {
					Requests uint64  `json:"requests"`
					Success  float64 `json:"success"`
				}
				if err == nil {
					err = json.Unmarshal(out, &theirs)
				}
				if got := uint64(theirs.Success*float64(theirs.Requests) + 0.5); err != nil || theirs.Requests != l.Sent || got != l.Outcomes.Success {
					t.Errorf("vegeta sees %d successes of %d, we %d of %d, %v", got, theirs.Requests, l.Outcomes.Success, l.Sent, err)
				}
			})
		}
	}
}
