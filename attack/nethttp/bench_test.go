package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/nethttp"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// workers is how many clients, or workers of vegeta's, keep sending.
const workers = 8

// BenchmarkEngine and BenchmarkVegeta send the same requests to the same server over
// as many kept-alive connections; what differs is what is measured on the way.
func BenchmarkEngine(b *testing.B) {
	target := benchServer(b)
	p, err := plan.New(plan.Load{Type: plan.MaintainClientLoad, Clients: workers, Duration: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	drain, n := make(chan struct{}), 0
	b.ReportAllocs()
	b.ResetTimer()
	t, err := attack.Perform(b.Context(), nethttp.New(nethttp.Options{}), attack.Job{
		Plan: p, Target: target, Settings: attack.Settings{Timeout: time.Minute},
		Requests: []attack.Request{{Name: "/", Method: "GET", Path: "/"}},
	}, time.Now(), attack.MeterConfig{
		Sink: nowhere{}, Requests: []string{"/"}, Drain: drain,
		OnDone: func(*attack.Outcome) {
			if n++; n == b.N {
				close(drain)
			}
		},
	})
	if err != nil || t.Outcomes.Success != t.Sent {
		b.Fatalf("outcomes %+v, error %v", t.Outcomes, err)
	}
}

func BenchmarkVegeta(b *testing.B) {
	target := benchServer(b)
	a := vegeta.NewAttacker(vegeta.Workers(workers), vegeta.MaxWorkers(workers))
	tr := vegeta.NewStaticTargeter(vegeta.Target{Method: "GET", URL: target.String()})
	b.ReportAllocs()
	b.ResetTimer()
	for r := range a.Attack(tr, stopAfter(b.N), 0, "") {
		if r.Error != "" {
			b.Fatal(r.Error)
		}
	}
}

// stopAfter is a pacer as fast as the workers, for so many hits.
type stopAfter uint64

func (n stopAfter) Pace(_ time.Duration, hits uint64) (time.Duration, bool) {
	return 0, hits >= uint64(n)
}

func (stopAfter) Rate(time.Duration) float64 { return 0 }

func benchServer(b *testing.B) *url.URL {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("New record created successfully"))
	}))
	b.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		b.Fatal(err)
	}
	return u
}

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Second(runlog.Second, ...hist.Interval) error { return nil }
func (nowhere) Failure(runlog.Failure) error                 { return nil }
func (nowhere) Event(runlog.Event) error                     { return nil }
