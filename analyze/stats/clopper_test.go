package stats

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Published: R's binom.test, and Wilks's tolerance bounds of 50 values.
func TestClopperPearsonVectors(t *testing.T) {
	for _, c := range []struct{ k, n, confidence, lo, hi float64 }{
		{0, 10, 0.95, 0, 0.3084971},
		{1, 10, 0.95, 0.002528579, 0.4450161},
		{10, 10, 0.95, 0.6915029, 1},
		{0, 50, 0.90, 0, 0.0581551},
		{1, 50, 0.90, 0.001025, 0.0914},
		{2, 50, 0.90, 0.0072, 0.1206},
	} {
		iv := ClopperPearson(c.k, c.n, c.confidence)
		near(t, fmt.Sprintf("lower end of %v of %v", c.k, c.n), iv.Lo, c.lo, 6e-5)
		near(t, fmt.Sprintf("upper end of %v of %v", c.k, c.n), iv.Hi, c.hi, 6e-5)
	}
	if iv := ClopperPearson(0, 0, 0.95); iv.Lo != 0 || iv.Hi != 1 {
		t.Errorf("of nothing: %+v", iv)
	}
}

// The ends are the proportions at which the tails weigh what they should, by the binomial
// that percentiles rest on; the other side of the count is the other side of the interval.
func TestClopperPearsonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		iv, other := ClopperPearson(float64(k), float64(n), 0.95), ClopperPearson(float64(n-k), float64(n), 0.95)
		if !close9(iv.Lo, 1-other.Hi) || !close9(iv.Hi, 1-other.Lo) {
			t.Fatalf("%d of %d: %+v, the others %+v", k, n, iv, other)
		}
		if k == n {
			return
		}
		var upTo float64
		for i := 0; i <= k; i++ {
			upTo += binomial(float64(i), float64(n), iv.Hi)
		}
		if d := upTo - 0.025; d > 1e-7 || d < -1e-7 {
			t.Fatalf("%d of %d: %v lie below at the upper end", k, n, upTo)
		}
	})
}
