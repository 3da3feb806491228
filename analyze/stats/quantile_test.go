package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestQuantileRanksVectors(t *testing.T) {
	rows := loadVectors(t).QuantileRanks
	if len(rows) < 15 {
		t.Fatalf("only %d vectors", len(rows))
	}
	for _, row := range rows {
		n, q := int64(*row[0]), *row[1]
		want := Ranks{Lo: int64(*row[2]), Hi: n + 1}
		if row[3] != nil {
			want.Hi = int64(*row[3])
		}
		got := QuantileRanks(n, q, 0.95)
		if got.Lo != want.Lo || got.Hi != want.Hi {
			t.Errorf("n %d, q %v: got %+v, want %+v", n, q, got, want)
		}
		near(t, fmt.Sprintf("coverage at n %d, q %v", n, q), got.Coverage, *row[4], 1e-5)
	}
}

func TestMinSampleVectors(t *testing.T) {
	for _, row := range loadVectors(t).MinSample {
		q, want := row[0], int64(row[1])
		if got := MinSample(q, 0.95); got != want {
			t.Errorf("q %v: got %d, want %d", q, got, want)
		}
		if r := QuantileRanks(want, q, 0.95); r.Lo == 0 || r.Hi > want {
			t.Errorf("q %v: not bounded at its own minimum: %+v", q, r)
		}
		if r := QuantileRanks(want-1, q, 0.95); r.Lo != 0 && r.Hi <= want-1 {
			t.Errorf("q %v: bounded below its minimum: %+v", q, r)
		}
	}
}

func TestQuantileRanksProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 200_000).Draw(t, "n")
		q := rapid.Float64Range(0.0005, 0.9995).Draw(t, "q")
		c := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		r := QuantileRanks(n, q, c)
		if r.Lo < 0 || r.Hi > n+1 || r.Lo >= r.Hi {
			t.Fatalf("ranks out of order: %+v", r)
		}
		if r.Coverage < c-1e-9 || r.Coverage > 1 {
			t.Fatalf("coverage %v, asked for %v", r.Coverage, c)
		}
		wider := QuantileRanks(n, q, c+(1-c)/2)
		if wider.Lo > r.Lo || wider.Hi < r.Hi {
			t.Fatalf("more confidence, narrower: %+v after %+v", wider, r)
		}
		mirror := QuantileRanks(n, 1-q, c)
		if d := mirror.Lo - (n + 1 - r.Hi); d < -1 || d > 1 {
			t.Fatalf("not the mirror image: %+v and %+v", r, mirror)
		}
	})
}

// At a hundred million the ranks must agree with the normal limit to a fraction of
// a standard deviation, quickly.
func TestQuantileRanksHuge(t *testing.T) {
	const n = 100_000_000
	for _, q := range []float64{0.0001, 0.5, 0.95, 0.999, 0.9999999} {
		r := QuantileRanks(n, q, 0.95)
		sd := math.Sqrt(n * q * (1 - q))
		near(t, fmt.Sprintf("lower rank of %v", q), (float64(r.Lo)-n*q)/sd, -1.96, 1/sd+0.002)
		near(t, fmt.Sprintf("upper rank of %v", q), (float64(r.Hi)-n*q)/sd, 1.96, 2/sd+0.002)
	}
}

func TestBinomialAgainstBig(t *testing.T) {
	for _, c := range []struct {
		k, n int64
		p    float64
	}{{0, 7, 0.25}, {7, 7, 0.25}, {3, 7, 0.25}, {36, 72, 0.5}, {990, 1000, 0.9375}, {1, 3000, 0.0009765625}} {
		exact := new(big.Float).SetPrec(400).SetInt(new(big.Int).Binomial(c.n, c.k))
		for i := range c.n {
			p := c.p
			if i >= c.k {
				p = 1 - c.p // exact: the p above are short binary fractions
			}
			exact.Mul(exact, big.NewFloat(p))
		}
		want, _ := exact.Float64()
		near(t, fmt.Sprintf("%+v", c), binomial(float64(c.k), float64(c.n), c.p)/want, 1, 1e-12)
	}
}

// The parts of the saddle-point form, against sixty digits of decimal arithmetic:
// errors here would show in the binomial at sizes that no sum of it can reach.
func TestBinomialParts(t *testing.T) {
	for n, want := range map[float64]float64{
		1: 0.0810614667953272582, 5: 0.0166446911898211922, 15: 0.0055547335519628014,
		16: 0.0052076559196096404, 17: 0.0049013959484347379, 20: 0.0041663196919969225, 100: 0.0008333305556349147,
	} {
		tolerance := 4e-14
		if n < 16 { // by Lgamma, of which little is left
			tolerance = 2e-12
		}
		near(t, fmt.Sprintf("Stirling's error of %v", n), stirlingError(n)/want, 1, tolerance)
	}
	for _, row := range [][3]float64{
		{100_000_001, 100_000_000, 4.99999998333333342e-9}, {99_990_000, 100_000_000, 0.500016667500050000},
		{13, 11, 0.171703100621160490}, {9, 11, 0.193963740840639549}, {11, 9, 0.207377650083662774},
		{3, 11, 4.10215104760920742}, {1000, 1200, 17.6784432060453737},
	} {
		near(t, fmt.Sprintf("deviance of %v from %v", row[0], row[1]), deviance(row[0], row[1])/row[2], 1, 1e-13)
	}
	if d := deviance(7, 7); d != 0 {
		t.Errorf("no deviance: %v", d)
	}
}

func TestBinomialAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		var sum float64
		for k := range n + 1 {
			sum += binomial(float64(k), float64(n), p)
		}
		if math.Abs(sum-1) > 1e-11 {
			t.Fatalf("adds up to %v", sum)
		}
	})
}

// Independent values: the interval must enclose the true quantile as often as it
// says, and not much more often.
func TestQuantileCoverageIndependent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const trials, n = 2000, 500
	for _, q := range []float64{0.5, 0.95} {
		truth := -math.Log(1 - q) // of the exponential distribution
		r := QuantileRanks(n, q, 0.95)
		hits := 0
		for range trials {
			x := make([]float64, n)
			for i := range x {
				x[i] = rng.ExpFloat64()
			}
			slices.Sort(x)
			if x[r.Lo-1] <= truth && truth <= x[r.Hi-1] {
				hits++
			}
		}
		near(t, fmt.Sprintf("coverage of q %v", q), float64(hits)/trials, r.Coverage, 0.015)
	}
}
