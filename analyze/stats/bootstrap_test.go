package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// one is a block per value.
func one(x []float64) []Block {
	var blocks []Block
	for _, v := range x {
		blocks = append(blocks, Block{Values: []float64{v}, Counts: []float64{1}})
	}
	return blocks
}

func deviation(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum, squares = sum+v, squares+v*v
	}
	n := float64(len(x))
	return math.Sqrt(squares/n - square(sum/n))
}

// The ideal bootstrap of seven values: all 7⁷ resamples, one by one.
func TestIdealBootstrapOfTheMedian(t *testing.T) {
	v := loadRankVectors(t).BootstrapSE[0]
	s := newStretches(one(v.X))
	k := len(v.X)
	draw := make([]int, k)
	var sum, squares, count float64
	for number := 0; ; number++ {
		rest := number
		for i := range draw {
			draw[i], rest = rest%k, rest/k
		}
		if rest > 0 {
			break
		}
		m := s.quantile(draw, 0.5)
		sum, squares, count = sum+m, squares+m*m, count+1
	}
	near(t, v.ID, math.Sqrt(squares/count-square(sum/count)), v.SE, 1e-8)
}

// The same by chance, which is what a run gets.
func TestBootstrapOfTheMedian(t *testing.T) {
	for _, v := range loadRankVectors(t).BootstrapSE {
		rng := rand.New(rand.NewPCG(17, 18))
		s := newStretches(one(v.X))
		s.together = 1
		medians := make([]float64, 100_000)
		for i := range medians {
			medians[i] = s.quantile(s.resample(rng), 0.5)
		}
		near(t, v.ID, deviation(medians), v.SE, 0.02*v.SE)
	}
}

// Neighbours stay together, every stretch comes up as often as any other, and a
// resample is as long as the run.
func TestResampleDrawsNeighbours(t *testing.T) {
	const k, trials = 30, 20_000
	rng := rand.New(rand.NewPCG(19, 20))
	s := newStretches(one(drawn(k, rng.Float64)))
	if s.together != 3 || s.draws() != 10 {
		t.Fatalf("%d together, %d draws", s.together, s.draws())
	}
	var seen [k]float64
	for range trials {
		drawn := s.resample(rng)
		if len(drawn) != k {
			t.Fatalf("%d of %d stretches", len(drawn), k)
		}
		for i, at := range drawn {
			seen[at]++
			if i%3 > 0 && at != (drawn[i-1]+1)%k {
				t.Fatalf("no neighbours: %v", drawn)
			}
		}
	}
	for _, n := range seen {
		near(t, "how often a stretch comes up", n/trials, 1, 0.05)
	}
}

func seconds(t *rapid.T, label string) []Block {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Block {
		n := rapid.IntRange(0, 6).Draw(t, "distinct")
		var b Block
		for range n {
			b.Values = append(b.Values, float64(rapid.IntRange(1, 40).Draw(t, "ms")))
			b.Counts = append(b.Counts, float64(rapid.IntRange(1, 30).Draw(t, "count")))
		}
		return b
	}), 0, 40).Draw(t, label)
}

func TestQuantileRatioProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := seconds(t, "a"), seconds(t, "b")
		q := rapid.SampledFrom([]float64{0.5, 0.9, 0.95}).Draw(t, "q")
		iv := QuantileRatio(a, b, q, 0.95, 7)
		if again := QuantileRatio(a, b, q, 0.95, 7); again != iv && !math.IsNaN(iv.Value) {
			t.Fatalf("the same seed: %+v, then %+v", iv, again)
		}
		if math.IsNaN(iv.Value) {
			if newStretches(a).size() > 0 && newStretches(b).size() > 0 {
				t.Fatalf("nothing is known of %v and %v", a, b)
			}
			return
		}
		if !(0 <= iv.Lo && iv.Lo <= iv.Hi) {
			t.Fatalf("%+v", iv)
		}
		slower := slices.Clone(a)
		for i := range slower {
			slower[i].Values = each(slower[i].Values, func(v float64) float64 { return 4 * v })
		}
		if scaled := QuantileRatio(slower, b, q, 0.95, 7); scaled != (Interval{4 * iv.Value, 4 * iv.Lo, 4 * iv.Hi}) {
			t.Fatalf("four times %+v is %+v", iv, scaled)
		}
		// A second that counts every value in two parts, the other way round, is the same.
		split := slices.Clone(a)
		for i := range split {
			half := each(split[i].Counts, func(n float64) float64 { return n / 2 })
			split[i] = Block{slices.Concat(split[i].Values, split[i].Values), slices.Concat(half, half)}
			slices.Reverse(split[i].Values)
			slices.Reverse(split[i].Counts)
		}
		if same := QuantileRatio(split, b, q, 0.95, 7); same != iv {
			t.Fatalf("counted in parts: %+v, then %+v", iv, same)
		}
		if idle := QuantileRatio(append(slices.Clone(a), Block{}), append(slices.Clone(b), Block{}), q, 0.95, 7); idle != QuantileRatio(a, b, q, 0.95, 7) {
			t.Fatalf("a second without values takes part: %+v, then %+v", iv, idle)
		}
	})
}

func TestQuantileRatioRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	blocks := func(k, each int) []Block {
		out := make([]Block, k)
		for i := range out {
			out[i] = Block{drawn(each, rng.ExpFloat64), slices.Repeat([]float64{1}, each)}
		}
		return out
	}
	for name, c := range map[string]struct {
		iv     Interval
		closed bool
	}{
		"20 s of 10, p95": {QuantileRatio(blocks(20, 10), blocks(20, 10), 0.95, 0.95, 1), true},
		"20 s of 9, p95":  {QuantileRatio(blocks(20, 10), blocks(20, 9), 0.95, 0.95, 1), false},
		"20 s of 9, p5":   {QuantileRatio(blocks(20, 9), blocks(20, 10), 0.05, 0.95, 1), false},
		"10 s":            {QuantileRatio(blocks(10, 50), blocks(60, 50), 0.5, 0.95, 1), true},
		"9 s":             {QuantileRatio(blocks(9, 50), blocks(60, 50), 0.5, 0.95, 1), false},
		"10 s at 99.9 %":  {QuantileRatio(blocks(10, 50), blocks(60, 50), 0.5, 0.999, 1), false},
		"1 s":             {QuantileRatio(blocks(1, 50), blocks(60, 50), 0.5, 0.95, 1), false},
	} {
		open := c.iv.Lo == 0 && math.IsInf(c.iv.Hi, 1)
		if !(c.iv.Value > 0) || open == c.closed {
			t.Errorf("%s: %+v", name, c.iv)
		}
	}
	idle := slices.Repeat([]Block{{Values: []float64{0, 1}, Counts: []float64{99, 101}}}, 20)
	for i := range idle {
		idle[i].Counts = []float64{float64(80 + i%2*38), 100}
	}
	if iv := QuantileRatio(idle, idle, 0.5, 0.95, 1); iv.Value != 1 || iv.Lo != 0 || !math.IsInf(iv.Hi, 1) {
		t.Errorf("half of it 0: %+v", iv)
	}
	zero := []Block{{Values: []float64{0}, Counts: []float64{1000}}}
	for _, iv := range []Interval{
		QuantileRatio(nil, blocks(20, 10), 0.5, 0.95, 1),
		QuantileRatio(blocks(20, 10), zero, 0.5, 0.95, 1),
	} {
		if !math.IsNaN(iv.Value) || !math.IsInf(iv.Hi, 1) {
			t.Errorf("a ratio of nothing: %+v", iv)
		}
	}
}

// Two legs whose levels linger from second to second. Drawing
// single requests would cover far too seldom; drawing neighbouring seconds
// must come near to what it says.
func TestQuantileRatioCovers(t *testing.T) {
	const trials, k, perSecond, q = 200, 27, 6, 0.7
	rng := rand.New(rand.NewPCG(23, 24))
	leg := func() []Block {
		level := rng.NormFloat64()
		blocks := make([]Block, k)
		for s := range blocks {
			level = 0.5*level + math.Sqrt(0.75)*rng.NormFloat64()
			x := drawn(perSecond, func() float64 {
				return math.Round(100 * math.Exp(0.2*(math.Sqrt(0.2)*level+math.Sqrt(0.8)*rng.NormFloat64())))
			})
			blocks[s] = Block{x, slices.Repeat([]float64{1}, perSecond)}
		}
		return blocks
	}
	hits, inside := 0, 0
	for trial := range trials {
		iv := QuantileRatio(leg(), leg(), q, 0.95, uint64(trial))
		if iv.Lo <= 1 && 1 <= iv.Hi {
			hits++
		}
		if iv.Lo <= iv.Value && iv.Value <= iv.Hi {
			inside++
		}
	}
	if share := float64(hits) / trials; share < 0.90 || share > 0.99 {
		t.Errorf("the ratio of two like legs was enclosed in %v of the trials", share)
	}
	if inside < trials {
		t.Errorf("the estimate lay outside in %d of %d", trials-inside, trials)
	}
}

// Stretches that are all alike leave nothing to chance: at the median of two values
// the nearest rank is the lower one, wherever there are idle seconds.
func TestQuantileRatioByHand(t *testing.T) {
	idle := Block{}
	busy := func(low, high float64) Block { return Block{[]float64{high, low}, []float64{10, 10}} }
	a := slices.Concat([]Block{idle}, slices.Repeat([]Block{busy(6, 7)}, 20), []Block{idle}, slices.Repeat([]Block{busy(6, 7)}, 20))
	b := slices.Repeat([]Block{busy(2, 9)}, 20)
	if iv := QuantileRatio(a, b, 0.5, 0.95, 1); iv != (Interval{3, 3, 3}) {
		t.Errorf("6 over 2: %+v", iv)
	}
	if n := newStretches(a).size(); n != 800 {
		t.Errorf("%v values, want 800", n)
	}
	zero := []Block{{Values: []float64{0}, Counts: []float64{1000}}}
	if iv := QuantileRatio(zero, b, 0.5, 0.95, 1); !math.IsNaN(iv.Value) {
		t.Errorf("0 over 2: %+v", iv)
	}
	// Exactly ten beyond the quantile are enough.
	if iv := QuantileRatio(slices.Repeat([]Block{busy(1, 2)}, 20), b, 1./32, 0.95, 1); iv.Lo == 0 {
		t.Errorf("400 values and a thirty-second: %+v", iv)
	}
	if iv := QuantileRatio(slices.Repeat([]Block{busy(1, 2)}, 16), b, 1./32, 0.95, 1); iv.Lo == 0 {
		t.Errorf("320 values and a thirty-second: %+v", iv)
	}
}

// As many resamples lie beyond one end as beyond the other, by the t of two draws
// and by the normal of many.
func TestQuantileRatioEnds(t *testing.T) {
	near(t, "tail of two draws", expandedTail(0.5, 2), 0.0786496, 1e-7) // Φ(−√2)
	near(t, "tail of many", expandedTail(0.95, 1e6), 0.025, 1e-6)
	rng := rand.New(rand.NewPCG(25, 26))
	a, b := one(drawn(200, rng.ExpFloat64)), one(drawn(200, rng.ExpFloat64))
	const seed = 3
	iv := QuantileRatio(a, b, 0.5, 0.9, seed)
	above, below := newStretches(a), newStretches(b)
	rng = rand.New(rand.NewPCG(seed, 0))
	lower, higher := 0, 0
	for range resamples {
		ratio := above.quantile(above.resample(rng), 0.5) / below.quantile(below.resample(rng), 0.5)
		if ratio <= iv.Lo {
			lower++
		}
		if ratio >= iv.Hi {
			higher++
		}
	}
	// Ties are few where the values are 200 different ones.
	want := expandedTail(0.9, above.draws()) * (resamples + 1)
	near(t, "resamples at or below the lower end", float64(lower), want, 1.5)
	near(t, "resamples at or above the upper end", float64(higher), want, 1.5)
}
