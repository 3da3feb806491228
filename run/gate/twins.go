package gate

import (
	"context"
	"errors"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// What [Twins] refuses, or ends with, without a out.
var (
	// ErrBothTargets says that targets were chosen where both that are compared are needed.
	ErrBothTargets = errors.New("an A/A measurement takes both targets that the scenario compares")
	// ErrInterrupted says that the measurement ended between its two runs.
	ErrInterrupted = errors.New("interrupted: the noise takes both runs, nothing is kept")
)

// Twins measures every target of a scenario against itself, an A/A measurement, in the way
// in which a gate of the scenario will be measured. Where the scenario compares two
// targets, they take turns within one run: so each takes turns with its twin, the same
// address under another name. Otherwise a later run will be held against one that was
// kept: so there are two runs, the second in the directory [Again], and the result is about
// that one.
//
// What it finds is put into the file of the noise, unless something went wrong. An error
// beside a result is one of measuring, or of writing that file.
func Twins(ctx context.Context, sc *scenarios.Scenario, o Options) (*Result, error) {
	if err := o.againIsFree(); err != nil {
		return nil, err
	}
	noises, err := history.ReadNoises(o.noiseFile())
	if err != nil {
		return nil, err
	}
	unjudgedScenario := *sc
	unjudgedScenario.Gate, unjudgedScenario.Loads = nil, slices.Clone(sc.Loads)
	for i := range unjudgedScenario.Loads {
		unjudgedScenario.Loads[i].Thresholds = nil // no target is judged
	}
	pairs, dir, err := o.pairs(ctx, &unjudgedScenario)
	if len(pairs) == 0 {
		return nil, err
	}
	g, noise, jerr := gate.JudgeTwins(pairs)
	if jerr != nil {
		return nil, unjudged(err, jerr)
	}
	out := &Result{Gate: g, Dir: dir}
	if noise == nil || err != nil {
		return out, err
	}
	noise.Scenario, noise.Machine = g.Name, history.Machine(g.Candidate.Machine)
	noises.Put(*noise)
	targets := o.measuredTargets(sc)
	for _, l := range sc.Loads {
		g.Warnings = append(g.Warnings, gate.Unmeasured(noise, sc.Gate, l.Name, targets)...)
		if rerr := gate.Refuse(noise, sc.Gate, l.Name, targets, noise.Rounds); rerr != nil {
			g.Warnings = append(g.Warnings, "a gate of this scenario will be refused: "+rerr.Error())
		}
	}
	if err := history.WriteNoises(o.noiseFile(), noises); err != nil {
		return out, err
	}
	out.Noise = o.noiseFile()
	return out, nil
}

// measuredTargets are the targets whose noise is measured: the two that are compared, or else those
// chosen, or else all.
func (o Options) measuredTargets(sc *scenarios.Scenario) []string {
	switch {
	case compared(sc):
		return []string{sc.Compare.Baseline, sc.Compare.Candidate}
	case len(o.Targets) > 0:
		return o.Targets
	}
	return names(sc.Targets)
}

// pairs measures every target of a scenario twice. dir is that of the last run.
func (o Options) pairs(ctx context.Context, sc *scenarios.Scenario) (pairs []gate.Twins, dir string, err error) {
	switch {
	case !compared(sc):
		return o.twoRuns(ctx, sc)
	case len(o.Targets) > 0:
		return nil, "", ErrBothTargets
	}
	named := addTwins(sc)
	a, dir, err := o.Measure(ctx, sc, o.Dir, run.Looks{})
	if a == nil {
		return nil, "", err
	}
	for _, part := range a.Parts() {
		for _, p := range named {
			pairs = append(pairs, gate.Twins{A: compare.Pick{Run: part, Target: p[0], Label: dir}, B: compare.Pick{Run: part, Target: p[1], Label: dir}})
		}
	}
	return pairs, dir, err
}

// twoRuns measures a scenario twice.
func (o Options) twoRuns(ctx context.Context, sc *scenarios.Scenario) (pairs []gate.Twins, dir string, err error) {
	a, first, err := o.Measure(ctx, sc, o.Dir, run.Looks{})
	switch {
	case a == nil || err != nil:
		return nil, "", err
	case o.drained():
		return nil, "", ErrInterrupted
	}
	b, second, err := o.Measure(ctx, sc, Again(first), run.Looks{})
	if b == nil {
		return nil, "", err
	}
	for _, same := range result.SameLoads(a, b) {
		for _, name := range same[0].Targets() {
			pairs = append(pairs, gate.Twins{A: compare.Pick{Run: same[0], Target: name, Label: first}, B: compare.Pick{Run: same[1], Target: name, Label: second}})
		}
	}
	return pairs, second, err
}

// addTwins gives the two targets that a scenario compares a twin each, leaves out the
// others, and returns the pairs of names.
func addTwins(sc *scenarios.Scenario) [][2]string {
	var targets []scenarios.Target
	var pairs [][2]string
	taken := names(sc.Targets)
	for _, t := range sc.Targets {
		if t.Name != sc.Compare.Baseline && t.Name != sc.Compare.Candidate {
			continue
		}
		twin := t
		twin.Twin = t.Name
		for twin.Name += "-twin"; slices.Contains(taken, twin.Name); {
			twin.Name += "-twin"
		}
		taken = append(taken, twin.Name)
		targets, pairs = append(targets, t, twin), append(pairs, [2]string{t.Name, twin.Name})
	}
	turns := *sc.Compare
	turns.Baseline, turns.Candidate = pairs[0][0], pairs[0][1]
	sc.Targets, sc.Compare = targets, &turns
	return pairs
}
