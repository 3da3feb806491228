package gate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// leastTolerance is the smallest tolerance that makes sense for a gate of so many rounds, times
// those of the A/A measurement: the larger of what was seen between identical targets
// and what could have been. More rounds make the second smaller, by the square root;
// the first may be a lasting difference between runs, which they do not cure.
func leastTolerance(f result.Floor, times float64) float64 {
	detectable := f.Detectable / math.Sqrt(times)
	if !metric.Of(f.Metric).Difference() {
		detectable = math.Pow(1+f.Detectable, 1/math.Sqrt(times)) - 1
	}
	return max(f.Observed, detectable)
}

// Unmeasured names the metrics of tolerances whose noise is not known, for the rounds
// had too few requests: nothing will be refused there.
func Unmeasured(n *result.Noise, limits []runlog.Limit, load string, targets []string) []string {
	var out []string
	for _, d := range demands(limits, nil, targets, nil) {
		measured := slices.ContainsFunc(n.Floors, func(f result.Floor) bool {
			return f.Metric == d.limit.Metric && f.Request == d.limit.Request && f.Target == d.target && f.Load == load
		})
		if d.kind == notWorse && !measured {
			out = append(out, fmt.Sprintf("the noise of %s of %s is not known: its rounds had too few requests", d.called(), words.Join(" under load ", d.target, load)))
		}
	}
	return out
}

// Refuse is a [*RefusedError] where a tolerance is below the noise of these targets under a load,
// "" for one without a name: to meet or to miss it would be chance. rounds are those of the gate. Between targets of
// one run the noisiest counts.
func Refuse(n *result.Noise, limits []runlog.Limit, load string, targets []string, rounds int) error {
	times := float64(max(1, rounds)) / float64(n.Rounds)
	var refused []string
	for _, d := range demands(limits, nil, targets, nil) {
		if d.kind != notWorse {
			continue
		}
		var allowed, least float64
		for _, f := range n.Floors {
			applies := f.Metric == d.limit.Metric && f.Request == d.limit.Request && f.Load == load && slices.Contains(targets, f.Target) && (n.Paired || f.Target == d.target)
			if l := leastTolerance(f, times); applies && l > least {
				allowed, least = d.allowed(f.Figure), l
			}
		}
		if allowed < least-1e-9 { // not for a rounding
			refused = compare.AppendNew(refused, fmt.Sprintf("%s: %s is below this machine's noise of %s (A/A of %s, %s): allow more or measure more rounds",
				d.key(), d.writeAllowed(allowed), d.writeAllowed(least), n.Measured.UTC().Format(time.DateOnly), words.Counted(n.Rounds, "round")))
		}
	}
	if len(refused) > 0 {
		return &compare.RefusedError{Reasons: refused}
	}
	return nil
}
