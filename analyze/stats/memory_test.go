package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// levels are k deviations around 0 of which a share of the variance is an autoregression.
func levels(rng *rand.Rand, k int, rho, share float64) []float64 {
	d := make([]float64, k)
	level := rng.NormFloat64()
	for i := range d {
		d[i] = math.Sqrt(share)*level + math.Sqrt(1-share)*rng.NormFloat64()
		level = rho*level + math.Sqrt(1-rho*rho)*rng.NormFloat64()
	}
	return d
}

func ofLevels(d []float64) Clusters {
	return Clusters{Size: slices.Repeat([]float64{1}, len(d)), Sum: d}
}

func TestMemoryByHand(t *testing.T) {
	rising := make([]float64, 60)
	for i := range rising {
		rising[i] = float64(i)
	}
	for _, c := range []struct {
		what        string
		d           []float64
		independent float64
		want        Memory
	}{
		{"a steady rise", rising, 0.1, LastingMemory},
		{"a rise that chance explains", rising, 100, ShortMemory},
		{"a rise of which the chance is not known", rising, 0, LastingMemory},
		{"eight stretches", rising[:8], 0.1, LastingMemory},
		{"seven, too few for neighbours", rising[:7], 0.1, UnknownMemory},
		{"seven that chance explains", rising[:7], 1, ShortMemory},
		{"seven of which the chance is not known", rising[:7], 0, ShortMemory},
		{"two stretches", rising[:2], 1e-9, ShortMemory},
		{"twenty that go up and down", slices.Repeat([]float64{0, 1}, 10), 0.01, ShortMemory},
		{"nineteen that go up and down", slices.Repeat([]float64{0, 1}, 10)[1:], 0.01, UnknownMemory},
		{"nothing varies", slices.Repeat([]float64{0.1}, 60), 0.1, ShortMemory},
		{"nothing", nil, 0.1, ShortMemory},
	} {
		if got := ofLevels(c.d).Memory(c.independent); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// The two tests together call one of a hundred independent samples lasting, and find what lasts.
func TestMemoryKeepsItsLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const trials = 2000
	said := func(k int, rho, share, noise float64) (lasting, unknown float64) {
		for range trials {
			switch ofLevels(levels(rng, k, rho, share)).Memory(math.Sqrt(noise / float64(k))) {
			case LastingMemory:
				lasting += 1. / trials
			case UnknownMemory:
				unknown += 1. / trials
			}
		}
		return lasting, unknown
	}
	for _, k := range []int{5, 8, 19, 20, 60} {
		if lasting, unknown := said(k, 0, 0, 1); lasting+unknown > 0.02 {
			t.Errorf("%d independent stretches: lasting %.3f, unknown %.3f", k, lasting, unknown)
		}
	}
	for _, c := range []struct {
		k   int
		rho float64
	}{{10, 0.9}, {20, 0.9}, {30, 0.9}, {30, 0.97}, {60, 0.5}, {60, 0.97}} {
		if lasting, unknown := said(c.k, c.rho, 1, 0.01); lasting+unknown < 0.93 {
			t.Errorf("%d stretches of a level of %.2f: lasting %.3f, unknown %.3f", c.k, c.rho, lasting, unknown)
		}
	}
}

// The interval of a level that lasts covers, and that of (1+r)/(1−r) does not.
func TestLastingErrorCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const trials, k = 400, 60
	for _, c := range []struct{ rho, least float64 }{{0.5, 0.94}, {0.9, 0.92}, {0.97, 0.70}} {
		var mixed, lag float64
		for range trials {
			d := levels(rng, k, c.rho, 1)
			var mean float64
			for _, v := range d {
				mean += v / k
			}
			centred := ofLevels(d).deviations()
			if math.Abs(mean) <= T(0.95, k-1)*lastingError(centred) {
				mixed += 1. / trials
			}
			r := max(0, AutoCorrelation(centred, 1))
			if math.Abs(mean) <= T(0.95, k-1)*MeanOf(centred).SE*math.Sqrt((1+r)/(1-r)) {
				lag += 1. / trials
			}
		}
		t.Logf("ρ %.2f: the mixture covers %.3f, (1+r)/(1−r) %.3f", c.rho, mixed, lag)
		if mixed < c.least || lag > mixed {
			t.Errorf("ρ %.2f: the mixture covers %.3f, (1+r)/(1−r) %.3f", c.rho, mixed, lag)
		}
	}
}

func TestLastingErrorProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ofLevels(rapid.SliceOfNDistinct(rapid.Float64Range(-1, 1), MinBatches, MaxBatches, rapid.ID).Draw(t, "d")).deviations()
		se := lastingError(d)
		if !(se > 0) || math.IsInf(se, 0) {
			t.Fatalf("%v: %v", d, se)
		}
		unit := rapid.Float64Range(1e-3, 1e3).Draw(t, "unit")
		scaled := make([]float64, len(d))
		for i, v := range d {
			scaled[len(d)-1-i] = v * unit
		}
		if back := lastingError(scaled); math.Abs(back/se/unit-1) > 1e-6 {
			t.Fatalf("unit or direction of time matters: %v, %v", se*unit, back)
		}
	})
}

// By Parseval the powers add up to the squares; a wave has one power.
func TestCosinePowerByHand(t *testing.T) {
	d := make([]float64, 12)
	for i := range d {
		d[i] = math.Cos(math.Pi * 3 * (float64(i) + 0.5) / 12)
	}
	power := cosinePower(d)
	for j, p := range power {
		want := 0.
		if j == 2 {
			want = 6
		}
		near(t, "power", p, want, 1e-12)
	}
}

// The chance by hand: of independent stretches (1 − hits/k)^k; in a chain the few that
// were hit in a row count as one.
func TestNoneBeyondByHand(t *testing.T) {
	hits := func(pattern string) []bool {
		var out []bool
		for _, c := range pattern {
			out = append(out, c == 'x')
		}
		return out
	}
	near(t, "two of five", noneBeyond(hits("x.x..")), math.Pow(0.6, 5), 1e-12)
	near(t, "a burst of three", noneBeyond(hits("xxx.......")), 0.7*math.Pow(6.5/7, 9), 1e-12)
	if p := noneBeyond(hits("xxxx")); p != 0 {
		t.Errorf("all hit: %v", p)
	}
	if p := noneBeyond(hits("....")); p != 1 {
		t.Errorf("none hit: %v", p)
	}
}

// An open end is closed at the sample's last value where beyond the quantile there is
// something in many stretches, not where it all is in one; never below the fewest values. Of a
// minute of an open load four bursts, whose chance of none is 1.6 %, are too few.
func TestQuantileRanksCloseAtTheLastValue(t *testing.T) {
	leg := func(size float64, beyond ...float64) Clusters {
		var c Clusters
		for _, b := range beyond {
			c.Size, c.Sum = append(c.Size, size), append(c.Sum, size-b)
		}
		return c
	}
	minute := func(bursts int) Clusters {
		beyond := make([]float64, 60)
		for i := range bursts {
			beyond[i*60/bursts] = 60 / float64(bursts)
		}
		return leg(100, beyond...)
	}
	bounded := func(c Clusters) Clusters {
		c.Bounded = true
		return c
	}
	for _, c := range []struct {
		what string
		of   Clusters
		hi   int64
	}{
		{"four bursts in a minute", minute(4), 6001},
		{"six bursts in a minute", minute(6), 6000},
		{"four bursts in a minute of a closed load", bounded(minute(4)), 6000},
		{"bursts in three of five stretches", leg(200, 5, 0, 3, 0, 2), 1000},
		{"one burst", leg(200, 10, 0, 0, 0, 0), 1001},
		{"too few values", leg(60, 1, 0, 1, 0, 1), 301},
	} {
		if r := c.of.QuantileRanks(0.99, 0.95); r.Hi != c.hi {
			t.Errorf("%s: %+v", c.what, r)
		}
	}
}

// A stretch that resembles its neighbours so little that no test sees it makes the error of
// clusters too small; the mixture in which it probably has no memory covers.
func TestBriefMemoryIsCovered(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const trials, k = 400, 60
	for _, c := range []struct{ rho, least, most float64 }{{0, 0.94, 1.25}, {0.3, 0.93, 1.9}} {
		var held, plain, wider float64
		for range trials {
			d := levels(rng, k, c.rho, 1)
			m := MeanOf(d)
			_, se, df := ofLevels(d).RatioBeside(0.1 / math.Sqrt(k)) // independent values would scatter less
			if math.Abs(m.Value) <= T(0.95, df)*se {
				held += 1. / trials
			}
			if math.Abs(m.Value) <= T(0.95, df)*m.SE {
				plain += 1. / trials
			}
			wider += se / m.SE / trials
		}
		t.Logf("ρ %.1f: held %.3f, by clusters alone %.3f, %.2f times as wide", c.rho, held, plain, wider)
		if held < c.least || wider > c.most || c.rho > 0 && plain > held-0.02 {
			t.Errorf("ρ %.1f: held %.3f, by clusters alone %.3f, %.2f times as wide", c.rho, held, plain, wider)
		}
	}
}

// Of a level that hardly changes within a few seconds even the most powerful test, the
// likelihood ratio with process and noise known, misses a fifth, and ours comes near it.
func TestMemoryFindsNearlyWhatCanBeFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	const trials, noise, sd = 4000, 0.05, 0.3 // as in the legs of TestIntervalsHold, of a mean of 1
	for _, c := range []struct {
		k   int
		rho float64
	}{{10, 0.97}, {5, 0.9}} {
		draw := func(sd float64) [][]float64 {
			out := make([][]float64, trials)
			for i := range out {
				out[i] = levels(rng, c.k, c.rho, 1)
				for j, v := range out[i] {
					out[i][j] = sd*v + noise*rng.NormFloat64()
				}
			}
			return out
		}
		constant, lasting := draw(0), draw(sd)
		expected := make([]float64, c.k-1) // power of each cosine, in units of the noise
		for _, d := range lasting {
			for j, p := range cosinePower(ofLevels(d).deviations()) {
				expected[j] += p / (noise * noise) / trials
			}
		}
		ratio := func(d []float64) (sum float64) {
			for j, p := range cosinePower(ofLevels(d).deviations()) {
				sum += p * (1 - 1/expected[j])
			}
			return sum
		}
		all := make([]float64, trials)
		for i, d := range constant {
			all[i] = ratio(d)
		}
		slices.Sort(all)
		const mayErr = 0.02
		var best, ours float64
		for _, d := range lasting {
			if ratio(d) > all[int((1-mayErr)*trials)] {
				best += 1. / trials
			}
			if ofLevels(d).Memory(noise/math.Sqrt(float64(c.k))) != ShortMemory {
				ours += 1. / trials
			}
		}
		t.Logf("ρ %.2f, %d stretches: the best test finds %.3f, ours %.3f", c.rho, c.k, best, ours)
		if best > 0.9 || ours < best-0.1 {
			t.Errorf("ρ %.2f, %d stretches: the best test finds %.3f, ours %.3f", c.rho, c.k, best, ours)
		}
	}
}
