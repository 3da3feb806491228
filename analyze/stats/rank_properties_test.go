package stats

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// whole draws whole numbers, so that shifts and halves are exact; ties are likely
// where the range is small.
func whole(t *rapid.T, label string, least, most, low, high int) []float64 {
	ints := rapid.SliceOfN(rapid.IntRange(low, high), least, most).Draw(t, label)
	return floats(ints)
}

// distinct draws whole numbers without ties.
func distinct(t *rapid.T, label string, least, most int) []float64 {
	return floats(rapid.SliceOfNDistinct(rapid.IntRange(-500, 500), least, most, rapid.ID[int]).Draw(t, label))
}

func floats(ints []int) []float64 {
	out := make([]float64, len(ints))
	for i, v := range ints {
		out[i] = float64(v)
	}
	return out
}

func each(x []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

func shuffled(t *rapid.T, x []float64) []float64 { return rapid.Permutation(x).Draw(t, "order") }

func close9(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) || a == b
}

func confidence(t *rapid.T) float64 {
	return rapid.Float64Range(0.501, 0.999).Draw(t, "confidence")
}

// Every choice of signs, one by one.
func TestSignedRankByEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := whole(t, "x", 1, 9, -4, 4)
		v, p := SignedRank(x, 0)
		ranks := doubledRanks(each(x, math.Abs))
		var signed []int
		var observed int
		for i, r := range ranks {
			if x[i] != 0 {
				signed = append(signed, r)
			}
			if x[i] > 0 {
				observed += r
			}
		}
		var below, above float64
		for signs := range 1 << len(signed) {
			sum := 0
			for i, r := range signed {
				if signs>>i&1 == 1 {
					sum += r
				}
			}
			if sum <= observed {
				below++
			}
			if sum >= observed {
				above++
			}
		}
		want := min(1, 2*min(below, above)/float64(int(1)<<len(signed)))
		if v != float64(observed)/2 || !close9(p, want) {
			t.Fatalf("%v: V %v, p %v; one by one %v, %v", x, v, p, float64(observed)/2, want)
		}
	})
}

// Every division into two samples, one by one, pairs counted as the definition says.
func TestMannWhitneyByEnumeration(t *testing.T) {
	pairs := func(x, y []float64) (u float64) {
		for _, a := range x {
			for _, b := range y {
				switch {
				case a > b:
					u++
				case a == b:
					u += 0.5
				}
			}
		}
		return u
	}
	rapid.Check(t, func(t *rapid.T) {
		x, y := whole(t, "x", 1, 5, 0, 4), whole(t, "y", 1, 5, 0, 4)
		u, p := MannWhitney(x, y)
		observed := pairs(x, y)
		all := slices.Concat(x, y)
		var below, above, count float64
		for set := range uint(1) << len(all) {
			if bits.OnesCount(set) != len(x) {
				continue
			}
			var in, out []float64
			for i, v := range all {
				if set>>i&1 == 1 {
					in = append(in, v)
				} else {
					out = append(out, v)
				}
			}
			count++
			other := pairs(in, out)
			if other <= observed {
				below++
			}
			if other >= observed {
				above++
			}
		}
		if want := min(1, 2*min(below, above)/count); u != observed || !close9(p, want) {
			t.Fatalf("%v and %v: U %v, p %v; one by one %v, %v", x, y, u, p, observed, want)
		}
	})
}

func TestSignedRankProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := whole(t, "x", 1, 130, -30, 30)
		mu := float64(rapid.IntRange(-30, 30).Draw(t, "mu"))
		v, p := SignedRank(x, mu)
		if !(p > 0 && p <= 1) {
			t.Fatalf("p %v", p)
		}
		if v2, p2 := SignedRank(shuffled(t, x), mu); v2 != v || !close9(p2, p) {
			t.Fatalf("order matters: %v %v, then %v %v", v, p, v2, p2)
		}
		if v2, p2 := SignedRank(each(x, func(a float64) float64 { return 4*a + 3 }), 4*mu+3); v2 != v || !close9(p2, p) {
			t.Fatalf("the unit matters: %v %v, then %v %v", v, p, v2, p2)
		}
		if _, p2 := SignedRank(each(x, func(a float64) float64 { return -a }), -mu); !close9(p2, p) {
			t.Fatalf("the sign matters: %v, then %v", p, p2)
		}
	})
}

func TestMannWhitneyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := whole(t, "x", 1, 60, -20, 20), whole(t, "y", 1, 60, -20, 20)
		u, p := MannWhitney(x, y)
		if !(p > 0 && p <= 1 && u >= 0 && u <= float64(len(x)*len(y))) {
			t.Fatalf("U %v, p %v", u, p)
		}
		if u2, p2 := MannWhitney(shuffled(t, x), y); u2 != u || !close9(p2, p) {
			t.Fatalf("order matters: %v %v, then %v %v", u, p, u2, p2)
		}
		if u2, p2 := MannWhitney(y, x); u2 != float64(len(x)*len(y))-u || !close9(p2, p) {
			t.Fatalf("sides matter: %v %v, then %v %v", u, p, u2, p2)
		}
		cube := func(a float64) float64 { return a*a*a - 7 }
		if u2, p2 := MannWhitney(each(x, cube), each(y, cube)); u2 != u || !close9(p2, p) {
			t.Fatalf("more than the order matters: %v %v, then %v %v", u, p, u2, p2)
		}
	})
}

func TestPseudoMedianProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := whole(t, "x", 1, 25, -50, 50)
		c := confidence(t)
		iv := PseudoMedian(x, c)
		if !(iv.Lo <= iv.Value && iv.Value <= iv.Hi) {
			t.Fatalf("%+v", iv)
		}
		if iv.Value < slices.Min(x) || iv.Value > slices.Max(x) {
			t.Fatalf("%+v lies outside of %v", iv, x)
		}
		if again := PseudoMedian(shuffled(t, x), c); again != iv {
			t.Fatalf("order matters: %+v, then %+v", iv, again)
		}
		k, by := float64(rapid.IntRange(1, 9).Draw(t, "k")), float64(rapid.IntRange(-99, 99).Draw(t, "by"))
		move := func(a float64) float64 { return k*a + by }
		if moved := PseudoMedian(each(x, move), c); moved != (Interval{move(iv.Value), move(iv.Lo), move(iv.Hi)}) {
			t.Fatalf("%+v times %v and %v more is %+v", iv, k, by, moved)
		}
		if mirror := PseudoMedian(each(x, func(a float64) float64 { return -a }), c); mirror != (Interval{-iv.Value, -iv.Hi, -iv.Lo}) {
			t.Fatalf("the mirror of %+v is %+v", iv, mirror)
		}
		if wider := PseudoMedian(x, c+(1-c)/2); wider.Lo > iv.Lo || wider.Hi < iv.Hi {
			t.Fatalf("more confidence, narrower: %+v after %+v", wider, iv)
		}
	})
}

func TestShiftProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := whole(t, "x", 1, 20, -50, 50), whole(t, "y", 1, 20, -50, 50)
		c := confidence(t)
		iv := Shift(x, y, c)
		if !(iv.Lo <= iv.Value && iv.Value <= iv.Hi) {
			t.Fatalf("%+v", iv)
		}
		if again := Shift(shuffled(t, x), shuffled(t, y), c); again != iv {
			t.Fatalf("order matters: %+v, then %+v", iv, again)
		}
		if swapped := Shift(y, x, c); swapped != (Interval{-iv.Value, -iv.Hi, -iv.Lo}) {
			t.Fatalf("sides swapped, %+v is %+v", iv, swapped)
		}
		k, by := float64(rapid.IntRange(1, 9).Draw(t, "k")), float64(rapid.IntRange(-99, 99).Draw(t, "by"))
		scale := func(a float64) float64 { return k * a }
		moved := Shift(each(x, scale), each(y, func(a float64) float64 { return k*a + by }), c)
		if moved != (Interval{k*iv.Value + by, k*iv.Lo + by, k*iv.Hi + by}) {
			t.Fatalf("%+v times %v and %v more is %+v", iv, k, by, moved)
		}
		if twice := Shift(slices.Concat(x, x), slices.Concat(y, y), c); twice.Value != iv.Value {
			t.Fatalf("every value twice: %+v, then %+v", iv, twice)
		}
		if wider := Shift(x, y, c+(1-c)/2); wider.Lo > iv.Lo || wider.Hi < iv.Hi {
			t.Fatalf("more confidence, narrower: %+v after %+v", wider, iv)
		}
	})
}

// Without ties an interval is the set of what its test does not reject. The value
// asked for is a quarter (half) off the whole numbers, so that it ties with nothing.
func TestIntervalAgreesWithTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := distinct(t, "x", 1, 14), distinct(t, "y", 1, 14)
		c := confidence(t)
		at := float64(rapid.IntRange(-600, 600).Draw(t, "at"))
		one := PseudoMedian(x, c)
		mu := at + 0.25
		if _, p := SignedRank(x, mu); (mu < one.Lo || mu > one.Hi) != (p <= 1-c) {
			t.Fatalf("centre %v has p %v, and %+v at %v", mu, p, one, c)
		}
		two := Shift(x, y, c)
		shift := at + 0.5
		back := each(y, func(b float64) float64 { return b - shift })
		if _, p := MannWhitney(x, back); (shift < two.Lo || shift > two.Hi) != (p <= 1-c) {
			t.Fatalf("shift %v has p %v, and %+v at %v", shift, p, two, c)
		}
	})
}
