package run

import (
	"cmp"
	"context"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

// Performer puts the load of legs on their targets: from this machine, or from others by its orders.
type Performer interface {
	// Machine is where the load comes from.
	Machine() runlog.Machine
	// Open makes its machines ready for a run of its scenario. One performer does for several runs, one after the
	// other. After an error nothing was sent.
	Open(ctx context.Context) error
	// Able returns which limit of its machines keeps a job from being put on by an engine, nil for none that
	// is known here.
	Able(attack.Engine, *attack.Job) error
	// Ready makes ready for a leg, and returns when it is to begin: soon after now. Nothing is sent before.
	// Of the leg there are its order, its job and its digest.
	Ready(ctx context.Context, l LegJob) (start time.Time, err error)
	// Perform has the job done from the start on, and stores each second in the meter's sink as it ends.
	// The totals are valid even with an error.
	Perform(ctx context.Context, l LegJob) (attack.Totals, error)
}

// Estimator is a performer that knows how much its machines can do.
type Estimator interface {
	Performer
	// Estimate says how they stand to a job that they are able to do; "" says nothing.
	Estimate(attack.Engine, *attack.Job) string
}

// LegJob is a leg as a performer gets it.
type LegJob struct {
	// Order is the job in plain values; Engine and Job are what this machine makes of it.
	Order  Order
	Engine attack.Engine
	Job    attack.Job
	// Digest is that of the order here, see [Generator.Digest].
	Digest func() (string, error)
	Start  time.Time
	Meter  attack.MeterConfig
	// Agents notes which agents put the load on, and at the end what each of them did. Generators notes what
	// one of them did in a second. A performer whose load comes from this machine calls neither.
	Agents     func([]runlog.Agent) error
	Generators func(runlog.GeneratorSecond) error
}

// Here is the performer whose load comes from this machine, by a function such as [attack.Perform].
type Here func(ctx context.Context, e attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error)

// lead is how long before its start a leg is opened, so that our own files, and not
// the first request, pay for the disk.
const lead = 100 * time.Millisecond

// Machine implements [Performer].
func (Here) Machine() runlog.Machine { return Machine() }

// Open implements [Performer].
func (Here) Open(context.Context) error { return nil }

// Able implements [Performer].
func (Here) Able(_ attack.Engine, job *attack.Job) error {
	return cmp.Or(wire.EnoughFiles(job), wire.EnoughPorts(job))
}

// Ready implements [Performer].
func (Here) Ready(context.Context, LegJob) (time.Time, error) { return time.Now().Add(lead), nil }

// Perform implements [Performer].
func (h Here) Perform(ctx context.Context, l LegJob) (attack.Totals, error) {
	return h(ctx, l.Engine, l.Job, l.Start, l.Meter)
}
