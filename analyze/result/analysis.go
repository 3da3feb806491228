// Package result is what was found, as data: a judged run ([Analysis]), a [Comparison], a
// [Gate], a [Trend], the [Noise] of a machine, and the verdicts, codes and findings in
// them. They hold every figure and every sentence that a report shows; whoever writes or
// reads one needs this package and nothing that computes.
package result

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// Analysis is a run, judged. Its JSON form is summary.json: fields may be added,
// not renamed.
type Analysis struct {
	Schema int    `json:"schema"`
	Name   string `json:"name"`
	// Label is what its owner calls the run, a version or a commit; "" for none. Runs
	// have one once they are kept as baselines.
	Label   string  `json:"label,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Answer is what the comparison of the run's targets comes to, whatever the verdict on
	// its thresholds; nil where nothing is compared.
	Answer *Answer `json:"answer,omitempty"`
	// Headline is a sentence or two for someone in a hurry.
	Headline string `json:"headline"`
	// ComparisonInHeadline tells that the headline has the sentence of Comparison.
	ComparisonInHeadline bool `json:"comparison_in_headline,omitempty"`
	// Findings say why the verdict is what it is, worst first; never empty.
	Findings []Finding `json:"findings"`
	// Remedy says what to do next where the run is INVALID or INCONCLUSIVE; "" where its
	// findings do.
	Remedy string `json:"remedy,omitempty"`
	// Warnings are what a reader must know before believing a figure.
	Warnings []string `json:"warnings,omitempty"`
	// Alerts are those of Warnings that belong beside the verdict, however short a report is.
	Alerts []string `json:"alerts,omitempty"`
	// Loads are the run under each of several loads; empty for one. What follows below Run
	// is then theirs alone: see [Analysis.Parts].
	Loads      []*Analysis  `json:"loads,omitempty"`
	Run        RunInfo      `json:"run"`
	Legs       []Leg        `json:"legs"`
	Pools      []Pool       `json:"pools,omitempty"`
	Key        []KeyFigures `json:"key_figures,omitempty"` // of every target
	Comparison *Comparison  `json:"comparison,omitempty"`
	// Replicas are how the work grows with the replicas of a service that was scaled, for each target
	// of several; empty where none was.
	Replicas []ReplicaCurve `json:"replica_curves,omitempty"`
	// Resilience is what the faults did over all rounds; empty for a run without faults.
	Resilience []ResilienceRounds `json:"resilience,omitempty"`
	Thresholds []Assessment       `json:"thresholds,omitempty"`
}

// Answer is what a run says of the question which of two targets is better.
type Answer struct {
	Verdict MetricVerdict `json:"verdict"`
	Words   string        `json:"words"` // "cluster better than single"
	// Load is the load under which it is so; "" in a run of one.
	Load string `json:"load,omitempty"`
}

// Answers are a verdict and, where there is one, the answer of a comparison, which is
// another thing: "PASS, cluster better than single".
func Answers(v Verdict, a *Answer) string {
	if a == nil {
		return string(v)
	}
	return string(v) + ", " + a.Words
}

// RunInfo is where the figures come from.
type RunInfo struct {
	Started time.Time      `json:"started"`
	Tool    runlog.Tool    `json:"tool"`
	Machine runlog.Machine `json:"machine"`
	Source  string         `json:"source"`
	// Scenario is the scenario as it was run: its variables named, its secrets blotted out.
	Scenario json.RawMessage `json:"scenario,omitempty"`
	// Command is the command line that asked for the run, without its secrets, and Variables
	// are those of the environment that it takes; nil in runs from before they were kept.
	Command   []string `json:"command,omitempty"`
	Variables []string `json:"variables,omitempty"`
	Engine    string   `json:"engine"`
	// Clock says whose word the arrival of the answers is: "kernel", "user space", or
	// which share is which.
	Clock string `json:"clock"`
	// Fleet is how many agents put the load on and how well their clocks are aligned, in words, of the leg in
	// which that was worst; "" for one generator.
	Fleet   string      `json:"fleet,omitempty"`
	Load    runlog.Load `json:"load"`
	Success string      `json:"success"` // what counted as success, in words
	// Targets names those of the scenario, in order: rounds take them in turns of their own.
	// Nil in summaries from before it was kept.
	Targets []string `json:"targets,omitempty"`
	// Requests names the requests of one pass, in order.
	Requests []string `json:"requests,omitempty"`
	// Weights are those of Requests where a pass is one of them, Feeds the data that they are made
	// of; nil for none, and in summaries from before they were kept.
	Weights []int         `json:"weights,omitempty"`
	Feeds   []runlog.Feed `json:"feeds,omitempty"`
	// Turns says how the rounds took turns; nil for runs that compare nothing.
	Turns *runlog.Compare `json:"turns,omitempty"`
	// Decide is what thresholds are judged by: "" for the interval of a figure, or one of
	// [runlog.DecideObserved] and [runlog.DecideUnasked].
	Decide string `json:"decide,omitempty"`
	// Gate is what `stress gate` holds the run to; empty for none.
	Gate []runlog.Limit `json:"gate,omitempty"`
	// Measure is "response time" for an open load, "service time" for a closed one;
	// MeasureWhy says why.
	Measure    string   `json:"measure"`
	MeasureWhy string   `json:"measure_why"`
	Notes      []string `json:"notes,omitempty"`
	Partial    bool     `json:"partial"`           // the run did not come to its end
	Stopped    string   `json:"stopped,omitempty"` // why, where known
	// Events happened to the run as a whole; a leg has its own.
	Events []runlog.Event `json:"events,omitempty"`
}

// ByObserved reports that thresholds were judged by the figure of each leg as it was.
func (r *RunInfo) ByObserved() bool { return r.Decide == runlog.DecideObserved }

// Pool is a target's legs of several rounds taken together, as if they were one: for
// runs of too few rounds to be compared round by round. Only rounds in which every
// target came to its end are in it. A target that came to its end in more of them has a
// second pool of all these, without hosts.
type Pool struct {
	Target string `json:"target"`
	Rounds int    `json:"rounds"`
	// Times are by the run's own measure, in milliseconds.
	Times Latency `json:"times_ms"`
	// Undelayed are the times without the generator's own delays: the service times of the
	// seconds that none of its standstills disturbed; nil where that is the same.
	Undelayed *Latency `json:"undelayed_ms,omitempty"`
	// Rates are keyed rate_rps and success_rps.
	Rates map[string]Estimate `json:"rates"`
	// Hosts and Spread are those of all rounds together. As each round has new connections, they
	// show what no single round does: whether these stay with a host.
	Hosts  []Host  `json:"hosts,omitempty"`
	Spread *Spread `json:"spread,omitempty"`
	// Requests are its times and rates by request, in the order of the run's; only for scenarios
	// with several.
	Requests []Pool `json:"requests,omitempty"`
}

// Parts are the run under each of its loads, each of them judged as a run of its own; a run of
// one load is its own only part.
func (a *Analysis) Parts() []*Analysis {
	if len(a.Loads) == 0 {
		return []*Analysis{a}
	}
	return a.Loads
}

// Answering is the part that gives the run's answer: of a run of one load itself, and of several
// the one that the answer names, or the first.
func (a *Analysis) Answering() *Analysis {
	for _, part := range a.Loads {
		if a.Answer != nil && part.Run.Load.Name == a.Answer.Load {
			return part
		}
	}
	return a.Parts()[0]
}

// SameLoads are the parts of two runs under the same load, each a baseline's and its candidate's:
// by the names of the loads, and of two runs of one load each those, whatever they are called.
func SameLoads(baseline, candidate *Analysis) (same [][2]*Analysis) {
	if len(baseline.Loads) == 0 && len(candidate.Loads) == 0 {
		return [][2]*Analysis{{baseline, candidate}}
	}
	for _, b := range baseline.Parts() {
		for _, c := range candidate.Parts() {
			if b.Run.Load.Name == c.Run.Load.Name {
				same = append(same, [2]*Analysis{b, c})
			}
		}
	}
	return same
}

// all are the legs of all parts.
func (a *Analysis) all() iter.Seq[*Leg] {
	return func(yield func(*Leg) bool) {
		for _, part := range a.Parts() {
			for i := range part.Legs {
				if !yield(&part.Legs[i]) {
					return
				}
			}
		}
	}
}

// Targets are the names of the targets that have legs, in the order of the scenario.
func (a *Analysis) Targets() []string {
	var names []string
	for l := range a.all() {
		if !slices.Contains(names, l.Target) {
			names = append(names, l.Target)
		}
	}
	slices.SortStableFunc(names, func(x, y string) int {
		return cmp.Compare(slices.Index(a.Run.Targets, x), slices.Index(a.Run.Targets, y))
	})
	return names
}

// LastRound is the number of the last round, 0 without legs.
func (a *Analysis) LastRound() int {
	last := 0
	for l := range a.all() {
		last = max(last, l.Round)
	}
	return last
}

// LimitedRounds are the numbers of the rounds in which the generator limited a leg.
func (a *Analysis) LimitedRounds() (rounds []int) {
	for l := range a.all() {
		if l.Generator.Limited && !slices.Contains(rounds, l.Round) {
			rounds = append(rounds, l.Round)
		}
	}
	return rounds
}

// LegsOf are the target's legs for which ok holds, in the order of their rounds.
func (a *Analysis) LegsOf(target string, ok func(*Leg) bool) []*Leg {
	var legs []*Leg
	for i := range a.Legs {
		if l := &a.Legs[i]; l.Target == target && ok(l) {
			legs = append(legs, l)
		}
	}
	slices.SortStableFunc(legs, func(a, b *Leg) int { return a.Round - b.Round })
	return legs
}

// Measured is the leg's times by the measure of its load: response times of an open
// load, service times of a closed one.
func (a *Analysis) Measured(l *Leg) Latency {
	if a.LoadOf(l).Open {
		return l.Response
	}
	return l.Service
}

// LoadOf is the load that a leg was to have.
func (a *Analysis) LoadOf(l *Leg) *runlog.Load { return cmp.Or(l.Load, &a.Run.Load) }

// SeveralAddresses reports that the answers of a target came from more than one address,
// be it in different legs.
func (a *Analysis) SeveralAddresses(target string) bool {
	var first string
	for _, l := range a.Legs {
		for _, at := range l.Addresses {
			switch {
			case l.Target != target || at.Address == first:
			case first == "":
				first = at.Address
			default:
				return true
			}
		}
	}
	return false
}

// OwnBaseline reports that the run has a baseline among its own targets.
func (a *Analysis) OwnBaseline() bool {
	return a.Run.Turns != nil && a.Run.Turns.Baseline != "" && a.Run.Turns.Candidate != ""
}
