package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Student's sleep data as R prints it: t.test(extra ~ group) gives a difference of
// −1.58 between −3.3654832 and 0.2054832 at 17.776 degrees of freedom.
func TestMinusIsWelch(t *testing.T) {
	first := MeanOf([]float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2})
	second := MeanOf([]float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4})
	iv := first.Minus(second, 0.95)
	for _, c := range []struct{ got, want float64 }{
		{first.Value, 0.75}, {second.Value, 2.33}, {iv.Value, -1.58}, {iv.Lo, -3.3654832}, {iv.Hi, 0.2054832},
	} {
		if math.Abs(c.got-c.want) > 1e-7 {
			t.Errorf("got %.8f, want %.8f", c.got, c.want)
		}
	}
}

func TestMinusOfLittle(t *testing.T) {
	two := MeanOf([]float64{1, 3})
	for _, c := range []struct {
		m, b Mean
		want Interval
	}{
		{two, MeanOf([]float64{5}), Interval{-3, math.Inf(-1), math.Inf(1)}},
		{MeanOf([]float64{5}), two, Interval{3, math.Inf(-1), math.Inf(1)}},
		{MeanOf([]float64{5, 5}), MeanOf([]float64{3, 3, 3}), Interval{2, 2, 2}},
	} {
		if iv := c.m.Minus(c.b, 0.95); iv != c.want {
			t.Errorf("%v − %v is %v, want %v", c.m, c.b, iv, c.want)
		}
	}
	if iv := two.Minus(MeanOf(nil), 0.95); !math.IsNaN(iv.Value) {
		t.Errorf("less nothing is %v", iv)
	}
}

func TestMinusTurnsWithItsSides(t *testing.T) {
	values := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 2, 12)
	rapid.Check(t, func(t *rapid.T) {
		a, b := MeanOf(values.Draw(t, "a")), MeanOf(values.Draw(t, "b"))
		there, back := a.Minus(b, 0.95), b.Minus(a, 0.95)
		if there.Lo != -back.Hi || there.Hi != -back.Lo || !(there.Lo <= there.Value && there.Value <= there.Hi) {
			t.Fatalf("%v and %v", there, back)
		}
	})
}
