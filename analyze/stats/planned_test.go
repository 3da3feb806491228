package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stress-tool/stress/analyze/stats"
)

// A share that a plan moves from stretch to stretch: its interval covers what the same plan
// would give again, and is not as wide as if the plan were chance.
func TestPlannedStretches(t *testing.T) {
	const legs, stretches = 1000, 20
	rng := rand.New(rand.NewPCG(9, 26))
	for name, plan := range map[string]func(at float64) (n int, share float64){
		"flat":          func(float64) (int, float64) { return 100, 0.5 },
		"a ramp":        func(at float64) (int, float64) { return 20 + int(180*at), 0.9 - 0.8*at },
		"up and down":   func(at float64) (int, float64) { return 100, 0.5 + 0.4*math.Sin(2*math.Pi*at) },
		"three stages":  func(at float64) (int, float64) { return 100, 0.2 + 0.3*math.Floor(3*at) },
		"a steep start": func(at float64) (int, float64) { return 100, 0.9 * math.Exp(-3*at) },
	} {
		covered, narrower := 0, 0
		for range legs {
			var c stats.Clusters
			var all, with float64
			for i := range stretches {
				n, share := plan((float64(i) + 0.5) / stretches)
				k := 0
				for range n {
					if rng.Float64() < share {
						k++
					}
				}
				c.Size, c.Sum = append(c.Size, float64(n)), append(c.Sum, float64(k))
				all, with = all+float64(n), with+float64(n)*share
			}
			_, unplanned, _ := c.Ratio()
			c.Planned = true
			value, se, df := c.Ratio()
			if iv := (stats.Mean{Value: value, SE: se, DF: df}).Interval(0.95); iv.Lo <= with/all && with/all <= iv.Hi {
				covered++
			}
			if se < unplanned/2 {
				narrower++
			}
		}
		share := float64(covered) / legs
		t.Logf("%s: covered in %.1f %%, half as wide in %.0f %%", name, 100*share, 100*float64(narrower)/legs)
		if share < 0.93 || name == "flat" && share > 0.97 || (name != "flat") != (narrower > legs/2) {
			t.Errorf("%s: covered in %.1f %%, half as wide in %d of %d", name, 100*share, narrower, legs)
		}
	}
}
