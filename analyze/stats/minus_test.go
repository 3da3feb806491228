package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// By hand: five stretches whose shares differ by −0.1, 0.3, −0.1, 0.3 and 0.1, of 10 values each. The differences
// from their mean of 0.1 are −0.2, 0.2, −0.2, 0.2 and 0, so the standard error is √(0.16/4/5); independent values
// at a share of 0.45 err by √(0.45·0.55·2/50).
func TestMinusByHand(t *testing.T) {
	size := []float64{10, 10, 10, 10, 10}
	own := Clusters{Size: size, Sum: []float64{4, 6, 4, 6, 5}}
	others := Clusters{Size: size, Sum: []float64{5, 3, 5, 3, 4}}
	d, independent := own.Minus(others)
	near(t, "difference", d.Value, 0.1, 1e-12)
	near(t, "independent", independent, math.Sqrt(0.45*0.55*2/50), 1e-12)
	near(t, "error", d.SE, max(math.Sqrt(0.16/4/5), independent), 1e-12)
	near(t, "degrees of freedom", d.DF, 4, 0)
	near(t, "p", d.P(), 2*studentSurvival(0.1/d.SE, 4), 1e-12)
}

// A stretch in which only one of them has values says nothing of the other.
func TestMinusOfWhatBothHave(t *testing.T) {
	own := Clusters{Size: []float64{10, 10, 0, 10, 10, 10, 99}, Sum: []float64{4, 6, 0, 4, 6, 5, 99}}
	others := Clusters{Size: []float64{10, 10, 99, 10, 10, 10, 0}, Sum: []float64{5, 3, 99, 5, 3, 4, 0}}
	d, _ := own.Minus(others)
	near(t, "difference", d.Value, 0.1, 1e-12)
	near(t, "degrees of freedom", d.DF, 4, 0)

	few, _ := Clusters{Size: []float64{10, 10}, Sum: []float64{5, 5}}.Minus(Clusters{Size: []float64{10, 10}, Sum: []float64{5, 6}})
	if !math.IsNaN(few.SE) || !math.IsNaN(few.P()) {
		t.Errorf("two stretches: %+v", few)
	}
	if none, _ := (Clusters{}).Minus(Clusters{}); !math.IsNaN(none.P()) {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestMinusProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (a, b Clusters) {
			for range rapid.IntRange(5, 90).Draw(t, name) {
				n, m := rapid.IntRange(1, 50).Draw(t, "size"), rapid.IntRange(1, 50).Draw(t, "other size")
				a.Size, a.Sum = append(a.Size, float64(n)), append(a.Sum, float64(rapid.IntRange(0, n).Draw(t, "sum")))
				b.Size, b.Sum = append(b.Size, float64(m)), append(b.Sum, float64(rapid.IntRange(0, m).Draw(t, "other sum")))
			}
			return a, b
		}
		a, b := draw("stretches")
		d, independent := a.Minus(b)
		back, _ := b.Minus(a)
		if math.Abs(d.Value+back.Value) > 1e-12 || math.Abs(d.SE-back.SE) > 1e-12 {
			t.Fatalf("%+v one way, %+v the other", d, back)
		}
		if !(d.SE >= independent) || d.DF > MaxBatches-1 {
			t.Fatalf("%+v with an independent error of %v", d, independent)
		}
		if p := d.P(); !(p >= 0 && p <= 1) {
			t.Fatalf("p %v of %+v", p, d)
		}
		if same, _ := a.Minus(a); same.Value != 0 || same.P() != 1 {
			t.Fatalf("against itself: %+v", same)
		}
		twice := func(c Clusters) Clusters {
			out := Clusters{}
			for i := range c.Size {
				out.Size, out.Sum = append(out.Size, 2*c.Size[i]), append(out.Sum, 2*c.Sum[i])
			}
			return out
		}
		if more, less := twice(a).Minus(twice(b)); math.Abs(more.Value-d.Value) > 1e-12 || math.Abs(less*math.Sqrt2-independent) > 1e-12 {
			t.Fatalf("more of the same: %+v, was %+v", more, d)
		}
	})
}

func TestPOfAMean(t *testing.T) {
	for _, c := range []struct {
		m    Mean
		want float64
	}{
		{Mean{Value: 0, SE: 1, DF: 3}, 1},
		{Mean{Value: 2.776445105, SE: 1, DF: 4}, 0.05},
		{Mean{Value: -2.776445105, SE: 1, DF: 4}, 0.05},
		{Mean{Value: 1.959963985, SE: 1, DF: math.Inf(1)}, 0.05},
		{Mean{Value: 1, SE: 0, DF: 4}, 0},
		{Mean{Value: 0, SE: 0, DF: 4}, 1},
	} {
		near(t, "p", c.m.P(), c.want, 1e-9)
	}
	if p := (Mean{Value: 1, SE: math.NaN(), DF: 4}).P(); !math.IsNaN(p) {
		t.Errorf("of an error that is not known: %v", p)
	}
}
