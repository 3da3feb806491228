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

// valuesInWarning is how many values a warning names.
const valuesInWarning = 5

// skippedWords says which values were missing: "an answer before them gave no token (120), no id (3)".
func skippedWords(of []result.Skipped) string {
	var values []string
	for _, s := range of {
		values = append(values, "no "+s.Value+" ("+words.Number(s.Requests)+")")
	}
	return "a request before them in their pass gave " + words.List(values, valuesInWarning)
}
