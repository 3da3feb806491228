package analyze

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// The ratio of a percentile within one run is enclosed by order statistics at the
// effective sample. Resampling the run's stretches is another road to the same place:
// the two share no formula, and must not contradict one another.
func TestResamplingSaysTheSame(t *testing.T) {
	slower := func(factor float64) func(*rand.Rand) time.Duration {
		return func(r *rand.Rand) time.Duration {
			return time.Duration(factor * math.Exp(0.4*r.NormFloat64()) * float64(20*time.Millisecond))
		}
	}
	run := synth{compare: true, noLedger: true, legs: []synthLeg{
		{target: "single", seconds: 30, perSecond: 100, latency: slower(1)},
		{target: "cluster", seconds: 30, perSecond: 100, latency: slower(1.3)},
	}}.build(t)
	a, err := Analyze(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	var sides [2][]stats.Block
	i := -1
	for rec, err := range run.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		i++
		m, err := measure(t.Context(), rec, seconds(rec), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, stretch := range m.timing(runlog.TagService).stretches {
			var b stats.Block
			for _, bar := range stretch {
				b.Values, b.Counts = append(b.Values, milliseconds(bar.Edge)), append(b.Counts, float64(bar.N))
			}
			sides[i] = append(sides[i], b)
		}
	}
	for name, q := range map[string]float64{"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95} {
		m := a.Comparison.Of(metric.Keyed(name))
		ours := stats.Interval{Value: float64(m.Ratio), Lo: float64(m.Lo), Hi: float64(m.Hi)}
		other := stats.QuantileRatio(sides[1], sides[0], q, result.Confidence, 1)
		wider := math.Log(ours.Hi/ours.Lo) / math.Log(other.Hi/other.Lo)
		if ours.Value != other.Value || ours.Lo > other.Hi || other.Lo > ours.Hi || !(wider > 0.7 && wider < 2) {
			t.Errorf("%s: order statistics %+v, resampled %+v (%.2f times as wide)", name, ours, other, wider)
		}
	}
}
