// Package lead has the load of a run put on by agents: it finds them, gives each the scenario and its part of
// every leg, starts all at one instant, and makes one leg of what they measure. A [Fleet] is a
// [run.Performer], and nothing else of a run knows of agents.
package lead

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Config is who is to put load on, and of which scenario.
type Config struct {
	// Conn is the connection to the broker.
	Conn *nats.Conn
	// Run is unique among all runs, and fit for a subject.
	Run string
	// Agents is how many agents are to take part; at least 1. Of those that are there and at work for nobody,
	// the first by their names do.
	Agents int
	// Witness is the share of the plan that the last of them gets, from 0.001 to 0.1; 0 is none such. The others have the
	// rest in equal shares or, with ByCapacity, by what each of them can send, as the broker keeps it.
	Witness    float64
	ByCapacity bool
	// Wait is how long agents are waited for.
	Wait time.Duration
	// Scenario is that of the run, Bundle what it was read from, and Targets the names of those that are to be
	// loaded, empty for all.
	Scenario *scenarios.Scenario
	Bundle   scenarios.Bundle
	Targets  []string
	// Say tells people what happens; nil tells nobody.
	Say func(string)
}

// Fleet are the agents of a run, or of several that follow one another.
type Fleet struct {
	Config
	js      jetstream.JetStream
	leases  jetstream.KeyValue
	stream  jetstream.Stream
	members []*member
	// measured are what the agents can send, of those of which it is known; noted says that it was told of whom
	// it is not.
	measured []calibration.Record
	noted    bool
	pieces   pieces
	fetches  *nats.Subscription
	epoch    time.Time // of the lead's clock
	leg      int       // the newest; no number comes twice, whatever the run
	before   int       // the newest before the run
	opened   bool      // for the first run
	// divisions are how plans are divided, by the engines that send them, and division is that of the newest leg.
	divisions map[string]division
	division
	end     context.CancelFunc
	beating sync.WaitGroup
}

// Assemble finds the agents and has each make the scenario ready. The error names who refuses, and why; no
// load was sent then.
func Assemble(ctx context.Context, c Config) (_ *Fleet, err error) {
	if c.Say == nil {
		c.Say = func(string) {}
	}
	f := &Fleet{Config: c, epoch: time.Now()}
	if f.js, err = jetstream.New(c.Conn); err != nil {
		return nil, err
	}
	if f.leases, _, err = link.Buckets(ctx, f.js); err != nil {
		return nil, err
	}
	f.stream, err = f.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: wire.StreamName(c.Run), Description: "seconds of a run of stress", Subjects: []string{wire.RecordSubjects(c.Run)},
		MaxAge: wire.KeptFor, Duplicates: 10 * time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("the stream of the run: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := f.serve(ctx); err != nil {
		return nil, err
	}
	if err := f.gather(ctx); err != nil {
		return nil, err
	}
	if f.measured, err = f.calibrations(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// prepare has an agent make the scenario ready.
func (f *Fleet) prepare(ctx context.Context, m *member) error {
	ctx, cancel := context.WithTimeout(ctx, prepareWithin)
	defer cancel()
	go m.whileHeard(ctx, cancel)
	_, err := f.ask(ctx, m, wire.Command{Prepare: f.pieces.order(f.Targets)})
	return err
}

// prepareWithin is how long an agent may take to fetch a scenario and to look at its targets.
const prepareWithin = 10 * time.Minute

// find waits until enough agents are there.
func (f *Fleet) find(ctx context.Context, deadline time.Time) error {
	for {
		free, why, err := f.free(ctx)
		switch {
		case err != nil && time.Now().After(deadline):
			return err
		case err == nil && len(free) >= f.Agents:
			f.members = free[:f.Agents]
			return nil
		case time.Now().After(deadline):
			there := "none"
			if len(free) > 0 {
				names := make([]string, len(free))
				for i, m := range free {
					names[i] = m.Name
				}
				there = strings.Join(names, ", ")
			}
			return fmt.Errorf("%s asked for, and free were %s%s: start more with `stress agent`", words.Counted(f.Agents, "agent"), there, why)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wire.Renew / 2):
		}
	}
}

// free are the agents that are there and at work for nobody, by their names. why is about the others.
func (f *Fleet) free(ctx context.Context) (all []*member, why string, err error) {
	held, err := link.Leases(ctx, f.leases)
	if err != nil {
		return nil, "", err
	}
	for _, l := range held {
		protocol, err := wire.Both(runlog.AgentNamed(l.Name), l.Oldest, l.Newest)
		switch {
		case err != nil:
			why += "; " + err.Error()
		case l.Run != "":
			why += "; " + runlog.AgentNamed(l.Name) + " is at work for another run"
		default:
			all = append(all, &member{Hello: l.Hello, protocol: protocol, seen: time.Now()})
		}
	}
	return all, why, nil
}

// discreet says that the scenario holds secrets, or files and variables that may.
func (f *Fleet) discreet() bool {
	return !f.Scenario.Secrets().Empty() || len(f.Bundle.Files)+len(f.Bundle.Variables) > 0
}

// mayTell returns why the scenario must not be told to the agents: it holds secrets, or files that may, and
// others can read what is sent.
func (f *Fleet) mayTell() error {
	if !f.discreet() {
		return nil
	}
	const remedy = "secrets, variables and files of a scenario travel over TLS or within one machine alone: secure the broker and name it as tls://HOST:PORT, or use a scenario without them"
	if !link.Private(f.Conn) {
		return errors.New("the way to the broker is not secured: " + remedy)
	}
	for _, m := range f.members {
		if !m.Private {
			return fmt.Errorf("the way of %s to the broker is not secured: %s", m.called(), remedy)
		}
	}
	return nil
}

// Close ends the fleet's work for the run. The agents are free then, and what the broker kept of the run is
// deleted: all of it is in the run's directory.
func (f *Fleet) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), wire.TTL)
	defer cancel()
	f.release(ctx)
	if f.fetches != nil {
		_ = f.fetches.Unsubscribe()
	}
	_ = f.leases.Purge(ctx, wire.LeadKey(f.Run))
	_ = f.js.DeleteStream(ctx, wire.StreamName(f.Run))
}

// fewRefusals is how many agents that refuse are named.
const fewRefusals = 5

// all does something with every agent at once. The error is that of those that refuse, or else that of the first by
// name.
func (f *Fleet) all(do func(*member) error) error {
	errs := make([]error, len(f.members))
	var each sync.WaitGroup
	for i, m := range f.members {
		each.Go(func() { errs[i] = do(m) })
	}
	each.Wait()
	refused := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return !errors.As(err, new(*RefusedError)) })
	if more := len(refused) - fewRefusals; more > 0 {
		refused = append(refused[:fewRefusals], fmt.Errorf("%s more refuse", words.Counted(more, "agent")))
	}
	if len(refused) > 1 {
		return errors.Join(refused...)
	}
	return cmp.Or(slices.Concat(refused, errs)...)
}

// ask has an agent do something, and returns its answer. A refusal is an error.
func (f *Fleet) ask(ctx context.Context, m *member, c wire.Command) (wire.Answer, error) {
	c.Protocol, c.Run = m.speaks(), f.Run
	b, err := wire.Encode(c)
	if err != nil {
		return wire.Answer{}, err
	}
	reply, err := f.Conn.RequestWithContext(ctx, wire.CommandSubject(m.Name), b)
	if err != nil && !f.Conn.IsConnected() {
		return wire.Answer{}, fmt.Errorf("the broker does not answer: %w", err)
	} else if err != nil {
		return wire.Answer{}, fmt.Errorf("%s does not answer: %w", m.called(), err)
	}
	a, err := wire.Decode[wire.Answer](reply.Data)
	if err != nil {
		return a, fmt.Errorf("%s: %w", m.called(), err)
	}
	if a.Error != "" {
		why := a.Error
		if f.Scenario != nil {
			why = f.Scenario.Secrets().Blot(why)
		}
		return a, &RefusedError{Agent: m.Name, Why: why, limit: a.Limit, busy: a.Busy, unprepared: a.Unprepared}
	}
	return a, nil
}

// RefusedError says that an agent does not do what it is asked, and why.
type RefusedError struct {
	Agent, Why string
	// limit says that it is beyond what its machine, or the agent itself, allows; busy that it is at work for
	// another lead; unprepared that it knows nothing of the run any more.
	limit, busy, unprepared bool
}

// Unwrap is an [*attack.LimitError] where a limit is the reason.
func (e *RefusedError) Unwrap() error {
	if e.limit {
		return &attack.LimitError{Words: e.Error()}
	}
	return nil
}

func (e *RefusedError) Error() string {
	if strings.Contains(e.Why, e.Agent) {
		return e.Why
	}
	return runlog.AgentNamed(e.Agent) + ": " + e.Why
}

// who is this lead, for people.
func who() string {
	host, err := os.Hostname()
	if err != nil {
		host = "a lead"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}
