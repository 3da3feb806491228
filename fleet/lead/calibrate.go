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

// engines are those that an agent is measured with: the one that it takes by itself, and the one of every machine.
var engines = []string{"", portable}

const portable = "nethttp"

// calibrateWithin is how long an agent may take to measure itself.
const calibrateWithin = 15 * time.Second

// Calibrate has every agent that works for nobody measure what it can send with each engine, one after the other, since
// two may be of one machine, and has the broker keep it. told gets each result as it comes; the error holds every
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
		for _, engine := range engines {
			r, err := f.calibrate(ctx, m, engine, kept)
			if err != nil {
				errs = append(errs, err)
				break
			}
			if told(r); r.Engine == portable {
				break // its machine has no other
			}
		}
	}
	return errors.Join(errs...)
}

// calibrate has an agent measure itself with an engine, "" for the one that it takes by itself.
func (f *Fleet) calibrate(ctx context.Context, m *member, engine string, kept jetstream.KeyValue) (r calibration.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, calibrateWithin)
	defer cancel()
	a, err := f.ask(ctx, m, wire.Command{Calibrate: &wire.Calibrate{Engine: engine}})
	if err != nil {
		return r, err
	}
	if r, err = calibration.Parse(a.Calibration); err == nil && (r.Agent != m.Name || engine != "" && r.Engine != engine) {
		err = errors.New("a calibration of another agent, or of another engine: take one version of stress on all machines")
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", m.called(), err)
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = kept.Put(ctx, wire.CalibrationKey(m.Name, r.Engine), b)
	}
	return r, err
}

// calibrations are what the broker keeps of the fleet's agents.
func (f *Fleet) calibrations(ctx context.Context) (all []calibration.Record, err error) {
	kept, err := link.Calibrations(ctx, f.js)
	if err != nil {
		return nil, err
	}
	for _, m := range f.members {
		of, err := link.Measured(ctx, kept, m.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// Able implements [run.Performer]: the share of no agent is beyond the limits that it was started with, and a plan
// with a rate asks for no more than the agents can send, where that was measured; for shares by capacity all of them
// were. The error is an [*attack.LimitError] where it is about a limit.
func (f *Fleet) Able(e attack.Engine, job *attack.Job) error {
	d, err := f.divide(e.Name())
	if err != nil {
		return err
	}
	if err := f.allowed(d, job); err != nil {
		return err
	}
	c := f.estimate(d, e, job)
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
	d, err := f.divide(e.Name())
	if err != nil {
		return err.Error()
	}
	c := f.estimate(d, e, job)
	if g := f.Scenario.Generators; c.RPS == 0 && g != nil && g.NATS == "" { // nobody could measure them beforehand
		return ""
	}
	return c.Words
}

func (f *Fleet) estimate(d division, e attack.Engine, job *attack.Job) calibration.Check {
	rate, _ := job.Plan.Peak()
	return calibration.Of(f.measured, f.shares(f.members, d.weights, e.Name()), rate*float64(attack.PerPass(job.Requests)))
}

// allowed returns which agent does not allow its share of a job.
func (f *Fleet) allowed(d division, job *attack.Job) error {
	weights, err := plan.NewWeights(d.weights)
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
