package result

import (
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
)

// KeyFigures are a target in the figures that a reader asks for first, over all its rounds.
type KeyFigures struct {
	Target string `json:"target"`
	// Rounds is how many rounds the times and rates stand on; 0 for one.
	Rounds int `json:"rounds,omitempty"`
	// Figures are successes per second, p95, error rate, longest outage and rows lost, in this order.
	Figures []KeyFigure `json:"figures"`
	// Rows says how the answers and the rows agree; "" without a ledger.
	Rows string `json:"rows,omitempty"`
}

// KeyFigure is one figure of a target.
type KeyFigure struct {
	Metric   string      `json:"metric"` // its key: "p95_ms"
	Unit     metric.Unit `json:"unit"`
	Observed Estimate    `json:"observed"`
	// Missing is why there is no figure; "" where there is one.
	Missing string `json:"missing,omitempty"`
}

// Of is the figure of a metric; false where the target has none.
func (k *KeyFigures) Of(m metric.Metric) (KeyFigure, bool) {
	i := slices.IndexFunc(k.Figures, func(f KeyFigure) bool { return f.Metric == m.Key })
	if i < 0 || k.Figures[i].Missing != "" {
		return KeyFigure{}, false
	}
	return k.Figures[i], true
}

// KeyOf is a key figure of a target; false where it has none.
func (a *Analysis) KeyOf(target string, m metric.Metric) (KeyFigure, bool) {
	for i := range a.Key {
		if a.Key[i].Target == target {
			return a.Key[i].Of(m)
		}
	}
	return KeyFigure{}, false
}

// Scaling is how much of the work of its hosts a candidate brings: the ratio of the successes
// per second over the ratio of the hosts. 1 is as much work from each host as the baseline's.
type Scaling struct {
	BaselineHosts  int `json:"baseline_hosts"`
	CandidateHosts int `json:"candidate_hosts"`
	// Efficiency is a share of 1, its N the successes of both sides, and Rounds how many
	// rounds its interval stands on; 0 for the requests of the legs.
	Efficiency Estimate `json:"efficiency"`
	Rounds     int      `json:"rounds,omitempty"`
	// Words say it: "2.9 times the successes per second from 3 hosts: 98 % of linear scaling
	// (96 % to 99 %, n = 11 400)".
	Words string `json:"words"`
}

// ServedBy are the hosts that did a target's work, and how it divides over them: of all rounds
// together, or of its only leg. Both are empty where that is not known.
func (a *Analysis) ServedBy(target string) ([]Host, *Spread) {
	for i := range a.Pools {
		if p := &a.Pools[i]; p.Target == target && p.Spread != nil {
			return p.Hosts, p.Spread
		}
	}
	legs := a.LegsOf(target, func(l *Leg) bool { return l.Spread != nil })
	if len(legs) == 0 {
		return nil, nil
	}
	last := legs[len(legs)-1]
	return last.Hosts, last.Spread
}
