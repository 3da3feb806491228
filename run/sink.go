package run

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Sink gets every second of a run, after the run directory has it: what keeps or draws
// metrics is one. Its methods are called one at a time, in a goroutine of the sink's own.
//
// Neither the load nor the directory waits for a sink. A second that finds the 16 before it
// still waiting is left out, and an error is counted and costs that second alone; both are
// an event of the run, of kind [runlog.EventSink].
type Sink interface {
	// Name is how the run calls the sink.
	Name() string
	// Second takes a second of a leg and its distributions, which are now the sink's. ctx
	// ends when the run waits no longer.
	Second(ctx context.Context, leg runlog.Leg, s runlog.Second, ivs []hist.Interval) error
	// Close is called once, after the last second. The run has been measured then, and
	// waits up to 5 s for what is still on its way.
	Close(ctx context.Context) error
}

// GeneratorSink is a sink that gets what each agent did, too, where agents put the load on.
type GeneratorSink interface {
	Sink
	// Generators takes the seconds of agents, by the indices of leg.Agents, that the second which comes next is
	// the sum of.
	Generators(ctx context.Context, leg runlog.Leg, all []runlog.GeneratorSecond) error
}

const (
	// sinkQueue is how many seconds wait for a sink.
	sinkQueue = 16
	// sinkGrace is how long the end of a run waits for its sinks, and hurriedGrace how long
	// that of a run whose context has ended.
	sinkGrace    = 5 * time.Second
	hurriedGrace = 300 * time.Millisecond
)

// sinkWorker is a sink with what waits for it.
type sinkWorker struct {
	sink   Sink
	queue  chan sample
	ended  chan struct{} // closed when the sink is
	stop   context.CancelFunc
	missed int // seconds that found no room

	mu            sync.Mutex
	taken, failed int
	err           error // the last one
}

type sample struct {
	leg        runlog.Leg
	second     runlog.Second
	ivs        []hist.Interval
	generators []runlog.GeneratorSecond
}

func newSinkWorker(s Sink) *sinkWorker {
	ctx, stop := context.WithCancel(context.Background())
	o := &sinkWorker{sink: s, queue: make(chan sample, sinkQueue), ended: make(chan struct{}), stop: stop}
	go o.deliver(ctx)
	return o
}

// offer never waits. The meter uses its distributions again, so the sink gets its own.
func (o *sinkWorker) offer(leg runlog.Leg, s runlog.Second, ivs []hist.Interval, generators []runlog.GeneratorSecond) {
	if len(o.queue) == cap(o.queue) {
		o.missed++
		return
	}
	own := slices.Clone(ivs)
	for i := range own {
		own[i].Hist = own[i].Hist.Clone()
	}
	s.Requests, s.Addresses, s.Statuses = maps.Clone(s.Requests), maps.Clone(s.Addresses), maps.Clone(s.Statuses)
	o.queue <- sample{leg, s, own, generators} // there is room: nobody else puts
}

// deliver goes on until the queue is closed and empty.
func (o *sinkWorker) deliver(ctx context.Context) {
	defer close(o.ended)
	for s := range o.queue {
		var err error
		if g, ok := o.sink.(GeneratorSink); ok && len(s.generators) > 0 {
			err = g.Generators(ctx, s.leg, s.generators)
		}
		o.countResult(errors.Join(err, o.sink.Second(ctx, s.leg, s.second, s.ivs)))
	}
	if err := o.sink.Close(ctx); err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.err = err
	}
}

func (o *sinkWorker) countResult(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.taken++
	} else {
		o.failed, o.err = o.failed+1, err
	}
}

// problems is what went wrong with a sink, "" for nothing. inTime says that it has ended.
func (o *sinkWorker) problems(inTime bool) (text string, attrs map[string]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var wrong []string
	if o.missed > 0 {
		wrong = append(wrong, "too slow for "+words.Counted(o.missed, "second"))
	}
	if o.failed > 0 {
		wrong = append(wrong, "did not take "+words.Counted(o.failed, "second"))
	}
	if !inTime {
		wrong = append(wrong, "had not ended when the run did")
	}
	if o.err != nil {
		wrong = append(wrong, o.err.Error())
	}
	return strings.Join(wrong, "; "), map[string]string{
		"sink": o.sink.Name(), "taken": strconv.Itoa(o.taken), "missed": strconv.Itoa(o.missed), "failed": strconv.Itoa(o.failed),
	}
}

// closeSinks ends all sinks at once, and notes what went wrong with them.
func (r *runner) closeSinks(ctx context.Context, w *runlog.Writer) error {
	grace := sinkGrace
	if ctx.Err() != nil {
		grace = hurriedGrace
	}
	late, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	for _, o := range r.sinkWorkers {
		close(o.queue)
	}
	var errs []error
	for _, o := range r.sinkWorkers {
		text, attrs := o.problems(o.wait(late))
		o.stop() // only now: what a sink does not take at its end has no place in the account
		if text == "" {
			continue
		}
		e := runlog.Event{
			At: time.Since(r.begun).Seconds(), Kind: runlog.EventSink,
			Text: r.sc.Secrets().Blot(o.sink.Name() + ": " + text), Attrs: attrs,
		}
		errs = append(errs, w.Event(e))
		r.told.tell(Noted{e})
	}
	return errors.Join(errs...)
}

// wait waits for the end of the sink until late ends.
func (o *sinkWorker) wait(late context.Context) (inTime bool) {
	select {
	case <-o.ended:
		return true
	case <-late.Done():
	}
	select {
	case <-o.ended: // while another one was waited for
		return true
	default:
		return false
	}
}

// tee writes a leg: first to the run directory, then to the sinks and the reader of events.
type tee struct {
	*runlog.LegWriter
	r          *runner
	leg        runlog.Leg
	generators []runlog.GeneratorSecond // of the second that comes next
}

// Second fails as the directory does.
func (t *tee) Second(s runlog.Second, ivs ...hist.Interval) error {
	if err := t.LegWriter.Second(s, ivs...); err != nil {
		return err
	}
	for _, o := range t.r.sinkWorkers {
		o.offer(t.leg, s, ivs, t.generators)
	}
	t.generators = nil // they are the sinks' now
	return nil
}

// Generator fails as the directory does.
func (t *tee) Generator(s runlog.GeneratorSecond) error {
	if err := t.LegWriter.Generator(s); err != nil {
		return err
	}
	if len(t.r.sinkWorkers) > 0 {
		t.generators = append(t.generators, s)
	}
	return nil
}

// agents notes who puts the load on.
func (t *tee) agents(w *runlog.Writer) func([]runlog.Agent) error {
	return func(all []runlog.Agent) error {
		t.leg.Agents = slices.Clone(all)
		return w.SetAgents(all)
	}
}

// Event fails as the directory does.
func (t *tee) Event(e runlog.Event) error {
	if err := t.LegWriter.Event(e); err != nil {
		return err
	}
	t.r.told.tell(Noted{e})
	return nil
}
