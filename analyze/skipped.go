package analyze

import (
	"cmp"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// skippedFor adds up the requests of a leg that were skipped by the value that was missing, most first.
func skippedFor(seconds []runlog.Second) []result.Skipped {
	sum := map[string]uint64{}
	for _, s := range seconds {
		for value, n := range s.Skipped {
			sum[value] += n
		}
	}
	var out []result.Skipped
	for value, n := range sum {
		out = append(out, result.Skipped{Value: value, Requests: n})
	}
	slices.SortFunc(out, func(a, b result.Skipped) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// valuesInWarning is how many values, and how many requests, a warning names.
const valuesInWarning = 5

// skippedWords says which values were missing, and of which requests: "a request before them in their
// pass gave no token (120) and no id (3); 100 of orders and 23 of pay".
func skippedWords(l *result.Leg) string {
	var values, requests []string
	for _, s := range l.SkippedFor {
		values = append(values, "no "+s.Value+" ("+words.Number(s.Requests)+")")
	}
	for _, r := range l.Requests {
		if r.Skipped > 0 {
			requests = append(requests, words.Number(r.Skipped)+" of "+r.Name)
		}
	}
	return words.Join("; ", "a request before them in their pass gave "+words.List(values, valuesInWarning), words.List(requests, valuesInWarning))
}
