package stats

import (
	"fmt"
	"math"
	"testing"
)

func TestSignedRankVectors(t *testing.T) {
	for _, v := range loadRankVectors(t).SignedRank {
		var d []float64
		for i := range v.X {
			d = append(d, v.X[i]-v.Y[i])
		}
		sum, p := SignedRank(d, 0)
		near(t, v.ID+", V", sum, v.V, 0)
		near(t, v.ID+", p", p, v.P, 1e-12)
		iv := PseudoMedian(d, 0.95)
		near(t, v.ID+", centre", iv.Value, v.Centre, 1e-9)
		near(t, v.ID+", lower", iv.Lo, v.Lo, 1e-9)
		near(t, v.ID+", upper", iv.Hi, v.Hi, 1e-9)
		_, coverage := signedRankDepth(len(d), 0.95)
		near(t, v.ID+", coverage", coverage, v.Coverage, 5e-5)
	}
}

func TestSignedRankTables(t *testing.T) {
	v := loadRankVectors(t)
	for _, row := range v.SignedRankDepth {
		d, _ := signedRankDepth(int(row[0]), 0.95)
		near(t, fmt.Sprintf("depth of %v", row[0]), float64(d), row[1], 0)
	}
	for _, row := range v.SignedRankLeastP {
		var x []float64
		for i := range int(row[0]) {
			x = append(x, float64(1+i))
		}
		_, p := SignedRank(x, 0)
		near(t, fmt.Sprintf("least p of %v", row[0]), p, row[1], 5e-5)
	}
}

// Beyond 100 values: the textbook's normal limit, with half a rank of correction and
// (t³ − t)/48 off the variance for every t that are tied.
func TestSignedRankLarge(t *testing.T) {
	const n = 120
	distinct, coarse := make([]float64, n), make([]float64, n)
	var v, tied float64
	for i := range n {
		rank := float64(i + 1)
		distinct[i], coarse[i] = rank, float64(i/2+1)
		if i%5 < 2 {
			distinct[i], coarse[i] = -rank, -coarse[i]
			continue
		}
		v += rank
		tied += 2*float64(i/2) + 1.5
	}
	for name, c := range map[string]struct {
		x       []float64
		v, ties float64
	}{
		"distinct": {distinct, v, 0},
		"in twos":  {coarse, tied, n / 2 * (8 - 2) / 48.},
	} {
		got, p := SignedRank(c.x, 0)
		near(t, name+", V", got, c.v, 0)
		z := (math.Abs(c.v-n*(n+1)/4.) - 0.5) / math.Sqrt(n*(n+1)*(2*n+1)/24.-c.ties)
		near(t, name+", p", p, math.Erfc(z/math.Sqrt2), 1e-14)
		if p < 0.001 || p > 0.1 {
			t.Errorf("%s: p %v says little", name, p)
		}
	}
}

// Zeros by hand, after Pratt: of 0, 1, 2, 3 the three that are left carry the ranks
// 2, 3 and 4, and all lie above.
func TestSignedRankZeros(t *testing.T) {
	v, p := SignedRank([]float64{0, 1, 2, 3}, 0)
	near(t, "V", v, 9, 0)
	near(t, "p", p, 2./8, 1e-15)
	v, p = SignedRank([]float64{5, 5, 5}, 5)
	near(t, "V of nothing but zeros", v, 0, 0)
	near(t, "p of nothing but zeros", p, 1, 0)
	// Two zeros share rank 1½, −1 and +1 share 3½.
	v, p = SignedRank([]float64{0, 0, -1, 1, 4}, 0)
	near(t, "V with ties", v, 8.5, 0)
	near(t, "p with ties", p, 2*3./8, 1e-15)
}

// Up to 100 values p is counted; beyond them it is the normal limit.
func TestSignedRankOfMany(t *testing.T) {
	for _, c := range []struct {
		n      int
		centre float64
		off    float64
	}{{100, 46.7, 1e-12}, {100, 43.3, 1e-12}, {101, 46.7, 0.06}, {120, 55.7, 0.06}, {120, 51.3, 0.06}} {
		x := make([]float64, c.n)
		for i := range x {
			x[i] = float64(i + 1)
		}
		v, p := SignedRank(x, c.centre)
		exact := twoSided(signSums(oneTo(c.n)), int(v))
		near(t, fmt.Sprintf("p of 1 to %d about %v", c.n, c.centre), p, exact, c.off*exact)
	}
	// P(V = 0) of six is 1/64, the tail asked for.
	if d, _ := signedRankDepth(6, 0.96875); d != 1 {
		t.Errorf("depth of 6 at 96.875 %%: %d", d)
	}
}
