package store

import (
	"encoding/json"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Summary is what is kept of a judged run beside its directory, and can be made anew from that.
type Summary struct {
	Index  result.IndexRun `json:"index"`
	Totals Totals          `json:"totals"`
	// Shown are the figures that stand for the run where there is room for one target: of the candidate of a
	// comparison, else of the last target. There is one for each load, the first of which is the one that answers.
	Shown []Shown `json:"shown,omitempty"`
	// Partial says that the run did not come to its end.
	Partial bool `json:"partial,omitempty"`
	// Response are the response times of a run of one leg, a [result.Latency] as JSON; nil of any other. They
	// are passed on as they are: to read them would take most of the time of a list of runs.
	Response json.RawMessage `json:"response_ms,omitempty"`
}

// SummaryOf is what is kept of a judged run, of which x is what an index has.
func SummaryOf(a *result.Analysis, x result.IndexRun) *Summary {
	s := &Summary{Index: x, Totals: totalsOf(a), Shown: shownOf(a), Partial: a.Run.Partial}
	if parts := a.Parts(); len(parts) == 1 && len(parts[0].Legs) == 1 {
		s.Response, _ = json.Marshal(parts[0].Legs[0].Response) // summary.json has them as well, so they can be written
	}
	return s
}

// Shown are the figures of one target under one load.
type Shown struct {
	Load string `json:"load,omitempty"` // "" is the only one
	result.KeyFigures
}

func shownOf(a *result.Analysis) (all []Shown) {
	answering := a.Answering()
	for _, part := range a.Parts() {
		target := ShownTarget(part)
		i := slices.IndexFunc(part.Key, func(k result.KeyFigures) bool { return k.Target == target })
		if i < 0 { // nothing was measured of it
			continue
		}
		shown := Shown{KeyFigures: result.KeyFigures{Target: target, Rounds: part.Key[i].Rounds}}
		if len(a.Loads) > 0 {
			shown.Load = part.Run.Load.Name
		}
		for _, m := range []metric.Metric{metric.Successes, metric.P95, metric.ErrorRate} {
			if f, ok := part.Key[i].Of(m); ok {
				f.Observed.Warnings = nil
				shown.Figures = append(shown.Figures, f)
			}
		}
		if part == answering {
			all = slices.Insert(all, 0, shown)
		} else {
			all = append(all, shown)
		}
	}
	return all
}

// ShownTarget is the target of a run of one load that stands for it: the candidate of a comparison, else the last.
// "" is that nothing was measured.
func ShownTarget(a *result.Analysis) string {
	if a.OwnBaseline() {
		return a.Run.Turns.Candidate
	}
	if names := a.Targets(); len(names) > 0 {
		return names[len(names)-1]
	}
	return ""
}

// Shown is what stands for a run; false where nothing was measured.
func (r Run) Shown() (Shown, bool) {
	switch {
	case r.Summary == nil:
		return Shown{}, false
	case len(r.Summary.Shown) > 0:
		return r.Summary.Shown[0], true
	case len(r.Summary.Index.Key) > 0: // a version before this one kept it
		return Shown{KeyFigures: r.Summary.Index.Key[len(r.Summary.Index.Key)-1]}, true
	}
	return Shown{}, false
}

// Load is the load whose key figures an index has of a run; "" is the only one.
func (s *Summary) Load() string {
	if len(s.Shown) == 0 {
		return ""
	}
	return s.Shown[0].Load
}

// ShownUnder is what stands for a run under a load; false where the run has none of that name, or nothing was
// measured of it.
func (r Run) ShownUnder(load string) (Shown, bool) {
	if first, ok := r.Shown(); !ok || first.Load == load {
		return first, ok
	}
	i := slices.IndexFunc(r.Summary.Shown, func(s Shown) bool { return s.Load == load })
	if i < 0 {
		return Shown{}, false
	}
	return r.Summary.Shown[i], true
}

// Totals are the counts of all legs of a run together.
type Totals struct {
	Outcomes      runlog.Outcomes `json:"outcomes"`
	Skipped       uint64          `json:"skipped,omitempty"`
	BytesSent     uint64          `json:"bytes_sent"`     // by the load
	BytesReceived uint64          `json:"bytes_received"` // by the load
	// ResponseMS is the mean response time of the answers, 0 without any.
	ResponseMS float64 `json:"response_ms"`
}

func totalsOf(a *result.Analysis) Totals {
	var t Totals
	var n uint64
	var ms float64
	for _, part := range a.Parts() {
		for _, l := range part.Legs {
			t.Outcomes.Merge(l.Outcomes)
			t.Skipped += l.Skipped
			t.BytesSent += l.BytesSent
			t.BytesReceived += l.BytesReceived
			n += l.Response.N
			ms += l.Response.Mean * float64(l.Response.N)
		}
	}
	if n > 0 {
		t.ResponseMS = ms / float64(n)
	}
	return t
}

func summaryText(summary *Summary) (string, error) {
	if summary == nil {
		return "", nil
	}
	text, err := json.Marshal(summary)
	return string(text), err
}
