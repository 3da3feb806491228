package result

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
)

// Finding is one thing that a run or a gate showed, and what it means for the verdict.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	// Code is the kind of finding, for programs.
	Code Code `json:"code"`
	// Load is the load under which it is so; "" in a run of one, and for a run as a whole.
	Load string `json:"load,omitempty"`
	// Target is whose it is, "" for the run as a whole, and Round the leg's, 0 for all
	// rounds or a run of one.
	Target string `json:"target,omitempty"`
	Round  int    `json:"round,omitempty"`
	// Agent is the generator that it is about, of several; "" for all of them.
	Agent string `json:"agent,omitempty"`
	// Limit is the threshold or the check that it is about, as that is written; "" for
	// what holds whatever was asked.
	Limit string `json:"limit,omitempty"`
	// Text says it to people, without target, round and limit.
	Text string `json:"text"`
	// InHeadline tells that the headline says it too.
	InHeadline bool `json:"in_headline,omitempty"`
}

// String is the finding in one line: "cluster, round 2: p95 < 500ms: p95 was 620 ms".
func (f Finding) String() string {
	s := f.Text
	if f.Limit != "" {
		s = f.Limit + ": " + s
	}
	place := f.Target
	if f.Round > 0 {
		place += fmt.Sprintf(", round %d", f.Round)
	}
	if place != "" {
		s = place + ": " + s
	}
	return underLoad(f.Load, s)
}

// underLoad is a sentence about a load of several; of "" as it is.
func underLoad(load, s string) string {
	if load == "" {
		return s
	}
	return "load " + load + ": " + s
}

// Severity orders verdicts, the worst last: an invalid measurement comes before a fail,
// for a generator at its limit makes a target look slow. Of no verdict it is -1.
func (v Verdict) Severity() int {
	return slices.Index([]Verdict{Pass, Inconclusive, Fail, Invalid}, v)
}

// Worst is the verdict that findings make together: of none a pass.
func Worst(found []Finding) Verdict {
	verdict := Pass
	for _, f := range found {
		if f.Verdict.Severity() > verdict.Severity() {
			verdict = f.Verdict
		}
	}
	return verdict
}

// WorstFirst sorts findings and leaves those of one verdict in their order.
func WorstFirst(found []Finding) {
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.Verdict.Severity(), a.Verdict.Severity()) })
}

// At is the finding about a leg.
func (f Finding) At(l *Leg) Finding {
	f.Target, f.Round = l.Target, 0
	if max(l.Round, l.Rounds) > 1 {
		f.Round = l.Round
	}
	return f
}

// Found makes a finding without a place.
func Found(v Verdict, code Code, format string, args ...any) Finding {
	return Finding{Verdict: v, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Gap is what is missing for a figure or a test: the zero value for nothing.
type Gap struct {
	Code  Code
	Words string
}

// Assessment is one threshold, judged.
type Assessment struct {
	Threshold string `json:"threshold"` // as written: "p95 < 500ms"
	Target    string `json:"target"`
	// Round is the leg's, 0 for all rounds together.
	Round int `json:"round"`
	// Rounds is how many rounds the figure is of, 0 for one, which texts do not mention.
	Rounds int `json:"rounds,omitempty"`
	// Observed is the figure, in Unit. Each end of its interval is a bound at 95 % by
	// itself; both together have its Confidence, 0 where the ends are counts.
	Observed Estimate    `json:"observed"`
	Unit     metric.Unit `json:"unit"`
	Verdict  Verdict     `json:"verdict"`
	// ByInterval is what the interval says where the run decides by what was observed; ""
	// where the verdict is that.
	ByInterval Verdict `json:"by_interval,omitempty"`
	Code       Code    `json:"code,omitempty"` // why it is no pass; "" for one
	Words      string  `json:"words"`
}

// NotJudged is of every question to a run that is INVALID: it answers none.
var NotJudged = Gap{Code: CodeNotJudged, Words: "not judged: the measurement is invalid"}

// NoLedger is what a threshold or limit on rows lacks.
var NoLedger = Gap{Code: CodeLedgerUnknown, Words: "there is no ledger: name a database in the scenario"}
