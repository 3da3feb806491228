package analyze

import (
	"errors"
	"fmt"
	"github.com/stress-tool/stress/analyze/metric"
	"strings"
	"time"
)

// Entry is a judged run of a history.
type Entry struct {
	// Name is short and tells the run apart, Path is its file, and Machine names the
	// kind of machine it ran on.
	Name, Path, Machine string
	Run                 *Analysis
}

// TrendSchema is the version of a trend as JSON.
const TrendSchema = 1

// Trend is one metric of one target over the runs of a scenario on one kind of
// machine. Its JSON form may gain fields; none is renamed.
type Trend struct {
	Schema  int              `json:"schema"` // [TrendSchema]
	Name    string           `json:"name"`   // the scenario's
	Machine string           `json:"machine"`
	Target  string           `json:"target"`
	Title   string           `json:"title"`  // "p95 of cluster"
	Metric  string           `json:"metric"` // the name of one of [metric.Kept]
	Unit    metric.Unit      `json:"unit"`
	Better  metric.Direction `json:"better"`
	// Measure is what a time is: "response time" or "service time"; "" for others.
	Measure string `json:"measure,omitempty"`
	// Headline is one sentence for someone in a hurry.
	Headline string     `json:"headline"`
	Runs     []TrendRun `json:"runs"` // oldest first
	Changes  []Change   `json:"changes"`
	Warnings []string   `json:"warnings,omitempty"`
	// Method says how figures, intervals and changes came about.
	Method string `json:"method"`
}

// TrendRun is one run of a trend.
type TrendRun struct {
	// Called is the run's label, or when it began where it has none of its own.
	Called  string    `json:"called"`
	Label   string    `json:"label,omitempty"`
	Path    string    `json:"path"`
	Started time.Time `json:"started"`
	// Figure is the run's one figure over its rounds; N is its requests.
	Figure Estimate `json:"figure"`
	Rounds int      `json:"rounds"`
	// Level is the mean figure of the runs between the changes around this one.
	Level float64 `json:"level"`
}

// fewestRuns is how many runs can show a change that lasts: three before and three
// after.
const fewestRuns = 6

const trendMethod = "A run counts once, with the middle of its rounds: their pseudo-median and its exact 95 % interval from 6 rounds on. " +
	"With fewer the interval is that of the requests, from the lowest end of a round to the highest, and leaves out how far another run would differ. Error rates pool the rounds, rows add up. " +
	"Changes are sought by E-divisive and kept where Welch's t says p ≤ 0.001. " +
	"The interval of a change is Welch's at 95 %; as the data chose the place, it is somewhat too narrow."

// TrendOf follows the metric of that name of a target over runs of one scenario on one machine,
// oldest first, and finds where it changed to stay. An empty target is the only one
// there is, or the candidate of the newest run. It is an error to mix scenarios or
// machines, or to ask for what none of the runs has.
func TrendOf(entries []Entry, target, name string) (*Trend, error) {
	of, err := followed(name)
	if err != nil {
		return nil, err
	}
	if err := alike(entries); err != nil {
		return nil, err
	}
	newest := entries[len(entries)-1]
	if target, err = trendTarget(newest.Run, target); err != nil {
		return nil, err
	}
	t := &Trend{Schema: TrendSchema, Name: newest.Run.Name, Machine: newest.Machine, Target: target, Metric: of.Name, Title: of.Phrase + " of " + target,
		Unit: of.Unit, Better: of.Better, Method: trendMethod, Changes: []Change{}}
	if of.Unit.Class() == metric.Times {
		t.Measure = newest.Run.Run.Measure
	}
	kept := t.fill(of, entries)
	if len(kept) == 0 {
		return nil, fmt.Errorf("none of %s has %s of %s: %s", counted(len(entries), "run"), of.Phrase, target, strings.Join(t.Warnings, "; "))
	}
	t.findChanges(of, kept)
	t.Warnings = append(t.Warnings, t.otherDifferences(kept)...)
	if of == metric.Rate && newest.Run.Run.Load.Open {
		t.Warnings = append(t.Warnings, "requests per second are "+setByPlan)
	}
	t.Headline = t.sentence(of)
	return t, nil
}

// followed is the metric of a name in any of its spellings.
func followed(name string) (metric.Metric, error) {
	of, err := named(name)
	if err == nil && !of.Kept {
		err = fmt.Errorf("a summary does not keep %s: there are %s", of.Label, strings.Join(metric.Names(metric.Kept), ", "))
	}
	return of, err
}

// alike refuses a mixture of what is not held against each other.
func alike(entries []Entry) error {
	if len(entries) == 0 {
		return errors.New("no runs to follow: `stress baseline save RUN` keeps one")
	}
	for _, e := range entries {
		if e.Run.Name != entries[0].Run.Name || e.Machine != entries[0].Machine {
			return fmt.Errorf("a trend is of one scenario and one machine: here are %q on %s and %q on %s",
				entries[0].Run.Name, entries[0].Machine, e.Run.Name, e.Machine)
		}
	}
	return nil
}

// trendTarget is the target that is meant.
func trendTarget(newest *Analysis, target string) (string, error) {
	names := newest.Targets()
	switch {
	case target != "":
		return target, nil
	case newest.ownBaseline():
		return newest.Run.Turns.Candidate, nil
	case len(names) == 1:
		return names[0], nil
	}
	return "", fmt.Errorf("which target? --target takes one of %s", strings.Join(names, ", "))
}

// fill takes the runs that have the figure and returns their entries; it warns of the
// others.
func (t *Trend) fill(of metric.Metric, entries []Entry) (kept []Entry) {
	for _, e := range entries {
		r, why := runFigure(e.Run, t.Target, of)
		if why != "" {
			t.Warnings = append(t.Warnings, fmt.Sprintf("left out: %s, %s", called(e, entries), why))
			continue
		}
		r.Called, r.Label, r.Path, r.Started = called(e, entries), e.Run.Label, e.Path, e.Run.Run.Started
		t.Runs, kept = append(t.Runs, r), append(kept, e)
	}
	return kept
}

// called is a run's label, with its time where others have the same one.
func called(e Entry, all []Entry) string {
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
func runFigure(a *Analysis, target string, of metric.Metric) (r TrendRun, why string) {
	p := Pick{Run: a, Target: target}
	legs := usedLegs(p)
	switch {
	case a.Verdict == Invalid:
		return r, "is INVALID"
	case a.Run.Partial:
		return r, "is partial"
	case len(legs) == 0:
		return r, "has no leg of " + target + " that came to its end with an answer"
	}
	switch of.Unit.Class() {
	case metric.Counts:
		figure, rounds, missing := countedRows(p, of)
		r.Figure, r.Rounds = figure, rounds
		return r, missing.words
	case metric.Shares:
		r.Figure, r.Rounds = pooledErrors(legs), len(legs)
	default:
		// Without an interval it still is a figure.
		r.Figure, r.Rounds, _ = overRounds(p, of)
	}
	if r.Figure.N == 0 {
		return r, "has no " + of.Phrase
	}
	return r, ""
}
