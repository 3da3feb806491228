package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// resilienceRounds are the faults of each target over the legs in which they were done, in the
// order in which they were first.
func resilienceRounds(legs []result.Leg) []result.ResilienceRounds {
	type of struct{ target, fault string }
	found := map[of][]*result.Resilience{}
	var order []of
	for i := range legs {
		for k := range legs[i].Resilience {
			r := &legs[i].Resilience[k]
			key := of{legs[i].Target, r.Fault}
			if found[key] == nil {
				order = append(order, key)
			}
			if found[key] = append(found[key], r); r.Failure != "" {
				found[key] = found[key][:len(found[key])-1]
			}
		}
	}
	var out []result.ResilienceRounds
	for _, key := range order {
		if len(found[key]) > 0 {
			out = append(out, overRounds(key.target, key.fault, found[key]))
		}
	}
	return out
}

func overRounds(target, fault string, all []*result.Resilience) result.ResilienceRounds {
	out := result.ResilienceRounds{Target: target, Fault: fault, Times: map[string]result.MedianWorst{}, Counts: map[string]result.MedianWorst{}}
	for _, r := range all {
		if r.Verdict != result.NotTold {
			out.Rounds++
		}
		if r.Verdict == result.Recovered {
			out.Recovered++
		}
	}
	if out.Rounds > 0 {
		out.AtLeast = stats.ClopperPearson(float64(out.Recovered), float64(out.Rounds), 1-2*(1-result.Confidence)).Lo
	}
	add := func(to map[string]result.MedianWorst, name string, value func(*result.Resilience) *float64) {
		if m, ok := medianWorst(all, value); ok {
			to[name] = m
		}
	}
	add(out.Times, "ended_s", func(r *result.Resilience) *float64 { return r.EndedS })
	add(out.Times, "replaced_s", func(r *result.Resilience) *float64 { return r.ReplacedS })
	add(out.Times, "first_answer_s", func(r *result.Resilience) *float64 { return r.FirstAnswerS })
	add(out.Times, "full_s", func(r *result.Resilience) *float64 { return r.FullS })
	add(out.Times, "last_failure_s", func(r *result.Resilience) *float64 { return r.LastFailureS })
	count := func(n uint64) *float64 { f := float64(n); return &f }
	add(out.Counts, "failed", func(r *result.Resilience) *float64 { return count(r.Failed) })
	add(out.Counts, "unknown", func(r *result.Resilience) *float64 { return count(r.Unknown) })
	least := func(e *result.Estimate) *float64 {
		if e == nil {
			return nil
		}
		return &e.Value
	}
	add(out.Counts, "lost", func(r *result.Resilience) *float64 { return least(r.Lost) })
	add(out.Counts, "doubled", func(r *result.Resilience) *float64 { return least(r.Doubled) })
	out.Words = resilienceWords(out)
	return out
}

// resilienceWords say how often the service recovered, what that proves, how long it took and
// what it cost.
func resilienceWords(r result.ResilienceRounds) string {
	text := fmt.Sprintf("%s, %s: ", r.Target, r.Fault)
	if r.Rounds == 0 {
		text += "whether the service recovered cannot be told"
	} else {
		text += fmt.Sprintf("recovered in %d of %d, which proves at least %s of all such faults (95 %%)", r.Recovered, r.Rounds, words.Percent(math.Floor(100*r.AtLeast)/100))
	}
	for _, t := range []struct{ name, says string }{
		{"replaced_s", "replaced after"}, {"first_answer_s", "first answer of the new host after"}, {"full_s", "all hosts answer again after"},
	} {
		m, known := r.Times[t.name]
		if !known {
			continue
		}
		text += fmt.Sprintf("; %s %s s", t.says, words.Digits(m.Median, 2))
		if m.N > 1 {
			text += fmt.Sprintf(" (median of %d, worst %s s)", m.N, words.Digits(m.Worst, 2))
		}
		if m.Never > 0 {
			text += fmt.Sprintf(", and in %s not within the leg", words.Counted(m.Never, "round"))
		}
	}
	for _, name := range []string{"failed", "lost", "doubled"} {
		if m, known := r.Counts[name]; known {
			text += fmt.Sprintf("; %s %s", name, words.Significant(m.Median, 4))
			if m.Worst > m.Median {
				text += " (worst " + words.Significant(m.Worst, 4) + ")"
			}
		}
	}
	return text
}

// resilienceWarnings are about faults that were not done, not undone, or not recovered from.
func resilienceWarnings(l *result.Leg) []string {
	var out []string
	for _, r := range l.Resilience {
		switch {
		case r.Failure != "":
			out = append(out, r.What)
		case r.Verdict == result.NotRecovered:
			out = append(out, fmt.Sprintf("%s: not recovered: %s", r.What, r.Why))
		}
	}
	for _, e := range l.Events {
		if e.Kind == runlog.EventFault && e.Attrs[runlog.AttrUndone] == "no" {
			out = append(out, "THE CLUSTER IS STILL CHANGED: "+e.Text)
		}
	}
	for i, text := range out {
		out[i] = l.Label() + ": " + text
	}
	return out
}

// medianWorst are those of the values that there are; false for none.
func medianWorst(all []*result.Resilience, value func(*result.Resilience) *float64) (result.MedianWorst, bool) {
	var values []float64
	for _, r := range all {
		if v := value(r); v != nil {
			values = append(values, *v)
		}
	}
	if len(values) == 0 {
		return result.MedianWorst{}, false
	}
	slices.Sort(values)
	n := len(values)
	return result.MedianWorst{Median: (values[(n-1)/2] + values[n/2]) / 2, Worst: values[n-1], N: n, Never: len(all) - n}, true
}
