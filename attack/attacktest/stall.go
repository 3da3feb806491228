package attacktest

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// stalling is a server that answers at once, but nothing from t0 to t1 of the clock
// that begins when it is told to.
func (s suite) stalling(t *testing.T, t0, t1 time.Duration) (*server, *atomic.Int64) {
	t.Helper()
	began := new(atomic.Int64)
	srv := s.bare(t, func(p *peer) {
		for p.request() != nil {
			if at := time.Since(time.Unix(0, began.Load())); at >= t0 {
				time.Sleep(t1 - at) // not at all once it is over
			}
			p.say(ok)
		}
	})
	return srv, began
}

// stallCases hold response times against the oracle of a stall: at a constant rate
// over T, with nothing answered for S, what was due in the stall waits for what is
// left of it, so the q-th quantile is S − (1−q)·T. Quantiles are at least that on any
// machine; a generator that waits for answers, or stamps what it sends instead of
// what was due, is far below.
var stallCases = map[string]func(*testing.T, suite){
	"with a connection for each": func(t *testing.T, s suite) {
		holdStall(t, s, attack.Job{Settings: attack.Settings{Connections: attack.PerClient}})
	},
	"with enough shared connections": func(t *testing.T, s suite) {
		holdStall(t, s, attack.Job{Settings: attack.Settings{Connections: attack.Shared}})
	},
	// Two connections: nearly all that is due in the stall must wait for one of ours.
	"with too few shared connections": func(t *testing.T, s suite) {
		holdStall(t, s, attack.Job{Settings: attack.Settings{Connections: attack.Shared, MaxConnections: 2}})
	},
	"in batches": func(t *testing.T, s suite) {
		holdStall(t, s, attack.Job{Settings: attack.Settings{Connections: attack.Shared, Pacing: attack.Batch}})
	},
}

func holdStall(t *testing.T, s suite, job attack.Job) {
	const (
		rate   = 400.0
		T      = time.Second
		t0, t1 = 300 * time.Millisecond, 600 * time.Millisecond
		S      = t1 - t0
	)
	srv, began := s.stalling(t, t0, t1)
	job.Plan = newPlan(t, plan.Load{Type: plan.Rate, Rate: rate, Duration: T})
	job.Target, job.Requests = srv.url, get("/")
	began.Store(time.Now().UnixNano())
	l := s.run(t, job)
	n := uint64(rate * T.Seconds())
	l.all(t, runlog.Success, n)
	srv.counted(t, l)
	var times []time.Duration
	for _, o := range l.outcomes {
		times = append(times, o.Done-o.Due)
	}
	if uint64(len(times)) != n {
		t.Fatalf("%d outcomes of %d starts: there is no stall to read from them", len(times), n)
	}
	slices.Sort(times)
	// The server's clock began a moment before the leg's; one request may fall on
	// either side of each edge of the stall.
	skew := l.start.Sub(time.Unix(0, began.Load())) + 2*time.Duration(float64(time.Second)/rate)
	for _, q := range []float64{0.75, 0.9, 0.95, 0.99} {
		oracle := S - time.Duration((1-q)*float64(T))
		got := times[int(math.Ceil(q*float64(n)))-1]
		if got < oracle-skew {
			t.Errorf("p%g is %v, the stall alone makes it %v", 100*q, got, oracle)
		}
	}
}
