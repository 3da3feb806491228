package lead

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
)

// calibrateWithin is how long an agent may take to measure itself.
const calibrateWithin = 15 * time.Second

// Calibrate has every agent that works for nobody measure what it can send, one after the other, since two may
// be of one machine, and has the broker keep it. told gets each result as it comes; the error holds every
// agent that could not.
func Calibrate(ctx context.Context, conn *nats.Conn, told func(calibration.Record)) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	leases, _, err := link.Buckets(ctx, js)
	if err != nil {
		return err
	}
	kept, err := link.Calibrations(ctx, js)
	if err != nil {
		return err
	}
	f := &Fleet{Config: Config{Conn: conn, Run: strings.ToLower(rand.Text())}, leases: leases}
	free, why, err := f.free(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if why != "" {
		errs = append(errs, errors.New(strings.TrimPrefix(why, "; ")))
	}
	for _, m := range free {
		r, err := f.calibrate(ctx, m, kept)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		told(r)
	}
	return errors.Join(errs...)
}

func (f *Fleet) calibrate(ctx context.Context, m *member, kept jetstream.KeyValue) (r calibration.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, calibrateWithin)
	defer cancel()
	a, err := f.ask(ctx, m, wire.Command{Calibrate: &wire.Calibrate{}})
	if err != nil {
		return r, err
	}
	if r, err = calibration.Parse(a.Calibration); err == nil && r.Agent != m.Name {
		err = errors.New("a calibration of another agent")
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", m.called(), err)
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = kept.Put(ctx, m.Name, b)
	}
	return r, err
}

// calibrations are what the broker keeps of the fleet's agents. What is none is left out.
func (f *Fleet) calibrations(ctx context.Context) (all []calibration.Record, err error) {
	kept, err := link.Calibrations(ctx, f.js)
	if err != nil {
		return nil, err
	}
	for _, m := range f.members {
		e, err := kept.Get(ctx, m.Name)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		if r, err := calibration.Parse(e.Value()); err == nil && r.Agent == m.Name {
			all = append(all, r)
		}
	}
	return all, nil
}

// Able implements [run.Performer]: the share of no agent is beyond the limits that it was started with, and a plan
// with a rate asks for no more than the agents can send, where that was measured. The error is an
// [*attack.LimitError].
func (f *Fleet) Able(e attack.Engine, job *attack.Job) error {
	if err := f.allowed(job); err != nil {
		return err
	}
	c := f.estimate(e, job)
	switch {
	case !c.Enough:
		return &attack.LimitError{Words: c.Words + ": ask for less, or add agents; `stress fleet calibrate` measures them anew"}
	case c.RPS == 0 && c.Words != "" && !f.noted && job.Plan.Open():
		f.noted = true
		f.Say(c.Words)
	}
	return nil
}

// Estimate implements [run.Estimator].
func (f *Fleet) Estimate(e attack.Engine, job *attack.Job) string {
	c := f.estimate(e, job)
	if g := f.Scenario.Generators; c.RPS == 0 && g != nil && g.NATS == "" { // nobody could measure them beforehand
		return ""
	}
	return c.Words
}

func (f *Fleet) estimate(e attack.Engine, job *attack.Job) calibration.Check {
	rate, _ := job.Plan.Peak()
	shares := make([]calibration.Share, len(f.members))
	for i, m := range f.members {
		shares[i] = calibration.Share{Agent: m.Name, Weight: float64(f.Weights[i]), Engine: e.Name()}
	}
	return calibration.Of(f.measured, shares, rate*float64(attack.PerPass(job.Requests)))
}

// allowed returns which agent does not allow its share of a job.
func (f *Fleet) allowed(job *attack.Job) error {
	weights, err := plan.NewWeights(f.Weights)
	if err != nil {
		return err
	}
	for i, m := range f.members {
		if err := m.hello().Allows(job.Plan.Weighted(i, weights), attack.PerPass(job.Requests)); err != nil {
			return &attack.LimitError{Words: fmt.Sprintf("%s: %v", m.called(), err)}
		}
	}
	return nil
}
