package attack_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// script is an engine that sends what it is told, on the test's clock: one
// goroutine per start of the plan.
type script struct {
	// answer says what becomes of the n-th request and how long it takes.
	answer func(n uint64) (runlog.Class, time.Duration)
	// double reports every outcome twice: a broken engine.
	double bool
}

func (script) Name() string { return "script" }

func (s script) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for st := range job.Plan.Starts() {
		select {
		case <-time.After(st.Due - m.Now()):
		case <-ctx.Done():
			return nil
		case <-m.Draining():
			return nil
		}
		wg.Go(func() {
			m.Join()
			defer m.Leave()
			class, took := s.answer(st.N)
			o := attack.Outcome{Client: st.N, Due: st.Due, Sent: m.Now(), Class: class, Reason: class.String(), BytesReceived: 10}
			m.Sent(o.Due)
			select {
			case <-time.After(took):
			case <-ctx.Done():
				o.Class = runlog.Cut
			}
			o.Done = m.Now()
			m.Done(&o)
			if s.double {
				m.Done(&o)
			}
		})
	}
	return nil
}

// memory is a sink that keeps all.
type memory struct {
	mu       sync.Mutex
	seconds  []runlog.Second
	response *hist.Histogram
	failures []runlog.Failure
	events   []runlog.Event
	fail     error
}

func (s *memory) Second(sec runlog.Second, ivs ...hist.Interval) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seconds = append(s.seconds, sec)
	for _, iv := range ivs {
		if iv.Tag == runlog.TagResponse {
			if s.response == nil {
				s.response = hist.New()
			}
			s.response.Merge(iv.Hist)
		}
	}
	return s.fail
}

func (s *memory) Failure(f runlog.Failure) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, f)
	return nil
}

func (s *memory) Event(e runlog.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
	return nil
}

func job(t interface{ Fatal(...any) }, l plan.Load) attack.Job {
	p, err := plan.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return attack.Job{Plan: p, Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Requests: []attack.Request{{Name: "GET /", Method: "GET", Path: "/"}}}
}

func config(s attack.Sink) attack.MeterConfig {
	return attack.MeterConfig{Sink: s, Requests: []string{"GET /"}}
}

func always(c runlog.Class, d time.Duration) func(uint64) (runlog.Class, time.Duration) {
	return func(uint64) (runlog.Class, time.Duration) { return c, d }
}

func TestAccountBalances(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clients := rapid.IntRange(1, 200).Draw(rt, "clients")
		seconds := rapid.IntRange(1, 6).Draw(rt, "seconds")
		classes := rapid.SliceOfN(rapid.IntRange(int(runlog.Success), int(runlog.Network)), 1, 7).Draw(rt, "classes")
		took := time.Duration(rapid.IntRange(0, 3000).Draw(rt, "ms")) * time.Millisecond
		synctest.Test(t, func(t *testing.T) {
			var s memory
			e := script{answer: func(n uint64) (runlog.Class, time.Duration) {
				return runlog.Class(classes[n%uint64(len(classes))]), took
			}}
			j := job(rt, plan.Load{Type: plan.ClientsPerTest, Clients: clients, Duration: time.Duration(seconds) * time.Second})
			got, err := attack.Perform(t.Context(), e, j, time.Now(), config(&s))
			if err != nil {
				rt.Fatal(err)
			}
			var due, sent, done, bytes uint64
			var all runlog.Outcomes
			for i, sec := range s.seconds {
				if sec.T != i {
					rt.Fatalf("second %d is numbered %d", i, sec.T)
				}
				due, sent, done, bytes = due+sec.Due, sent+sec.Sent, done+sec.Done, bytes+sec.BytesReceived
				all.Merge(sec.Outcomes)
			}
			n := uint64(clients)
			if got.Planned != n || got.Sent != n || got.Dropped != 0 || due != n || sent != n || done != n || bytes != 10*n {
				rt.Fatalf("planned %d sent %d dropped %d; seconds: due %d sent %d done %d, %d bytes; want %d of each", got.Planned, got.Sent, got.Dropped, due, sent, done, bytes, n)
			}
			if all != got.Outcomes {
				rt.Fatalf("seconds hold %+v, totals %+v", all, got.Outcomes)
			}
			if last := s.seconds[len(s.seconds)-1]; last.InFlight != 0 {
				rt.Fatalf("at the end %d requests are in flight", last.InFlight)
			}
			if want := time.Duration(seconds) * time.Second; got.Duration < want {
				rt.Fatalf("duration %v is shorter than the plan's %v", got.Duration, want)
			}
		})
	})
}

func TestErrorThresholdAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		cfg := config(&s)
		cfg.ErrorThreshold = 0.5
		e := script{answer: func(n uint64) (runlog.Class, time.Duration) {
			if n%2 == 0 {
				return runlog.HTTP5xx, time.Millisecond
			}
			return runlog.Success, time.Millisecond
		}}
		j := job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 4, Duration: time.Minute})
		got, err := attack.Perform(t.Context(), e, j, time.Now(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		// 4 a second: the third second is the first with abortMin requests ended.
		if !strings.HasPrefix(got.Stopped, "error threshold: 6 of 12 requests failed (50.0 %)") {
			t.Errorf("stopped: %q", got.Stopped)
		}
		// The start due at the very instant of the abort may win or lose.
		if got.Planned != 240 || got.Sent < 12 || got.Sent > 13 || got.Dropped != 240-got.Sent {
			t.Errorf("planned %d, sent %d, dropped %d; want 240, 12 or 13, and the rest", got.Planned, got.Sent, got.Dropped)
		}
		if len(s.events) != 1 || s.events[0].Kind != runlog.EventAbort {
			t.Errorf("events: %+v", s.events)
		}
		if len(got.Failures) != 1 || got.Failures[0].Count != 6 || len(s.failures) != 1 {
			t.Errorf("failures %+v, stored at once %d", got.Failures, len(s.failures))
		}
	})
}

func TestBelowTheThresholdGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		cfg := config(&s)
		cfg.ErrorThreshold = 0.5
		e := script{answer: func(n uint64) (runlog.Class, time.Duration) {
			if n%3 == 2 {
				return runlog.Timeout, time.Millisecond
			}
			return runlog.Success, time.Millisecond
		}}
		got, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 30, Duration: 5 * time.Second}), time.Now(), cfg)
		if err != nil || got.Stopped != "" || got.Sent != 150 {
			t.Errorf("sent %d, stopped %q, error %v", got.Sent, got.Stopped, err)
		}
	})
}

func TestDrainAwaitsAndCutCuts(t *testing.T) {
	for _, c := range []struct {
		name    string
		success uint64
		cut     uint64
		stopped string
	}{
		{"drain", 3, 0, "interrupted, requests in flight were awaited"},
		{"cut", 0, 3, "interrupted, requests in flight were cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				drain := make(chan struct{})
				go func() {
					time.Sleep(2500 * time.Millisecond) // the test's clock: no real time passes
					if c.name == "drain" {
						close(drain)
					} else {
						cancel()
					}
				}()
				var s memory
				cfg := config(&s)
				cfg.Drain = drain
				e := script{answer: always(runlog.Success, 5*time.Second)}
				got, err := attack.Perform(ctx, e, job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 1, Duration: 10 * time.Second}), time.Now(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				if got.Outcomes.Success != c.success || got.Outcomes.Cut != c.cut || got.Stopped != c.stopped || got.Dropped != 7 {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

func TestTimesKeepDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		var seen []attack.Outcome
		cfg := config(&s)
		cfg.OnDone = func(o *attack.Outcome) { seen = append(seen, *o) }
		e := script{answer: always(runlog.Success, 250*time.Millisecond)}
		if _, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 2, Duration: 3 * time.Second}), time.Now(), cfg); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(seen, func(a, b attack.Outcome) int { return int(a.Due - b.Due) })
		for i, o := range seen {
			if want := time.Duration(i) * 500 * time.Millisecond; o.Due != want || o.Sent != want || o.Done != want+250*time.Millisecond {
				t.Errorf("request %d: due %v, sent %v, done %v", i, o.Due, o.Sent, o.Done)
			}
		}
		if got := s.response.Quantile(0.5); got < 249*time.Millisecond || got > 251*time.Millisecond {
			t.Errorf("median response time %v, want 250ms", got)
		}
	})
}

// A start on a whole second belongs to the second that begins there, and a client
// shorter than a second is seen.
func TestSecondsHoldWhatHappenedInThem(t *testing.T) {
	for _, c := range []struct {
		apart  time.Duration
		active bool // the peak too: a client at the very end of a second may fall on either side
	}{{2 * time.Second, false}, {2100 * time.Millisecond, true}} {
		synctest.Test(t, func(t *testing.T) {
			var s memory
			e := script{answer: always(runlog.Success, 10*time.Millisecond)}
			j := job(t, plan.Load{Type: plan.ClientsPerTest, Clients: 3, Duration: 3 * c.apart})
			if _, err := attack.Perform(t.Context(), e, j, time.Now(), config(&s)); err != nil {
				t.Fatal(err)
			}
			for i, sec := range s.seconds {
				want := uint64(1 - i%2) // starts in the seconds 0, 2 and 4
				if sec.Due != want || c.active && sec.Active != int64(want) {
					t.Errorf("starts %v apart, second %d: due %d, active %d, want %d of each", c.apart, i, sec.Due, sec.Active, want)
				}
			}
		})
	}
}

func TestNetworkFailuresHaveNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		e := script{answer: always(runlog.Network, time.Millisecond)}
		if _, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerTest, Clients: 5, Duration: time.Second}), time.Now(), config(&s)); err != nil {
			t.Fatal(err)
		}
		if s.response.N() != 0 {
			t.Errorf("%d broken connections were timed as answers", s.response.N())
		}
	})
}

func TestAFullDiskEndsTheLeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory{fail: errors.New("no space left on device")}
		e := script{answer: always(runlog.Success, time.Millisecond)}
		got, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 1, Duration: time.Hour}), time.Now(), config(&s))
		if err == nil || !strings.Contains(err.Error(), "no space left") || got.Sent > 3 {
			t.Errorf("sent %d, error %v", got.Sent, err)
		}
	})
}

func TestADoubleReportIsCaught(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		e := script{answer: always(runlog.Success, time.Millisecond), double: true}
		_, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerTest, Clients: 5, Duration: time.Second}), time.Now(), config(&s))
		if !errors.Is(err, attack.ErrAccounting) {
			t.Errorf("error %v, want ErrAccounting", err)
		}
	})
}

func TestKindsOfFailureAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		n := 0
		e := engineFunc(func(_ context.Context, _ attack.Job, m *attack.Meter) error {
			for ; n < 500; n++ {
				m.Sent(0)
				m.Done(&attack.Outcome{Class: runlog.Unexpected, Reason: strings.Repeat("x", n), Excerpt: []byte{0xff, 'a'}})
			}
			return nil
		})
		got, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.MaintainClientLoad, Clients: 1, Duration: time.Second}), time.Now(), config(&s))
		if err != nil {
			t.Fatal(err)
		}
		var total uint64
		for _, f := range got.Failures {
			total += f.Count
		}
		if total != 500 || len(got.Failures) > 101 {
			t.Errorf("%d failures in %d kinds, want 500 in at most 101", total, len(got.Failures))
		}
		if got.Failures[0].Excerpt != "\uFFFDa" {
			t.Errorf("excerpt %q", got.Failures[0].Excerpt)
		}
	})
}

type engineFunc func(context.Context, attack.Job, *attack.Meter) error

func (engineFunc) Name() string { return "func" }
func (f engineFunc) Run(ctx context.Context, j attack.Job, m *attack.Meter) error {
	return f(ctx, j, m)
}
