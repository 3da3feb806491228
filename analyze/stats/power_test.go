package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// R's power.t.test: what a t test shows, which a rank test is measured against.
func TestStandardisedVectors(t *testing.T) {
	for _, v := range loadRankVectors(t).PowerT {
		near(t, fmt.Sprintf("n %v, power %v", v.N, v.Power), standardised(v.N, 2, 0.95, v.Power), v.D, 1e-3)
	}
}

// The rule of thumb (1.96 + 0.84)·√(2/n)·√(π/3), which many rounds come to.
func TestDetectableVectors(t *testing.T) {
	for _, row := range loadRankVectors(t).Rounds {
		got := Detectable(0.05, int(row[0]), false, 0.95, 0.8)
		near(t, fmt.Sprintf("%v rounds", row[0]), got, row[1]*math.Sqrt(math.Pi/3), 0.1*row[1])
	}
	many := 2.8015852 * 0.05 * math.Sqrt(math.Pi/3)
	near(t, "10 000 rounds", Detectable(0.05, 10_000, false, 0.95, 0.8), many*math.Sqrt(2)/100, 1e-6)
	near(t, "10 000 pairs", Detectable(0.05, 10_000, true, 0.95, 0.8), many/100, 1e-6)
}

// The table of docs/statistics.md.
func TestDetectableTable(t *testing.T) {
	for _, row := range []struct {
		n           int
		pairs, runs float64
	}{
		{4, math.Inf(1), 2.729}, {5, math.Inf(1), 2.256}, {6, 1.624, 1.904}, {8, 1.241, 1.542},
		{10, 1.023, 1.390}, {15, 0.802, 1.102}, {20, 0.680, 0.933}, {30, 0.542, 0.753},
	} {
		near(t, fmt.Sprintf("%d pairs", row.n), Detectable(1, row.n, true, 0.95, 0.8), row.pairs, 0.0005)
		near(t, fmt.Sprintf("%d and %d", row.n, row.n), Detectable(1, row.n, false, 0.95, 0.8), row.runs, 0.0005)
	}
}

// Up to 20 rounds the confidence is the interval's own; two rounds show something
// where that is asked for.
func TestDetectableAtItsEdges(t *testing.T) {
	_, own := signedRankDepth(20, 0.95)
	loss := math.Sqrt(math.Pi / 3)
	near(t, "20 pairs", Detectable(1, 20, true, 0.95, 0.8), loss*standardised(20, 1, own, 0.8), 1e-12)
	near(t, "21 pairs", Detectable(1, 21, true, 0.95, 0.8), loss*standardised(21, 1, 0.95, 0.8), 1e-12)
	if d := Detectable(1, 2, true, 0.4, 0.8); math.IsInf(d, 1) {
		t.Errorf("2 pairs at 40 %%: %v", d)
	}
	for _, n := range []int{6, 19, 20, 21, 300} {
		if got := RoundsFor(0.05, Detectable(0.05, n, true, 0.95, 0.8), true, 0.95, 0.8); got != n {
			t.Errorf("what %d pairs show takes %d", n, got)
		}
	}
}

// Held against the intervals themselves: at the difference that it names they leave
// out zero as often as the power says.
func TestDetectableIsDetected(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	const trials = 2500
	for _, paired := range []bool{true, false} {
		fewest := 4
		if paired {
			fewest = 6
		}
		for _, n := range []int{fewest, 7, 10, 16} {
			delta := Detectable(1, n, paired, 0.95, 0.8)
			seen := 0
			for range trials {
				y := drawn(n, func() float64 { return delta + rng.NormFloat64() })
				var iv Interval
				if paired {
					iv = PseudoMedian(y, 0.95)
				} else {
					iv = Shift(drawn(n, rng.NormFloat64), y, 0.95)
				}
				if iv.Lo > 0 {
					seen++
				}
			}
			// The fewest rounds must all agree, which is more than t asks of them.
			want := 0.8
			if n == fewest {
				want = 0.75
			}
			near(t, fmt.Sprintf("power, paired %v, %d rounds", paired, n), float64(seen)/trials, want, 0.035)
		}
	}
}

func TestDetectableProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sd := rapid.Float64Range(0.001, 1).Draw(t, "sd")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		paired := rapid.Bool().Draw(t, "paired")
		power := rapid.Float64Range(0.5, 0.99).Draw(t, "power")
		d := Detectable(sd, n, paired, 0.95, power)
		least := 4
		if paired {
			least = 6
		}
		if math.IsInf(d, 1) != (n < least) {
			t.Fatalf("%d rounds show %v", n, d)
		}
		if math.IsInf(d, 1) {
			return
		}
		if double := Detectable(2*sd, n, paired, 0.95, power); !close9(double, 2*d) {
			t.Fatalf("twice the noise: %v, then %v", d, double)
		}
		if surer := Detectable(sd, n, paired, 0.95, power+(1-power)/2); surer <= d {
			t.Fatalf("more power for less: %v, then %v", d, surer)
		}
		if more := Detectable(sd, 2*n, paired, 0.95, power); more >= d {
			t.Fatalf("twice the rounds show no less: %v, then %v", d, more)
		}
	})
}

func TestRoundsForProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sd := rapid.Float64Range(0, 0.2).Draw(t, "sd")
		delta := rapid.Float64Range(0.01, 0.5).Draw(t, "delta")
		paired := rapid.Bool().Draw(t, "paired")
		n := RoundsFor(sd, delta, paired, 0.95, 0.8)
		if d := Detectable(sd, n, paired, 0.95, 0.8); d > delta {
			t.Fatalf("%d rounds show %v, not %v", n, d, delta)
		}
		if d := Detectable(sd, n-1, paired, 0.95, 0.8); d <= delta {
			t.Fatalf("%d rounds are enough: %v for %v", n-1, d, delta)
		}
		if other := RoundsFor(64*sd, 64*delta, paired, 0.95, 0.8); other != n {
			t.Fatalf("%d rounds, in another unit %d", n, other)
		}
		if edge := RoundsFor(sd, Detectable(sd, n, paired, 0.95, 0.8), paired, 0.95, 0.8); sd > 0 && edge != n {
			t.Fatalf("%d rounds for what %d show", edge, n)
		}
	})
	for _, c := range []struct {
		sd, delta float64
		paired    bool
		want      int
	}{
		{0, 0.1, true, 6},
		{0, 0.1, false, 4},
		{0.05, 0, true, 0},
		{0, 0, true, 0},
		{0.05, -1, true, 0},
		{0.05, 1e-9, true, 0},
		{math.NaN(), 0.1, true, 0},
		{0.05, math.NaN(), false, 0},
	} {
		if got := RoundsFor(c.sd, c.delta, c.paired, 0.95, 0.8); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}
