package lead

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// Kept is what a run's directory keeps of its fleet, for whoever collects what its agents measured.
type Kept struct {
	Schema int    `json:"schema"` // [KeptSchema]
	Run    string `json:"run"`
	NATS   string `json:"nats"` // without a password
	// Before is how many legs the fleet had put on when the run began, for other runs.
	Before int `json:"before,omitempty"`
}

// KeptFile is the file in the run's directory, and KeptSchema the version of it.
const (
	KeptFile   = "fleet.json"
	KeptSchema = 1
)

// Keep writes what the directory of the newest run keeps of the fleet.
func (f *Fleet) Keep(dir string) error {
	b, err := json.Marshal(Kept{Schema: KeptSchema, Run: f.Run, NATS: link.Shown(f.Conn.ConnectedUrl()), Before: f.before})
	if err != nil {
		return err
	}
	return outfile.Replace(filepath.Join(dir, KeptFile), append(b, '\n'), 0o644)
}

// ReadKept reads what a run's directory keeps of its fleet. It may come from anyone.
func ReadKept(dir string) (k Kept, err error) {
	f, err := untrusted.OpenIn(dir, KeptFile)
	if errors.Is(err, fs.ErrNotExist) {
		return k, fmt.Errorf("%s: no agents on a NATS server put its load on: there is nothing to collect", dir)
	} else if err != nil {
		return k, err
	}
	defer f.Close()
	b, err := untrusted.ReadAll(f)
	if err == nil {
		k, err = parseKept(b)
	}
	if err != nil {
		return Kept{}, fmt.Errorf("%s: %w", filepath.Join(dir, KeptFile), err)
	}
	return k, nil
}

func parseKept(b []byte) (k Kept, err error) {
	if err := untrusted.CheckSchema(b, KeptFile, KeptSchema); err != nil {
		return k, err
	}
	if err := json.Unmarshal(b, &k); err != nil {
		return k, err
	}
	if err := wire.CheckName(k.Run); err != nil {
		return k, errors.New("run: is no name of one")
	}
	if k.Before < 0 {
		return k, fmt.Errorf("before: %w %d", untrusted.ErrBounds, k.Before)
	}
	return k, link.Check(k.NATS)
}

// collectFor is how long nothing more comes before what came is all: agents without a lead put on load for
// [wire.Silence] at most, and end then.
const collectFor = wire.Silence + patience

// Collected says of a run that its lead was killed, and what was done about it.
const Collected = "the program that led the run ended; what its agents measured was collected afterwards"

// ErrUnderWay says that the lead of a run is alive.
var ErrUnderWay = errors.New("the run is under way: its lead is alive, or was some seconds ago: if it was killed, try again in a moment")

// Collect ends a run whose lead was killed: it makes the leg that was under way of what its agents kept, and
// seals the run. The agents have ended their parts by themselves.
func Collect(ctx context.Context, conn *nats.Conn, k Kept, w *runlog.Writer) error {
	of := k.Run
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	leases, _, err := link.Buckets(ctx, js)
	if err != nil {
		return err
	}
	if _, err := leases.Get(ctx, wire.LeadKey(of)); err == nil {
		return ErrUnderWay
	} else if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	stream, err := js.Stream(ctx, wire.StreamName(of))
	if err != nil {
		return fmt.Errorf("the broker keeps nothing of this run: %w", err)
	}
	// A leg without agents was begun by nobody: they are written before the first of them is asked to begin.
	if legs := w.Manifest().Legs; len(legs) > 0 && !legs[len(legs)-1].Complete && len(legs[len(legs)-1].Agents) > 0 {
		if err := collectLeg(ctx, stream, of, k.Before+len(legs), w); err != nil {
			return err
		}
	}
	if err := w.Seal(time.Now(), Collected); err != nil {
		return err
	}
	return js.DeleteStream(ctx, wire.StreamName(of))
}

// collectLeg makes a leg of what the stream has of it.
func collectLeg(ctx context.Context, stream jetstream.Stream, of string, leg int, w *runlog.Writer) error {
	kept, err := stream.GetLastMsgForSubject(ctx, wire.OrderSubject(of, leg))
	if err != nil {
		return fmt.Errorf("the order of leg %d: %w", leg, err)
	}
	ordered, err := wire.Decode[wire.Ordered](kept.Data)
	if err != nil {
		return err
	}
	l, parts, err := jobOf(w.Manifest(), ordered)
	if err != nil {
		return err
	}
	lw, err := w.RestartLeg()
	if err != nil {
		return err
	}
	defer lw.Close() // again: what is written is written
	l.Meter.Sink, l.Generators = lw, lw.Generator
	m := newMerger(l, parts)
	reading, end := context.WithCancel(ctx)
	defer end()
	messages, err := messagesOf(reading, stream, wire.LegSubjects(of, leg))
	if err != nil {
		return err
	}
	lost, err := m.drain(ctx, messages, of, leg, ordered.Agents)
	if err != nil {
		return err
	}
	agents := w.Leg().Agents
	for i := range agents {
		m.account(i, lost[i], &agents[i])
	}
	err = m.cutRest()
	t, terr := m.totals(agents)
	t.Stopped = Collected
	return errors.Join(err, terr, lw.Event(runlog.Event{At: t.Duration.Seconds(), Kind: runlog.EventInterrupt, Text: Collected}), lw.Failures(t.Failures), lw.Close(),
		w.SetAgents(agents), w.EndLeg(t.Planned, t.Dropped, t.Duration, t.Stopped), lw.Replaced())
}

// jobOf is the newest leg of a run as far as it can be known again.
func jobOf(of runlog.Manifest, o wire.Ordered) (l run.LegJob, parts []plan.Plan, err error) {
	if agents := of.Legs[len(of.Legs)-1].Agents; !slices.EqualFunc(agents, o.Agents, func(a runlog.Agent, name string) bool { return a.Name == name }) {
		return l, nil, errors.New("the agents of the leg are others than those that its order names")
	}
	l.Order = o.Order
	if l.Job.Plan, err = plan.New(o.Order.Load); err != nil {
		return l, nil, err
	}
	if o.Order.WarmUp > 0 {
		l.Job.Plan = l.Job.Plan.Cut(o.Order.WarmUp)
	}
	for i, name := range of.Requests {
		r := attack.Request{Name: name, Claims: 1}
		if of.Claims != nil {
			r.Claims = of.Claims[i]
		}
		if of.Weights != nil {
			r.Weight = of.Weights[i]
		}
		l.Job.Requests = append(l.Job.Requests, r)
	}
	l.Meter.Requests = of.Requests
	weights, err := plan.NewWeights(o.Weights)
	for i := range o.Weights {
		parts = append(parts, l.Job.Plan.Weighted(i, weights))
	}
	return l, parts, err
}

// drain takes what there is until every agent has ended, or nothing more comes.
func (m *merger) drain(ctx context.Context, messages <-chan message, of string, leg int, names []string) ([]loss, error) {
	lost := make([]loss, len(names))
	for !m.over() {
		select {
		case in := <-messages:
			name, kind := in.of(of, leg)
			i := slices.Index(names, name)
			if i < 0 || kind == "pages" || m.parts[i].gone {
				continue // rows are counted by names no more
			}
			own, err := m.receive(i, kind, in.data)
			if own != "" {
				lost[i] = loss{why: own, at: m.parts[i].end.Duration}
			}
			if err != nil {
				lost[i] = loss{why: "what it sent cannot be right: " + err.Error(), at: time.Duration(m.parts[i].next) * time.Second}
				m.parts[i].gone = true
			}
		case <-time.After(collectFor):
			for i, p := range m.parts {
				if !p.over() {
					p.gone = true
					lost[i] = loss{why: "its end never came", at: time.Duration(p.next) * time.Second}
				}
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err := m.flush(nil); err != nil {
			return nil, err
		}
	}
	// Without its lead each can have sent for a while. When that ended is not known: not before the newest second
	// that came from any.
	newest := 0
	for _, p := range m.parts {
		newest = max(newest, p.next)
	}
	for i := range lost {
		lost[i].until = time.Duration(newest)*time.Second + wire.Silence
	}
	return lost, nil
}
