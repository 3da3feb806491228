package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
	fleet "github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
)

// work is what an agent does for the lead of a run.
type work struct {
	agent  *agent
	run    string
	lead   string // for people
	name   string // of the scenario
	cancel context.CancelCauseFunc
	// generator is the scenario made ready; nil until it is. It is guarded by the agent's mutex.
	generator *run.Generator

	mu    sync.Mutex
	leg   *leg // the newest; nil before the first
	ended bool // it was given up: nothing of it is begun any more
}

// leg is the agent's part of a leg.
type leg struct {
	*work
	number int
	engine attack.Engine
	job    attack.Job
	begun  bool
	cut    context.CancelCauseFunc // nil until it has begun
	drain  chan struct{}
	asked  sync.Once              // closes drain
	told   bool                   // the lead has asked for its end
	denied atomic.Pointer[string] // why no more load may be put on; once that is so, it stays so
	loaded chan struct{}          // closed when its load has ended
	ended  chan struct{}          // closed when the broker has all of it, too, or nobody can have it
}

// ready makes a part of a leg ready, and says what it is.
func (w *work) ready(r *fleet.Ready) (fleet.Answer, error) {
	var none fleet.Answer
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return none, errGivenUp
	}
	if w.leg != nil && (w.leg.number >= r.Leg || w.leg.begun && !closed(w.leg.ended)) {
		return none, fmt.Errorf("leg %d is not after leg %d, or that has not ended", r.Leg, w.leg.number)
	}
	w.agent.mu.Lock()
	g := w.generator
	w.agent.mu.Unlock()
	if g == nil {
		return none, errors.New("the scenario is not ready")
	}
	engine, job, err := g.Job(r.Order)
	if err != nil {
		return none, err
	}
	digest, err := g.Digest(r.Order)
	if err != nil {
		return none, err
	}
	weights, err := plan.NewWeights(r.Weights)
	if err != nil {
		return none, err
	}
	job.Plan = job.Plan.Weighted(r.Part, weights)
	if job.Names != nil {
		names := *job.Names
		names.Part, names.Of = uint64(r.Part), uint64(len(r.Weights))
		job.Names = &names
	}
	perPass := attack.PerPass(job.Requests)
	for _, err := range []error{w.agent.hello().Allows(job.Plan, perPass), wire.EnoughFiles(&job), wire.EnoughPorts(&job)} {
		if err != nil {
			return none, fmt.Errorf("%s: %w", w.agent.called(), err)
		}
	}
	w.leg = &leg{work: w, number: r.Leg, engine: engine, job: job, drain: make(chan struct{}), loaded: make(chan struct{}), ended: make(chan struct{})}
	planned, _ := attack.Planned(job.Plan, perPass)
	return fleet.Answer{Digest: digest, Planned: planned}, nil
}

// errGivenUp says that the work of a run was given up while more was asked of it.
var errGivenUp = errors.New("the run is over for this agent")

// errUnprepared says that an agent does nothing for the run of a lead.
var errUnprepared = errors.New("has nothing prepared for this run")

// soonest is how long before its start a part must be asked to begin: later it would begin late. latest is how long
// before at most: an agent that waits works for nobody else.
const (
	soonest = 20 * time.Millisecond
	latest  = 2 * time.Minute
)

// start begins a part, once. The key that it creates for that keeps any process of this name from beginning
// the same part again.
func (w *work) start(ctx context.Context, s *fleet.Start) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.leg
	switch {
	case w.ended:
		return errGivenUp
	case l == nil || l.number != s.Leg:
		return fmt.Errorf("leg %d is not ready", s.Leg)
	case l.begun:
		return fmt.Errorf("leg %d has begun", s.Leg)
	}
	key := fleet.StartedKey(w.run, s.Leg, w.agent.Name)
	if _, err := w.agent.started.Create(ctx, key, []byte(w.agent.instance)); errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("leg %d was begun by another process named %s", s.Leg, w.agent.Name)
	} else if err != nil {
		return err
	}
	if why := w.agent.maySend(); why != "" {
		return errors.New(why)
	}
	if early := s.At - w.agent.now(); early < soonest {
		return fmt.Errorf("asked to begin at an instant that is past, or too near: %v from now", early)
	} else if early > latest {
		return fmt.Errorf("asked to begin %v from now, and the longest wait is %v", early, latest)
	}
	l.begun = true
	// The part ends with its work, never with the request that began it.
	leg, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	l.cut = cut
	w.agent.performing.Store(l)
	w.agent.all.Go(func() { l.perform(leg, w.agent.epoch.Add(s.At)) })
	return nil
}

// watchEvery is the time between two looks whether load may be put on. No request waits for it: the engine
// asks before each.
const watchEvery = 50 * time.Millisecond

// perform puts the part on, and sees to it that the broker has all of it.
func (l *leg) perform(ctx context.Context, start time.Time) {
	defer close(l.ended)
	a, secrets := l.agent, l.generator.Secrets()
	defer a.performing.CompareAndSwap(l, nil)
	l.job.MaySend = func(time.Duration) bool { return l.mayNot() == "" }
	out := newOutbox(ctx, l)
	over := make(chan struct{})
	a.all.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(watchEvery):
			}
			if why := l.mayNot(); why != "" {
				l.cut(attack.Aborted(why))
			}
		}
	})
	names := make([]string, len(l.job.Requests))
	for i, r := range l.job.Requests {
		names[i] = r.Name
	}
	meter := attack.MeterConfig{Sink: out, Requests: names, Secrets: secrets, Drain: l.drain}
	a.Limits.keep(l.job.Plan, &meter)
	t, err := a.Perform(ctx, l.engine, l.job, start, meter)
	close(over)
	close(l.loaded)
	switch why := l.denied.Load(); {
	case t.Stopped != "":
	case err != nil:
		t.Stopped = secrets.Blot("could not go on: " + err.Error())
	case why != nil: // and the engine ended by itself
		t.Stopped = *why
	}
	l.mu.Lock()
	own := t.Stopped != "" && !l.told
	l.mu.Unlock()
	out.end(t, own)
	l.cut(nil)
}

// mayNot is why no more load of the part may be put on, "" if it may. A lease that is taken anew, or a lead
// that is heard again, is for the next leg.
func (l *leg) mayNot() string {
	why := l.denied.Load()
	if why == nil {
		now := l.agent.maySend()
		if now == "" {
			return ""
		}
		l.denied.CompareAndSwap(nil, &now)
		why = l.denied.Load()
	}
	return *why
}

// stop has a part start nothing more, or end at once.
func (w *work) stop(s *fleet.Stop) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.leg
	if l == nil || l.number != s.Leg {
		return fmt.Errorf("leg %d is not under way", s.Leg)
	}
	if !l.begun { // and never will
		l.begun = true
		close(l.ended)
		return nil
	}
	l.told = true
	if s.Cut {
		l.cut(attack.Aborted(s.Reason))
	}
	l.asked.Do(func() { close(l.drain) })
	return nil
}

// end gives the work up. Load that is put on is cut.
func (w *work) end(why string) {
	w.mu.Lock()
	w.ended = true
	l, cut := w.leg, context.CancelCauseFunc(nil)
	if l != nil {
		cut = l.cut
	}
	w.mu.Unlock()
	if cut != nil {
		cut(attack.Aborted("cut, because " + why))
		<-l.loaded
	}
	w.cancel(errors.New(why))
	w.agent.mu.Lock()
	g := w.generator
	w.agent.mu.Unlock()
	if g != nil {
		g.Close()
	}
}

// underWay reports that the work puts load on.
func (w *work) underWay() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leg != nil && w.leg.begun && !closed(w.leg.ended)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
