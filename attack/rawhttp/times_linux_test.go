package rawhttp_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/nethttp"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/rawhttp"
	"github.com/stress-tool/stress/runlog"
)

// Both engines measure the same of one server over TLS: their medians differ by no more than those of
// one engine do from run to run, and a twentieth of the server's time.
func TestEnginesMeasureTheSame(t *testing.T) {
	const (
		delay   = 5 * time.Millisecond
		allowed = delay / 20
		repeats = 5
	)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay) // the server's work
		io.WriteString(w, "New record created successfully")
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	engines := map[string]attack.Engine{"rawhttp": rawhttp.New(rawhttp.Options{}), "nethttp": nethttp.New(nethttp.Options{})}
	medians, noise := map[string][]time.Duration{}, time.Duration(0)
	stamped := map[string]bool{}
	for range repeats {
		for name, e := range engines {
			median, ok := medianService(t, e, target)
			medians[name], stamped[name] = append(medians[name], median), stamped[name] || ok
		}
	}
	for name, ms := range medians {
		if !stamped[name] {
			t.Errorf("%s: no answer has the kernel's stamp", name)
		}
		slices.Sort(ms)
		noise = max(noise, ms[repeats-1]-ms[0])
		t.Logf("%s: %v", name, ms)
	}
	raw, net := medians["rawhttp"][repeats/2], medians["nethttp"][repeats/2]
	if (raw - net).Abs() > noise+allowed {
		t.Errorf("medians of rawhttp %v, of nethttp %v; their noise is %v", raw, net, noise)
	}
}

// medianService is the median of the service times of 50 requests one after the other, and whether the kernel
// stamped answers to them.
func medianService(t *testing.T, e attack.Engine, target *url.URL) (median time.Duration, stamped bool) {
	t.Helper()
	const n = 50
	p, err := plan.New(plan.Load{Type: plan.MaintainClientLoad, Clients: 1, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	drain := make(chan struct{})
	totals, err := attack.Perform(t.Context(), e, attack.Job{
		Plan: p, Target: target, Insecure: true, Settings: attack.Settings{Timeout: time.Minute}, Requests: []attack.Request{{Name: "/", Path: "/"}},
	}, time.Now(), attack.MeterConfig{Sink: nowhere{}, Requests: []string{"/"}, Drain: drain, OnDone: func(o *attack.Outcome) {
		if times = append(times, o.Done-o.Sent); len(times) == n {
			close(drain)
		}
		if o.Class == runlog.Success && !o.Stamped && stamped && len(times) > n/5 { // the kernel begins to stamp in its own time
			t.Errorf("%s: an answer without the kernel's stamp", e.Name())
		}
		stamped = stamped || o.Stamped
	}})
	if err != nil || totals.Outcomes.Success != totals.Sent {
		t.Fatalf("%s: outcomes %+v, error %v", e.Name(), totals.Outcomes, err)
	}
	slices.Sort(times)
	return times[len(times)/2], stamped
}
