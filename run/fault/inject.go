// Package fault puts faults into a cluster while a load runs, and undoes them whatever happens
// to the program: what is about to be done is in a journal on the disk first, and the journal
// in an index that every later run reads. See [Injector] and [Index].
package fault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Injector puts the faults of a scenario into each leg, and takes them back at its end. It is
// an observer of a run, whose load never waits for it.
type Injector struct {
	// Waits is told that a leg waits for a service that has not converged, for how long at
	// most; it may be nil.
	Waits func(most time.Duration)

	cluster *Cluster
	asked   []scenarios.Injection
	journal *Journal
	unready string // why the service did not run in full before the leg; "" when it did
}

// New prepares to put faults into a cluster, and to note them in a journal.
func New(c *Cluster, asked []scenarios.Injection, j *Journal) *Injector {
	return &Injector{cluster: c, asked: asked, journal: j}
}

// PlanError says that something cannot be done to the cluster that there is.
type PlanError struct{ What, Why string }

func (e *PlanError) Error() string { return e.What + ": " + e.Why }

// Check makes sure that every fault can be done, so far as that can be known before. It
// changes nothing.
func (in *Injector) Check(ctx context.Context) error {
	s, err := in.cluster.Look(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range in.asked {
		if _, err := in.cluster.plan(ctx, s, i, 1); err != nil {
			errs = append(errs, &PlanError{"fault " + i.Words(), err.Error()})
		}
	}
	return errors.Join(errs...)
}

// steadyWithin is how long a leg waits for a service that has not converged.
const steadyWithin = time.Minute

// Before waits until the service runs in full: without a steady state there is nothing that a
// fault could disturb.
func (in *Injector) Before(ctx context.Context, leg runlog.Leg) {
	in.unready = ""
	if len(in.of(leg)) > 0 {
		in.unready = in.cluster.Steady(ctx, steadyWithin, in.Waits)
	}
}

// Steady waits until the service has as many running tasks as it should and no update is under
// way. It returns "", or what is missing in the end. waits is told once that there is something
// to wait for; it may be nil.
func (c *Cluster) Steady(ctx context.Context, within time.Duration, waits func(most time.Duration)) string {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		why := "no manager answers"
		if s, err := c.Look(ctx); err == nil {
			why = unsteady(s)
		}
		if why == "" {
			return ""
		}
		if waits != nil {
			waits(within)
			waits = nil
		}
		select {
		case <-ctx.Done():
			return why
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func unsteady(s *swarm.State) string {
	serving, wanted := s.Converged()
	switch {
	case len(serving) != wanted:
		return fmt.Sprintf("%d of %d replicas run%s", len(serving), wanted, waiting(s))
	case s.Service.Update == "updating" || s.Service.Update == "rollback_started":
		return "an update is under way"
	}
	return ""
}

// waiting says why the first task that cannot be placed waits; "" where none does.
func waiting(s *swarm.State) string {
	for _, t := range s.InOrder() {
		if t.State == runlog.TaskPending && t.Error != "" {
			return fmt.Sprintf("; %s waits: %s", t.Name, t.Error)
		}
	}
	return ""
}

// of are the faults of a leg: none while it warms up.
func (in *Injector) of(leg runlog.Leg) []scenarios.Injection {
	var out []scenarios.Injection
	for _, i := range in.asked {
		if !leg.WarmUp && (i.Target == "" || i.Target == leg.Target) {
			out = append(out, i)
		}
	}
	return out
}

// During puts in each fault at its instant, and undoes all of them once the load has ended.
func (in *Injector) During(ctx context.Context, leg runlog.Leg, notes runlog.Notes) error {
	asked := in.of(leg)
	if len(asked) == 0 {
		return nil
	}
	if err := errors.Join(in.journal.begin(), in.tellReady(notes)); err != nil {
		return err
	}
	errs := make([]error, len(asked))
	var all sync.WaitGroup
	for n, i := range asked {
		all.Go(func() { errs[n] = in.inject(ctx, leg, i, notes) })
	}
	all.Wait()
	err := errors.Join(errs...)
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, in.undo(ctx, leg, notes))
}

// After does nothing: what was to be undone is.
func (*Injector) After(context.Context, attack.Totals, runlog.Notes) error { return nil }

func (in *Injector) tellReady(notes runlog.Notes) error {
	e := runlog.Event{Kind: runlog.EventFault, Text: "before the first fault the service ran in full", Attrs: map[string]string{runlog.AttrReady: "yes"}}
	if in.unready != "" {
		e.Text, e.Attrs = "before the first fault: "+in.unready, map[string]string{runlog.AttrReady: "no"}
	}
	return notes.Event(e)
}

// inject does one fault at its instant and notes it. An error is one of storing: then nothing
// was done. A fault that does not succeed is noted.
func (in *Injector) inject(ctx context.Context, leg runlog.Leg, i scenarios.Injection, notes runlog.Notes) error {
	since := func(t time.Time) string { return strconv.FormatFloat(t.Sub(leg.Started).Seconds(), 'f', 6, 64) }
	e := runlog.Event{Kind: runlog.EventFault, Attrs: map[string]string{
		runlog.AttrFault: i.Words(), runlog.AttrDoes: string(i.Kind), runlog.AttrDue: strconv.FormatFloat(i.At.Seconds(), 'f', -1, 64),
	}}
	select {
	case <-time.After(time.Until(leg.Started.Add(i.At))):
	case <-ctx.Done():
		e.At, e.Text = time.Since(leg.Started).Seconds(), i.Words()+": not done: the load had ended"
		e.Attrs[runlog.AttrError] = "the load had ended"
		return notes.Event(e)
	}
	ctx = context.WithoutCancel(ctx) // what has begun comes to its end
	var p plan
	s, err := in.cluster.Look(ctx)
	if err == nil {
		p, err = in.cluster.plan(ctx, s, i, leg.Round)
	}
	began := time.Now()
	if err == nil {
		line := entry{Step: doing, Fault: i.Words(), Resource: p.changes, Before: p.before, After: p.after}
		if err := in.journal.add(line); err != nil {
			return err
		}
		began = time.Now()
		line.Step = done
		if err = p.do(ctx); err != nil {
			line.Step, line.Error = failed, err.Error()
		}
		if err := in.journal.add(line); err != nil {
			return err
		}
	}
	p.describe(e.Attrs)
	e.At, e.Text = began.Sub(leg.Started).Seconds(), cmp.Or(p.words, i.Words())
	e.Attrs[runlog.AttrBegan], e.Attrs[runlog.AttrEnded] = since(began), since(time.Now())
	if err != nil {
		e.Attrs[runlog.AttrError] = err.Error()
		e.Text += ": not done: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return notes.Event(e)
}

// undo brings back what the faults of a leg changed, and notes it.
func (in *Injector) undo(ctx context.Context, leg runlog.Leg, notes runlog.Notes) error {
	var errs []error
	for _, u := range in.journal.undo(context.WithoutCancel(ctx), in.cluster, func(c Change) bool { return c.Fault != "" }) {
		e := runlog.Event{At: time.Since(leg.Started).Seconds(), Kind: runlog.EventFault, Text: u.Text, Attrs: map[string]string{
			runlog.AttrChanged: u.Resource.String(), runlog.AttrWas: u.Before, runlog.AttrUndone: "yes",
		}}
		if u.Now != "" {
			e.Attrs[runlog.AttrNow] = u.Now
		}
		if u.Err != nil {
			e.Attrs[runlog.AttrUndone], e.Attrs[runlog.AttrError] = "no", u.Err.Error()
		}
		errs = append(errs, notes.Event(e))
	}
	return errors.Join(errs...)
}
