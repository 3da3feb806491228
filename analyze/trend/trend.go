// Package trend follows one metric over the judged runs of a scenario on one machine, and
// finds where it changed to stay.
package trend

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// fewestRuns is how many runs can show a change that lasts: three before and three
// after.
const fewestRuns = 6

const method = "A run counts once, with the middle of its rounds: their pseudo-median and its exact 95 % interval from 6 rounds on. " +
	"With fewer the interval is that of the requests, from the lowest end of a round to the highest, and leaves out how far another run would differ. Error rates pool the rounds, rows add up. " +
	"Changes are sought by E-divisive and kept where Welch's t says p ≤ 0.001. " +
	"The interval of a change is Welch's at 95 %; as the data chose the place, it is somewhat too narrow."

// Of follows the metric of that name of a target over runs of one scenario on one machine, under
// one load (see [UnderLoad]), oldest first, and finds where it changed to stay. An empty target is the only one
// there is, or the candidate of the newest run. It is an error to mix scenarios or
// machines, or to ask for what none of the runs has.
func Of(entries []result.Entry, target, name string) (*result.Trend, error) {
	of, request, err := followed(name)
	if err != nil {
		return nil, err
	}
	if err := alike(entries); err != nil {
		return nil, err
	}
	newest := entries[len(entries)-1]
	if target, err = targetOf(newest.Run, target); err != nil {
		return nil, err
	}
	t := &following{result.Trend{Schema: result.TrendSchema, Name: newest.Run.Name, Machine: newest.Machine, Target: target, Load: newest.Run.Run.Load.Name, Metric: of.Name, Request: request,
		Title: words.Join(" under load ", words.Join(" of ", of.Phrase, request, target), newest.Run.Run.Load.Name),
		Unit:  of.Unit, Better: of.Better, Method: method, Changes: []result.Change{}}}
	if of.Unit.Class() == metric.Times && !of.Worst {
		t.Measure = newest.Run.Run.Measure
	}
	kept := t.fill(of, entries)
	if len(kept) == 0 {
		return nil, fmt.Errorf("none of %s has %s: %s", words.Counted(len(entries), "run"), words.Join(" of ", of.Phrase, request, target), strings.Join(t.Warnings, "; "))
	}
	t.findChanges(of, kept)
	t.Warnings = append(t.Warnings, t.otherDifferences(kept)...)
	if of == metric.Rate && newest.Run.Run.Load.Open {
		t.Warnings = append(t.Warnings, "requests per second are "+compare.SetByPlan)
	}
	t.Headline = t.sentence(of)
	return &t.Trend, nil
}

// following is a trend while its runs are read and its changes sought.
type following struct{ result.Trend }

// followed is the metric of a name in any of its spellings, and the request that the name may have.
func followed(name string) (of metric.Metric, request string, err error) {
	of, request, err = metric.ParseRequest(name)
	if err == nil && !of.Kept {
		err = fmt.Errorf("a summary does not keep %s: there are %s", of.Label, strings.Join(metric.Names(metric.Kept), ", "))
	}
	return of, request, err
}

// alike refuses a mixture of what is not held against each other.
func alike(entries []result.Entry) error {
	if len(entries) == 0 {
		return errors.New("there are no runs to follow")
	}
	for _, e := range entries {
		if e.Run.Name != entries[0].Run.Name || e.Machine != entries[0].Machine {
			return fmt.Errorf("a trend is of one scenario and one machine: here are %q on %s and %q on %s",
				entries[0].Run.Name, entries[0].Machine, e.Run.Name, e.Machine)
		}
	}
	return nil
}

// ErrWhichTarget says that a target must be named: the runs have several, and none of them is
// a candidate.
var ErrWhichTarget = errors.New("several targets could be followed")

// targetOf is the target to follow.
func targetOf(newest *result.Analysis, target string) (string, error) {
	names := newest.Targets()
	switch {
	case target != "":
		return target, nil
	case newest.OwnBaseline():
		return newest.Run.Turns.Candidate, nil
	case len(names) == 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%w: %s", ErrWhichTarget, strings.Join(names, ", "))
}

// fill takes the runs that have the figure and returns their entries; it warns of the
// others.
func (t *following) fill(of metric.Metric, entries []result.Entry) (kept []result.Entry) {
	for _, e := range entries {
		r, why := runFigure(e.Run, t.Target, t.Request, of)
		if why != "" {
			t.Warnings = append(t.Warnings, fmt.Sprintf("left out: %s, %s", called(e, entries), why))
			continue
		}
		r.Called, r.Label, r.Started = called(e, entries), e.Run.Label, e.Run.Run.Started
		r.Path, r.Page = e.Path, e.Page
		t.Runs, kept = append(t.Runs, r), append(kept, e)
	}
	return kept
}

// called is a run's label, with its time where others have the same one.
func called(e result.Entry, all []result.Entry) string {
	when := e.Run.Run.Started.UTC().Format("2006-01-02 15:04")
	if e.Run.Label == "" {
		return when
	}
	for _, o := range all {
		if o.Path != e.Path && o.Run.Label == e.Run.Label {
			return e.Run.Label + " of " + when
		}
	}
	return e.Run.Label
}

// runFigure is a run's one figure, or why it has none.
func runFigure(a *result.Analysis, target, request string, of metric.Metric) (r result.TrendRun, why string) {
	if request != "" {
		alone, missing := a.OfRequest(request)
		if alone == nil {
			return r, missing.Words
		}
		a = alone
	}
	p := compare.Pick{Run: a, Target: target}
	legs := compare.UsedLegs(p)
	switch {
	case a.Verdict == result.Invalid:
		return r, "is INVALID"
	case a.Run.Partial:
		return r, "is partial"
	case len(legs) == 0:
		return r, "has no leg of " + target + " that came to its end with an answer"
	}
	switch of.Unit.Class() {
	case metric.Counts:
		figure, rounds, missing := compare.CountedRows(p, of)
		r.Figure, r.Rounds = figure, rounds
		return r, missing.Words
	case metric.Shares:
		legs = compare.ErrorLegs(p)
		r.Figure, r.Rounds = compare.ErrorsOf(legs).Estimate(result.Confidence), len(legs)
	default:
		// Without an interval it still is a figure.
		r.Figure, r.Rounds = compare.OverRounds(p, of, result.Confidence)
	}
	if r.Figure.N == 0 && of.Unit.Class() != metric.Rates { // a rate of none is 0
		return r, "has no " + of.Phrase
	}
	return r, ""
}
