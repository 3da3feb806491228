package result

import "testing"

func TestWholeSecondsLeaveOutAPart(t *testing.T) {
	for _, c := range []struct {
		ends []float64
		want int
	}{
		{nil, 0}, {[]float64{1}, 1}, {[]float64{0.4}, 1}, {[]float64{1, 2}, 2}, {[]float64{1, 1.05}, 1}, {[]float64{1, 5, 5.999}, 2}, {[]float64{1, 3}, 2},
	} {
		var l Leg
		for _, end := range c.ends {
			l.Series = append(l.Series, Point{T: end})
		}
		if got := len(l.WholeSeconds()); got != c.want {
			t.Errorf("seconds that end at %v: %d whole, want %d", c.ends, got, c.want)
		}
	}
}
