// Package agent puts parts of legs on: it keeps a lease, obeys the lead of one run at a time, and performs
// its parts with the ordinary engine and meter.
//
// An agent sends load only while it holds its lease and has heard its lead within [wire.Silence]. It never
// starts the same part twice, and never resumes one. Whatever it is told, it dials only what its own guard
// allows, and stays within its own limits.
package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// Config is how to be an agent. Name, Conn and Guard must be given.
type Config struct {
	// Name is unique in the fleet: see [wire.CheckName].
	Name string
	// Conn is the connection to the broker. It is the agent's alone until [Run] returns.
	Conn *nats.Conn
	// Guard makes the guard of a run, which decides which addresses may be dialled from here: of those, the
	// agent keeps to the targets of its limits.
	Guard func() *ownership.Guard
	// Resolver is asked for the addresses of names; nil is the system's.
	Resolver route.Resolver
	// Limits are those of this agent.
	Limits Limits
	// Tool names this program.
	Tool runlog.Tool
	// Perform puts the load on; nil is [attack.Perform].
	Perform run.Here
	// Say tells people what happens; nil tells nobody.
	Say func(string)
}

// agent is one while it works.
type agent struct {
	Config
	js       jetstream.JetStream
	leases   jetstream.KeyValue
	started  jetstream.KeyValue
	instance string
	epoch    time.Time    // of the clock that leads are told
	lease    atomic.Int64 // until when the lease is held, on that clock
	heard    atomic.Int64 // when the lead was last heard
	ended    atomic.Int64 // when it was asked to end; 0 is not
	// performing is the part that was begun last, until it has ended.
	performing atomic.Pointer[leg]

	mu   sync.Mutex
	work *work // nil: no lead has asked for anything
	all  sync.WaitGroup
}

// Run is an agent until ctx ends. It then lets the answers to what is in flight be awaited no longer, and
// gives its lease back. An error says why it cannot be one.
func Run(ctx context.Context, c Config) error {
	if err := wire.CheckName(c.Name); err != nil {
		return err
	}
	if c.Perform == nil {
		c.Perform = attack.Perform
	}
	if c.Say == nil {
		c.Say = func(string) {}
	}
	a := &agent{Config: c, instance: rand.Text(), epoch: time.Now()}
	a.heard.Store(int64(-wire.Silence))
	var err error
	if a.js, err = jetstream.New(c.Conn); err != nil {
		return err
	}
	if !c.Conn.IsConnected() {
		c.Say(a.called() + " waits for the broker, which does not answer or does not let it in")
	}
	if a.leases, a.started, err = link.Buckets(ctx, a.js); err != nil {
		if ctx.Err() != nil {
			return nil // it was asked to end while it waited
		}
		return err
	}
	stop, err := a.listen(ctx)
	if err != nil {
		return err
	}
	defer stop()
	err = a.keepLease(ctx)
	a.over()
	a.release("the agent was ended")
	a.all.Wait()
	return err
}

// called is the agent in a sentence.
func (a *agent) called() string { return runlog.AgentNamed(a.Name) }

// now is the agent's clock.
func (a *agent) now() time.Duration { return time.Since(a.epoch) }

// holds reports that the lease is this process's.
func (a *agent) holds() bool { return int64(a.now()) < a.lease.Load() }

// awaitsLease reports that this process holds the lease, perhaps in a moment: a lead may read of a lease before the
// agent knows that it has it. Another process of the same name may hold it, and that one is asked.
func (a *agent) awaitsLease(ctx context.Context) bool {
	for until := a.now() + wire.TTL; !a.holds(); {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(watchEvery):
		}
		if a.now() > until {
			return false
		}
	}
	return true
}

// listen answers leads until stop is called, while it holds the lease.
func (a *agent) listen(ctx context.Context) (stop func(), err error) {
	clock, err := a.Conn.Subscribe(wire.ClockSubject(a.Name), func(m *nats.Msg) {
		if !a.holds() {
			return
		}
		a.reply(m, wire.Now{Mono: a.now(), Wall: time.Now().UnixNano()})
	})
	if err != nil {
		return nil, err
	}
	commands, err := a.Conn.Subscribe(wire.CommandSubject(a.Name), func(m *nats.Msg) {
		c, err := wire.Decode[wire.Command](m.Data)
		if err == nil && c.Beat != nil { // soon, whatever else is asked
			if a.holds() {
				a.answer(m, wire.Answer{}, a.beat(c.Run))
			}
			return
		}
		a.beside(func() {
			if !a.awaitsLease(ctx) {
				return
			}
			var answer wire.Answer
			if err == nil {
				answer, err = a.do(ctx, c)
			}
			a.answer(m, answer, err)
		})
	})
	if err != nil {
		return nil, errors.Join(err, clock.Unsubscribe())
	}
	return func() { _, _ = clock.Unsubscribe(), commands.Unsubscribe() }, a.Conn.Flush()
}

// answer answers a command; the error says why it is refused.
func (a *agent) answer(m *nats.Msg, w wire.Answer, err error) {
	if err != nil {
		w = wire.Answer{
			Error: a.secretless(err), Limit: errors.As(err, new(*attack.LimitError)), Busy: errors.As(err, new(*busyError)), Unprepared: errors.Is(err, errUnprepared),
		}
		if len(w.Error) > mostWords {
			w.Error = strings.ToValidUTF8(w.Error[:mostWords], "") + "…"
		}
	}
	a.reply(m, w)
}

// mostWords is how long a refusal is at most, in bytes: an answer that is too long would be none.
const mostWords = 4 << 10

// reply sends a message back. A lead that does not get it asks again, or takes the agent for lost.
func (a *agent) reply(m *nats.Msg, w any) {
	var b []byte
	switch w := w.(type) {
	case wire.Answer:
		b, _ = wire.Encode(w)
	case wire.Now:
		b, _ = wire.Encode(w)
	}
	_ = m.Respond(b)
}

// do does what a lead asks.
func (a *agent) do(ctx context.Context, c wire.Command) (wire.Answer, error) {
	if c.Prepare != nil {
		return wire.Answer{}, a.prepare(ctx, c.Run, c.Prepare)
	}
	if c.Calibrate != nil {
		return a.calibrate(ctx, c.Run, c.Calibrate.Engine)
	}
	w, err := a.workOf(c.Run)
	if err != nil {
		return wire.Answer{}, err
	}
	switch {
	case c.Ready != nil:
		return w.ready(c.Ready)
	case c.Start != nil:
		return wire.Answer{}, w.start(ctx, c.Start)
	case c.Stop != nil:
		return wire.Answer{}, w.stop(c.Stop)
	}
	a.release("its run is over")
	return wire.Answer{}, nil
}

// workOf is what the agent does for a run.
func (a *agent) workOf(run string) (*work, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.work == nil || a.work.run != run {
		return nil, fmt.Errorf("%s %w", a.called(), errUnprepared)
	}
	return a.work, nil
}

// beat notes that the lead of a run is alive.
func (a *agent) beat(run string) error {
	_, err := a.workOf(run)
	if err == nil {
		a.heard.Store(int64(a.now()))
	}
	return err
}

// release gives up what the agent does for a run, and cuts the load that it puts on.
func (a *agent) release(why string) {
	a.mu.Lock()
	w := a.work
	a.work = nil
	a.mu.Unlock()
	if w != nil {
		w.end(why)
	}
}

// secretless is an error without the secrets of the scenario.
func (a *agent) secretless(err error) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.work == nil || a.work.generator == nil {
		return err.Error()
	}
	return a.work.generator.Secrets().Blot(err.Error())
}

// maySend reports that load may be put on, and why it may not.
func (a *agent) maySend() (why string) {
	now := int64(a.now())
	switch {
	case now >= a.lease.Load():
		return fmt.Sprintf("the agent lost its lease: it could not renew it for %g s, and so puts on no load", wire.TTL.Seconds())
	case now >= a.heard.Load()+int64(wire.Silence):
		return fmt.Sprintf("the agent has not heard its lead for %g s, and so puts on no load", wire.Silence.Seconds())
	}
	return ""
}

// keepLease renews the lease until ctx ends. A lease that was lost is taken anew when nobody else has it;
// the load that was put on under it has ended then.
func (a *agent) keepLease(ctx context.Context) error {
	var revision uint64
	ticker := time.NewTicker(wire.Renew)
	defer ticker.Stop()
	key, said := wire.AgentKey(a.Name), false
	taken := a.now() // since when it is another's, as far as is known
	for ; ; said = a.sayOnce(said, revision) {
		asked, anew := a.now(), revision == 0
		err := a.renew(ctx, key, &revision)
		if !anew || !errors.Is(err, jetstream.ErrKeyExists) {
			taken = asked
		}
		switch {
		case err == nil:
			// A lease that was over before it was renewed is over for the part, though no request was due meanwhile: the lead
			// counts with that.
			if l := a.performing.Load(); l != nil {
				l.mayNot()
			}
			a.lease.Store(int64(asked + wire.TTL))
		case asked-taken > 2*wire.TTL && said:
			return fmt.Errorf("the lease of agent %s is not its own any more: another has its name, or the broker's disk is full", a.Name)
		case asked-taken > 2*wire.TTL:
			return fmt.Errorf("an agent named %s is there already: give each its own --name", a.Name)
		case asked >= time.Duration(a.lease.Load()):
			revision = 0 // it is gone: take it anew
		}
		a.forgetSilent()
		if err := link.Ended(a.Conn); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			if revision > 0 {
				end, cancel := context.WithTimeout(context.WithoutCancel(ctx), wire.Renew)
				defer cancel()
				_ = a.leases.Delete(end, key, jetstream.LastRevision(revision)) // else it ends by itself
			}
			return nil
		case <-ticker.C:
		}
	}
}

// sayOnce tells people when the agent has its first lease.
func (a *agent) sayOnce(said bool, revision uint64) bool {
	if !said && revision > 0 {
		a.Say(a.called() + " is ready")
		return true
	}
	return said
}

// renew takes the lease, or renews the one of a revision.
func (a *agent) renew(ctx context.Context, key string, revision *uint64) error {
	b, err := wire.Encode(a.hello())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, wire.TTL-wire.Renew)
	defer cancel()
	var next uint64
	if *revision == 0 {
		next, err = a.leases.Create(ctx, key, b)
	} else {
		next, err = a.leases.Update(ctx, key, b, *revision)
	}
	if err == nil {
		*revision = next
	}
	return err
}

// hello is what the lease says.
func (a *agent) hello() wire.Hello {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := wire.Hello{
		Name: a.Name, Instance: a.instance, Oldest: wire.Oldest, Newest: wire.Protocol, Version: cmp.Or(a.Tool.Version, "unknown"),
		Machine: run.Machine(), Network: network(), Private: link.Private(a.Conn),
		MaxRate: a.Limits.MaxRate, MaxClients: a.Limits.MaxClients,
	}
	for _, p := range a.Limits.Targets {
		h.Targets = append(h.Targets, p.String())
	}
	if a.work != nil {
		h.Run = a.work.run
	}
	return h
}

// guard is that of a run.
func (a *agent) guard() *ownership.Guard {
	g := a.Guard()
	if len(a.Limits.Targets) > 0 {
		g.Within = a.Limits.Targets
	}
	return g
}

// forgetSilent gives up a run whose lead is silent, so that another may have the agent. What it puts on
// has been cut by then.
func (a *agent) forgetSilent() {
	a.mu.Lock()
	w := a.work
	a.mu.Unlock()
	if w != nil && a.now() >= time.Duration(a.heard.Load())+wire.Silence && !w.underWay() {
		a.release("its lead was not heard")
	}
}

// network tells machines and the name spaces of their networks apart; "" where the system does not tell.
func network() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, err2 := os.Readlink("/proc/self/ns/net")
	if err != nil || err2 != nil {
		return ""
	}
	return string(boot[:min(8, len(boot))]) + space
}
