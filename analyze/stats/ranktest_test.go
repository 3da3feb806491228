package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

// rankVectors are figures published with R, go-moremath, benchstat and the books,
// or recomputed by an independent exact program; see docs/statistics.md.
type rankVectors struct {
	MannWhitney []struct {
		ID    string
		X, Y  []float64
		U, P  float64
		Shift *float64
		Lo    float64
		Hi    float64
		Ratio float64
	}
	MannWhitneyNull struct {
		X, Y   []float64
		Of     float64
		Counts map[string]float64
	} `json:"mannwhitney_null"`
	MannWhitney1947   []float64    `json:"mannwhitney_1947_5_5"`
	MannWhitneyDepth  [][3]float64 `json:"mannwhitney_depth_95"`
	MannWhitneyLeastP [][2]float64 `json:"mannwhitney_least_p"`
	SignedRank        []struct {
		ID             string
		X, Y           []float64
		V, P           float64
		Centre, Lo, Hi float64
		Coverage       float64
	}
	SignedRankDepth  [][2]float64                    `json:"signedrank_depth_95"`
	SignedRankLeastP [][2]float64                    `json:"signedrank_least_p"`
	PowerT           []struct{ N, D, Power float64 } `json:"power_t"`
	Rounds           [][2]float64                    `json:"detectable_rounds_cv_5_percent"`
}

func loadRankVectors(t *testing.T) rankVectors {
	t.Helper()
	b, err := os.ReadFile("testdata/ranktest_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v rankVectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func logsOf(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}

func TestMannWhitneyVectors(t *testing.T) {
	rows := loadRankVectors(t).MannWhitney
	if len(rows) < 7 {
		t.Fatalf("only %d vectors", len(rows))
	}
	for _, v := range rows {
		u, p := MannWhitney(v.X, v.Y)
		near(t, v.ID+", U", u, v.U, 0)
		near(t, v.ID+", p", p, v.P, 1e-4*v.P)
		if v.Shift != nil {
			s := Shift(v.X, v.Y, 0.95)
			near(t, v.ID+", shift", s.Value, *v.Shift, 1e-9)
			near(t, v.ID+", lower", s.Lo, v.Lo, 1e-9)
			near(t, v.ID+", upper", s.Hi, v.Hi, 1e-9)
		}
		if v.Ratio != 0 {
			s := Shift(logsOf(v.X), logsOf(v.Y), 0.95)
			near(t, v.ID+", ratio", math.Exp(s.Value), v.Ratio, 1e-9)
		}
	}
}

// A Go library answers p = 0 here. The whole null distribution is in the vectors.
func TestMannWhitneyTiesOfUnequalSizes(t *testing.T) {
	v := loadRankVectors(t).MannWhitneyNull
	null := drawSums(doubledRanks(slices.Concat(v.X, v.Y)), len(v.X))
	least := len(v.X) * (len(v.X) + 1)
	seen := 0
	for s, p := range null {
		u := strconv.FormatFloat(float64(s-least)/2, 'g', -1, 64)
		near(t, "chance of U "+u, p, v.Counts[u]/v.Of, 1e-12)
		if p > 0 {
			seen++
		}
	}
	if seen != len(v.Counts) {
		t.Errorf("%d different U, want %d", seen, len(v.Counts))
	}
}

func TestMannWhitneyTables(t *testing.T) {
	v := loadRankVectors(t)
	sums := drawSums(oneTo(10), 5)[15:]
	var below float64
	for u, want := range v.MannWhitney1947 {
		below += sums[u]
		near(t, fmt.Sprintf("5 and 5, P(U ≤ %d)", u), below, want, 5e-7)
	}
	for _, row := range v.MannWhitneyDepth {
		n := int(row[0])
		d, coverage := mannWhitneyDepth(n, n, 0.95)
		near(t, fmt.Sprintf("depth of %d and %d", n, n), float64(d), row[1], 0)
		near(t, fmt.Sprintf("coverage of %d and %d", n, n), coverage, row[2], 6e-4)
	}
	for _, row := range v.MannWhitneyLeastP {
		low := make([]float64, int(row[0]))
		high := make([]float64, int(row[0]))
		for i := range low {
			low[i], high[i] = float64(i), float64(100+i)
		}
		_, p := MannWhitney(low, high)
		near(t, fmt.Sprintf("least p of %v and %v", row[0], row[0]), p, row[1], 0.005*row[1])
	}
}

// Beyond 100 values: R's wilcox.test with its correction, on samples of 500 and 600.
func TestMannWhitneyLarge(t *testing.T) {
	var even, odd, mixed []float64
	for i := range 500 {
		even = append(even, float64(2*i))
	}
	for i := range 600 {
		odd = append(odd, float64(2*i-41))
	}
	mixed = slices.Concat(even[:30], odd[30:])
	u, p := MannWhitney(even, odd)
	near(t, "U", u, 135250, 0)
	near(t, "p", p, 0.0049335360814, 1e-12)
	u, p = MannWhitney(even, mixed)
	near(t, "U, ties", u, 134845, 0)
	near(t, "p, ties", p, 0.0038703814239618, 1e-12)
	if _, p := MannWhitney(even, even); p != 1 {
		t.Errorf("the same values twice: p %v", p)
	}
	if _, p := MannWhitney(make([]float64, 80), make([]float64, 80)); p != 1 {
		t.Errorf("all values equal: p %v", p)
	}
}

// At the border between counting and the normal limit the two must meet.
func TestExactMeetsNormal(t *testing.T) {
	for _, off := range []int{0, 100, 300, 600, 900} {
		null := signSums(oneTo(120))
		mean := 120 * 121 / 4
		exact := twoSided(null, mean-off)
		limit := twoSidedNormal(float64(off), 1, math.Sqrt(120*121*241/24.))
		near(t, fmt.Sprintf("V %d below its mean", off), limit, exact, 0.03*exact)
	}
	for _, off := range []int{0, 100, 200, 350} {
		null := drawSums(oneTo(110), 50)
		mean := 50 * 111 / 2
		exact := twoSided(null, mean-off)
		limit := twoSidedNormal(float64(off), 1, math.Sqrt(50*60*111/12.))
		near(t, fmt.Sprintf("U %d below its mean", off), limit, exact, 0.03*exact)
	}
	// At 90 % the two agree to the rank, further out within a few.
	for confidence, within := range map[float64]float64{0.5: 1, 0.8: 1, 0.9: 0, 0.95: 1, 0.99: 5} {
		for _, n := range []int{exactUpTo + 1, 110, 120} {
			exact, _ := depth(signSums(oneTo(n)), (1-confidence)/2)
			limit, _ := signedRankDepth(n, confidence)
			near(t, fmt.Sprintf("depth of %d at %v", n, confidence), float64(limit), float64(exact), within)
		}
		for _, m := range []int{40, 50, 55} {
			n := exactUpTo + 10 - m
			exact, _ := depth(drawSums(oneTo(m+n), m)[m*(m+1)/2:], (1-confidence)/2)
			limit, _ := mannWhitneyDepth(m, n, confidence)
			near(t, fmt.Sprintf("depth of %d and %d at %v", m, n, confidence), float64(limit), float64(exact), within)
		}
	}
}

// 100 values are still counted, and 101 are not: only a counted interval covers
// more than it must, and only a counted p is a count of equally likely cases.
func TestCountedUpTo100(t *testing.T) {
	low := floats(oneTo(100))
	high := each(low, func(v float64) float64 { return v + 60 })
	for n, counted := range map[int]bool{100: true, 101: false} {
		_, pairs := signedRankDepth(n, 0.95)
		_, samples := mannWhitneyDepth(50, n-50, 0.95)
		if (pairs > 0.95) != counted || (samples > 0.95) != counted {
			t.Errorf("%d values cover %v and %v", n, pairs, samples)
		}
		x, y := low[:50], high[:n-50]
		_, p := MannWhitney(x, y)
		if exact := twoSided(drawSums(doubledRanks(slices.Concat(x, y)), 50), 50*51); (p == exact) != counted {
			t.Errorf("%d values, all of one sample lowest: p %v, counted %v", n, p, exact)
		}
		z := append(slices.Clone(low), 101)[:n]
		_, p = SignedRank(z, 0)
		if exact := math.Ldexp(1, 1-n); (p == exact) != counted {
			t.Errorf("%d values, all above: p %v, counted %v", n, p, exact)
		}
	}
}

func TestTooFewForAnInterval(t *testing.T) {
	x := []float64{3, 1, 4, 1.5, 9, 2.6}
	y := []float64{13, 11, 14, 11.5}
	for name, c := range map[string]struct {
		iv     Interval
		closed bool
	}{
		"6 pairs":                    {PseudoMedian(x, 0.95), true},
		"5 pairs":                    {PseudoMedian(x[:5], 0.95), false},
		"5 pairs at 90 %":            {PseudoMedian(x[:5], 0.90), true},
		"5 pairs, to the edge":       {PseudoMedian(x[:5], 1-2./32), true},
		"1 and 100":                  {Shift(x[:1], make([]float64, 100), 0.95), false},
		"1 value":                    {PseudoMedian(x[:1], 0.95), false},
		"4 and 4":                    {Shift(x[:4], y, 0.95), true},
		"3 and 4":                    {Shift(x[:3], y, 0.95), false},
		"1 and 1, as benchstat says": {Shift([]float64{100}, []float64{101}, 0.95), false},
	} {
		open := math.IsInf(c.iv.Lo, -1) && math.IsInf(c.iv.Hi, 1)
		if math.IsNaN(c.iv.Value) || open == c.closed || math.IsInf(c.iv.Lo, -1) != math.IsInf(c.iv.Hi, 1) {
			t.Errorf("%s: %+v", name, c.iv)
		}
	}
}

func TestNothingIsKnown(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7}
	for name, bad := range map[string][]float64{
		"empty": {}, "not a number": {1, math.NaN(), 2, 3, 4, 5}, "infinite": {1, math.Inf(-1), 2, 3, 4, 5},
	} {
		for _, iv := range []Interval{PseudoMedian(bad, 0.95), Shift(bad, x, 0.95), Shift(x, bad, 0.95)} {
			if !math.IsNaN(iv.Value) || !math.IsInf(iv.Lo, -1) || !math.IsInf(iv.Hi, 1) {
				t.Errorf("%s: %+v", name, iv)
			}
		}
		for _, call := range []func() (float64, float64){
			func() (float64, float64) { return SignedRank(bad, 0) },
			func() (float64, float64) { return MannWhitney(bad, x) },
			func() (float64, float64) { return MannWhitney(x, bad) },
			func() (float64, float64) { return SignedRank(x, math.Inf(1)) },
		} {
			if statistic, p := call(); !math.IsNaN(statistic) || !math.IsNaN(p) {
				t.Errorf("%s: %v, p %v", name, statistic, p)
			}
		}
	}
}

func TestRankMisuse(t *testing.T) {
	x := []float64{1, 2, 3}
	for name, call := range map[string]func(){
		"confidence 0":  func() { PseudoMedian(x, 0) },
		"confidence 1":  func() { Shift(x, x, 1) },
		"confidence 95": func() { Detectable(1, 10, true, 95, 0.8) },
		"power 1":       func() { RoundsFor(1, 1, true, 0.95, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

// Counted out by another program: up to 100 values ours is the same, beyond them the
// normal limit is off by one at most.
func TestDepthsOfMany(t *testing.T) {
	for _, c := range []struct {
		m, n     int // m 0: signed ranks
		depth    int
		coverage float64
	}{
		{0, 100, 1956, 0.9500762404}, {0, 101, 1998, 0}, {0, 120, 2882, 0}, {0, 200, 8445, 0},
		{50, 50, 966, 0.9504522764}, {51, 50, 987, 0}, {60, 60, 1427, 0}, {40, 90, 1412, 0}, {100, 100, 4198, 0},
	} {
		d, coverage := mannWhitneyDepth(c.m, c.n, 0.95)
		if c.m == 0 {
			d, coverage = signedRankDepth(c.n, 0.95)
		}
		if c.coverage > 0 {
			near(t, fmt.Sprintf("coverage of %d and %d", c.m, c.n), coverage, c.coverage, 1e-9)
			near(t, fmt.Sprintf("depth of %d and %d", c.m, c.n), float64(d), float64(c.depth), 0)
			continue
		}
		near(t, fmt.Sprintf("coverage of %d and %d", c.m, c.n), coverage, 0.95, 0)
		near(t, fmt.Sprintf("depth of %d and %d", c.m, c.n), float64(d), float64(c.depth), 1)
	}
}
