// Package gate holds runs to limits. It decides what is measured and how often, which
// baseline a run is held against, and which limits the noise of the machine refuses. How a
// run is judged is in package analyze; what it looks like is up to the caller.
package gate

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Rounds is how many rounds a gate measures when neither the scenario nor its user says
// how many, or for how long: enough for 25 checks at once. It is for
// [scenarios.Options.Rounds].
const Rounds = 10

// Measure measures a scenario into a directory, "" for a new one, as long as the looks have
// it go on, and returns what the run means and where it is. Without an analysis no run
// began. An error beside an analysis says what went wrong after it had begun.
type Measure func(ctx context.Context, sc *scenarios.Scenario, dir string, looks run.Looks) (*result.Analysis, string, error)

// Options are how a run is gated. The zero value holds a stored run to its own limits and
// its own baseline target.
type Options struct {
	// Baseline is the path of a run, of its summary.json, or of a directory of baselines,
	// from which the newest of the run's scenario and machine is taken that began before
	// the run. "" leaves the run's own baseline target, if it has one.
	Baseline string
	// Limits are asked in place of the run's own; empty leaves those.
	Limits []runlog.Limit
	// Noise is the file with the noise of machines; it must be there for [Judge] and
	// [Run]. "" is noise.json beside the baselines, which need not be there.
	Noise string

	// Measure is needed by [Run] and [Twins]; Dir and Targets are what it is asked for: the
	// directory of the measurement, the first of two where [Twins] takes two, "" for a new
	// one, and the targets of the scenario that it measures, empty for all.
	Measure Measure
	Dir     string
	Targets []string
	// Machine is where Measure has the load come from; the zero value is this machine.
	Machine runlog.Machine
	// Drain, when closed, has [Twins] measure nothing more.
	Drain <-chan struct{}
}

// Result is a gate, and the directory of the run that it is about.
type Result struct {
	Gate *result.Gate
	Dir  string
	// Noise is the file into which [Twins] put what it found; "" for none.
	Noise string
}

// UnjudgedError says that a run could not be judged, and that measuring it had gone wrong
// before, which may be why.
type UnjudgedError struct{ Measuring, Judging error }

func (e *UnjudgedError) Error() string   { return errors.Join(e.Measuring, e.Judging).Error() }
func (e *UnjudgedError) Unwrap() []error { return []error{e.Measuring, e.Judging} }

// unjudged is the error of a measurement that could not be judged.
func unjudged(measuring, judging error) error {
	if measuring == nil {
		return judging
	}
	return &UnjudgedError{measuring, judging}
}

// Judge holds a stored run, a directory or a summary.json, to limits. It measures nothing.
//
// Errors to be mended by the user, beside those of [run.Stored]: [gate.ErrNoLimits], an
// [compare.RefusedError], [ErrNoNoise], and those of history's baselines.
func Judge(ctx context.Context, path string, o Options) (*Result, error) {
	a, err := run.Stored(ctx, path)
	if err != nil {
		return nil, err
	}
	g, err := o.judge(ctx, a, path)
	if err != nil {
		return nil, err
	}
	return &Result{Gate: g.Gate, Dir: path}, nil
}

// Run measures a scenario and holds the run to limits. While its rounds cannot tell, or
// only begin to say FAIL, it goes on to twice as many, as far as the scenario lets it. What
// would refuse the gate later is found before anything is measured.
//
// An error beside a result is one of measuring. An [*UnjudgedError] or an error of [Judge]
// comes without a result.
func Run(ctx context.Context, sc *scenarios.Scenario, o Options) (*Result, error) {
	looks, err := o.looks(sc)
	if err != nil {
		return nil, err
	}
	if err := o.refuseEarly(ctx, sc, looks); err != nil {
		return nil, err
	}
	a, dir, err := o.Measure(ctx, sc, o.Dir, run.Looks{At: looks, WhyMore: func(a *result.Analysis) string { return o.doubt(ctx, a) }})
	if a == nil {
		return nil, err
	}
	g, jerr := o.judge(ctx, a, dir)
	if jerr != nil {
		return nil, unjudged(err, jerr)
	}
	return &Result{Gate: g.Gate, Dir: dir}, err
}

// looks are the numbers of rounds at which a gate looks at its run: those of the scenario,
// twice as many, and so on up to the most; none where there is only one look. A scenario
// that only has a budget has as many rounds as fit.
func (o Options) looks(sc *scenarios.Scenario) ([]int, error) {
	c := sc.Compare
	if c == nil || c.Rounds == 0 {
		return nil, nil
	}
	most := cmp.Or(c.Most, 2*c.Rounds)
	if c.Budget > 0 {
		round, err := run.RoundTime(sc, o.Targets)
		if err != nil {
			return nil, err
		}
		most = min(cmp.Or(c.Most, 4*c.Rounds), int(c.Budget/max(round, 1)))
	}
	most = min(most, scenarios.MaxRounds)
	var at []int
	for n := c.Rounds; n < most; n *= 2 {
		at = append(at, n)
	}
	if len(at) == 0 {
		return nil, nil
	}
	return append(at, most), nil
}

// doubt says why a run should go on; "" where more rounds would change nothing, or where
// it cannot be judged, which is found again when it has ended.
func (o Options) doubt(ctx context.Context, a *result.Analysis) string {
	g, err := o.judge(ctx, a, "the run so far")
	if err != nil || g.More() == 0 {
		return ""
	}
	return g.Headline
}

// Again is the directory of the second of two measurements, beside that of the first.
func Again(dir string) string { return filepath.Clean(dir) + "-again" }

// againIsFree is an error where the directory of a second measurement is taken.
func (o Options) againIsFree() error {
	if o.Dir == "" {
		return nil
	}
	return runlog.CheckFree(Again(o.Dir))
}

func (o Options) drained() bool {
	select {
	case <-o.Drain:
		return true
	default:
		return false
	}
}

// judge holds a run to its limits and, where that was measured, to the noise.
func (o Options) judge(ctx context.Context, a *result.Analysis, label string) (*gate.Judgement, error) {
	limits, err := o.limits(a.Run.Gate)
	if err != nil {
		return nil, err
	}
	base, err := o.baseline(ctx, a)
	if err != nil {
		return nil, err
	}
	noise, err := o.noise(a.Name, a.Run.Machine, base.run == nil)
	if err != nil {
		return nil, err
	}
	return gate.Judge(a, label, base.run, base.label, limits, noise)
}

// limits are those that were given, or the run's own.
func (o Options) limits(own []runlog.Limit) ([]runlog.Limit, error) {
	if len(o.Limits) > 0 {
		own = o.Limits
	}
	if len(own) == 0 {
		return nil, gate.ErrNoLimits
	}
	return own, nil
}

// refuseEarly looks for what would refuse the gate once it is measured.
func (o Options) refuseEarly(ctx context.Context, sc *scenarios.Scenario, looks []int) error {
	limits, err := o.limits(sc.Gate)
	if err != nil {
		return err
	}
	machine := o.Machine
	if machine == (runlog.Machine{}) {
		machine = run.Machine()
	}
	coming := &result.Analysis{Name: sc.Name, Run: result.RunInfo{Started: time.Now(), Machine: machine}}
	base, err := o.baseline(ctx, coming)
	if err != nil {
		return err
	}
	own := base.run == nil && compared(sc)
	noise, err := o.noise(sc.Name, coming.Run.Machine, own)
	if err != nil || noise == nil {
		return err
	}
	rounds := sc.Compare.MostRounds()
	if sc.Compare != nil && sc.Compare.Rounds == 0 && sc.Compare.Budget > 0 {
		rounds = noise.Rounds // as many as fit: nobody knows yet
	}
	for _, n := range looks {
		rounds = max(rounds, n)
	}
	for _, l := range sc.Loads {
		if err := gate.Refuse(noise, limits, l.Name, names(sc.Targets), rounds); err != nil {
			return err
		}
	}
	return nil
}

// compared reports that a scenario holds two of its targets against each other.
func compared(sc *scenarios.Scenario) bool { return sc.Compare != nil && sc.Compare.Baseline != "" }

func names(targets []scenarios.Target) []string {
	out := make([]string, len(targets))
	for i, t := range targets {
		out[i] = t.Name
	}
	return out
}
