package capacity

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

// replicas are a target whose capacity is known: so many of them, each with workers that serve
// one request after the other, behind a balancer that takes them in turn.
type replicas struct {
	n, workers int
	service    func(*rand.Rand) time.Duration
	// shared is how long each request then takes at a database that serves one after the other.
	shared time.Duration
	// fails says which requests fail; nil is none.
	fails func(busy int) bool
	rng   *rand.Rand
}

// workers are those of all replicas, and whose turn it is.
type workers struct {
	*replicas
	free     []time.Duration // when each is
	turn     int
	database time.Duration // when it is free
}

func (q *replicas) idle() *workers {
	return &workers{replicas: q, free: make([]time.Duration, q.n*q.workers)}
}

// answer is when a request is answered that comes at an instant.
func (w *workers) answer(at time.Duration) time.Duration {
	mine := w.free[w.turn%w.n*w.replicas.workers:][:w.replicas.workers]
	w.turn++
	first := slices.Index(mine, slices.Min(mine))
	mine[first] = max(mine[first], at) + w.service(w.rng)
	if w.shared == 0 {
		return mine[first]
	}
	w.database = max(w.database, mine[first]) + w.shared
	return w.database
}

// Name is the engine's.
func (replicas) Name() string { return "queue" }

// Run is an engine that sends nothing: its answers come when the replicas' would.
func (q *replicas) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	workers := q.idle()
	var coming happenings
	starts, stop := iter.Pull(job.Plan.Starts())
	defer stop()
	pull := func() {
		if s, ok := starts(); ok {
			heap.Push(&coming, happening{at: s.Due, Start: s, begins: true})
		}
	}
	for pull(); len(coming) > 0; {
		h := heap.Pop(&coming).(happening)
		select {
		case <-time.After(h.at - m.Now()):
		case <-ctx.Done():
			coming.cut(m, h)
			return nil
		}
		ending := drained(m)
		if h.begins && ending {
			continue
		} else if h.begins {
			pull()
		} else {
			m.Done(&h.outcome)
			m.Leave()
			if h.Until <= h.at || ending {
				continue
			}
		}
		m.Join()
		m.Sent(h.at)
		o := attack.Outcome{Client: h.N, Due: h.at, Sent: h.at, Done: workers.answer(h.at), Class: runlog.Success, Status: 200}
		if q.fails != nil && q.fails(len(coming)) {
			o.Class, o.Status, o.Reason = runlog.HTTP5xx, 503, "status 503"
		}
		if late := h.at + job.Timeout; o.Done > late {
			o.Done, o.Class, o.Status, o.Reason = late, runlog.Timeout, 0, "no answer in time"
		}
		heap.Push(&coming, happening{at: o.Done, Start: h.Start, outcome: o})
	}
	return nil
}

// drained reports that nothing more is to be started.
func drained(m *attack.Meter) bool {
	select {
	case <-m.Draining():
		return true
	default:
		return false
	}
}

// happening is the begin of a client's work, or an answer to it.
type happening struct {
	plan.Start
	at      time.Duration
	begins  bool
	outcome attack.Outcome
}

type happenings []happening

// cut ends all that is under way.
func (h happenings) cut(m *attack.Meter, first happening) {
	for _, one := range append(h, first) {
		if !one.begins {
			one.outcome.Done, one.outcome.Class, one.outcome.Status = m.Now(), runlog.Cut, 0
			m.Done(&one.outcome)
			m.Leave()
		}
	}
}

func (h happenings) Len() int           { return len(h) }
func (h happenings) Less(i, j int) bool { return h[i].at < h[j].at }
func (h happenings) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)        { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// calm is a machine of which nobody else takes anything, whatever the one of the test does.
type calm struct{ attack.Sink }

func (c calm) Second(s runlog.Second, intervals ...hist.Interval) error {
	s.CPU, s.Steal, s.Busy, s.Runnable, s.Standstills, s.GCPauseMS = 0.1, nil, nil, nil, nil, 0
	return c.Sink.Second(s, intervals...)
}

// asked is the scenario of a search for what each of some numbers of replicas at an address carries.
func asked(t *testing.T, address, capacity string, replicas ...int) *scenarios.Scenario {
	t.Helper()
	text := fmt.Sprintf("capacity: {%s}\nrequest: {path: /}\ntargets:\n", capacity)
	for i, n := range replicas {
		text += fmt.Sprintf("- {name: shop%s, url: \"http://%s\", replicas: %d}\n", strings.Repeat("-more", i), address, n)
	}
	sc, err := scenarios.Parse("some.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// searched searches a target of replicas for its capacity, by a clock of its own. with changes the options.
func searched(t *testing.T, q replicas, seed uint64, capacity string, with func(*Options)) (*result.Study, error) {
	t.Helper()
	there, err := net.Listen("tcp", "127.0.0.1:0") // runs look whether targets are there
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	sc := asked(t, there.Addr().String(), capacity, q.n)
	guard := &ownership.Guard{
		KeyFile: filepath.Join(t.TempDir(), "key"),
		TXT:     func(context.Context, string) ([]string, error) { return nil, errors.New("no such record") },
	}
	q.rng = rand.New(rand.NewPCG(seed, 7))
	o := Options{Dir: filepath.Join(t.TempDir(), "study")}
	o.Measure = func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
		r, err := run.Start(ctx, sc, run.Options{Dir: dir, Guard: guard, Performer: run.Here(func(ctx context.Context, _ attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error) {
			cfg.Sink = calm{cfg.Sink}
			return attack.Perform(ctx, &q, job, start, cfg)
		})})
		if err != nil {
			return nil, err
		}
		return r.Wait()
	}
	var study *result.Study
	synctest.Test(t, func(t *testing.T) {
		if with != nil {
			with(&o)
		}
		study, err = Run(t.Context(), sc, o)
	})
	return study, err
}
