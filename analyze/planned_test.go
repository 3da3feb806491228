package analyze

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A ramp made both targets slower and faster as it was planned, and that was once taken for
// chance: 113 ms against 50 ms could not be told apart.
func TestAPlannedRampIsNoNoise(t *testing.T) {
	const seconds, perSecond = 24, 60
	ramp := func(most time.Duration) func(*rand.Rand) time.Duration {
		i := 0
		return func(rng *rand.Rand) time.Duration {
			second := i / perSecond % seconds
			i++
			return around(most/10 + most*time.Duration(min(second, seconds-second))/(seconds/2))(rng)
		}
	}
	compared := func(load runlog.Load) result.Metric {
		s := healthyPair()
		s.noLedger, s.thresholds = true, nil
		for i, most := range []time.Duration{200 * time.Millisecond, 90 * time.Millisecond} {
			s.legs[i] = synthLeg{target: s.legs[i].target, seconds: seconds, perSecond: perSecond, latency: ramp(most), load: &load}
		}
		a := analyzed(t, s)
		if lasts := strings.Contains(strings.Join(a.Legs[0].Service.Intervals[metric.P50.Name].Warnings, " "), "resemble"); lasts && load.Varies() {
			t.Errorf("%+v: a planned level is told as one that lasts: %v", load, a.Legs[0].Service.Intervals[metric.P50.Name])
		}
		return a.Comparison.Of(metric.P50)
	}
	constant := compared(runlog.Load{Type: "maintain-client-load", DurationS: seconds})
	for _, load := range []runlog.Load{{Type: "stages", DurationS: seconds}, {Type: "maintain-client-load", DurationS: seconds, Ramp: true}} {
		planned := compared(load)
		if planned.Verdict != result.Better || float64(planned.Hi-planned.Lo) > 0.5*float64(constant.Hi-constant.Lo) {
			t.Errorf("%+v: %s; as chance %s", load, planned.Words, constant.Words)
		}
	}
}
