package capacity

import (
	"math"
	"testing"
)

// Of many options the few are shown that matter: what is recommended, what there is, and the nearest others.
func TestMainOptions(t *testing.T) {
	c := threeOrOne()
	for i, held := range []float64{50, 60, 2000} {
		c.Options = append(c.Options, Option{Name: string(rune('a' + i)), Nodes: 1, Held: held, Month: price(float64(1000 + i))})
	}
	d := Decide(c, today)
	var main []string
	for _, o := range d.Options {
		if o.Main {
			main = append(main, o.Name)
		}
	}
	want := []string{"the single server", "three containers", "six containers", "c"}
	if len(main) != len(want) {
		t.Fatalf("%q", main)
	}
	for i := range want {
		if main[i] != want[i] {
			t.Errorf("%q, want %q", main, want)
		}
	}
}

// The peaks grow by the growth, and go on until the main options break, but not beyond twice the years.
func TestPeaks(t *testing.T) {
	d := Decide(threeOrOne(), today) // three containers break after 1.345 years, six after 4.1
	if n := len(d.Peaks); n != 25 {
		t.Errorf("%d months, want twice the year and today", n)
	}
	near(t, "today", d.Peaks[0].RPS, 400, 1e-12)
	near(t, "in a year", d.Peaks[12].RPS, 500, 1e-12)
	if d.Peaks[0].At != today || d.Peaks[12].At != today.AddDate(1, 0, 0) {
		t.Errorf("%v, %v", d.Peaks[0].At, d.Peaks[12].At)
	}
}

// Hours use their share of what is recommended, and more with one node less.
func TestHours(t *testing.T) {
	c := threeOrOne()
	if d := Decide(c, today); d.Hours != nil {
		t.Errorf("hours without a profile: %v", d.Hours)
	}
	c.Demand.Profile = []float64{0, 2}
	d := Decide(c, today)
	if len(d.Hours) != 2 || d.Hours[0].RPS != 0 || d.Hours[1].RPS != 400 {
		t.Fatalf("%+v", d.Hours)
	}
	near(t, "used at the peak", d.Hours[1].Utilisation, 400./540, 1e-12)
	near(t, "with one less", float64(d.Hours[1].WithoutOne), 400./360, 1e-12)
	c.Options = c.Options[:1]
	if d := Decide(c, today); !math.IsInf(float64(d.Hours[1].WithoutOne), 0) && !math.IsNaN(float64(d.Hours[1].WithoutOne)) {
		t.Errorf("of one node, with one less: %v", d.Hours[1].WithoutOne)
	}
}
