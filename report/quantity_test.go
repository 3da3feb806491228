package report

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze"
)

// read is the number that a text of ours stands for.
func read(t interface{ Fatalf(string, ...any) }, s string) float64 {
	v, err := strconv.ParseFloat(strings.NewReplacer(thin, "", minus, "-").Replace(s), 64)
	if err != nil {
		t.Fatalf("%q is no number: %v", s, err)
	}
	return v
}

func TestDigits3(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1.00", 12.345: "12.3", 123.4: "123", 1234.5: "1 230", 99.96: "100", 0.0001234: "0.000123",
		-2.5: "−2.50", 12345678: "12 300 000", math.Inf(1): noData, math.NaN(): noData,
	} {
		if got := digits3(v); got != strings.ReplaceAll(want, " ", thin) && got != want {
			t.Errorf("digits3(%g) = %q, want %q", v, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := math.Pow(10, rapid.Float64Range(-6, 12).Draw(t, "log10"))
		if got := read(t, digits3(v)); math.Abs(got-v) > v*0.0051 {
			t.Fatalf("%g became %g", v, got)
		}
	})
}

func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1<<52, 1<<52).Draw(t, "n")
		if got := read(t, count(n)); int64(got) != n {
			t.Fatalf("%d became %s", n, count(n))
		}
	})
	if got := count(uint64(math.MaxUint64)); strings.ReplaceAll(got, thin, "") != "18446744073709551615" {
		t.Error(got)
	}
}

// A part is never shown as all or as nothing.
func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "100", 0.34: "34.0", 0.5432: "54.3", 0.9997: "99.97", 0.99999: "99.999", 0.0012: "0.120", -0.25: "−25.0"} {
		if got := percent(v); got != want+thin+"%" {
			t.Errorf("percent(%g) = %q, want %s", v, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0, 1).Draw(t, "share")
		got := read(t, percentDigits(v))
		if got == 100 && v < 1-5e-9 || got == 0 && v > 1e-9 || math.Abs(got-100*v) > 0.051 {
			t.Fatalf("%g became %g %%", v, got)
		}
	})
}

func TestTimeScale(t *testing.T) {
	for _, c := range []struct {
		values []float64
		unit   string
	}{{nil, "ms"}, {[]float64{0, 0}, "ms"}, {[]float64{.2, .9}, "µs"}, {[]float64{.2, 12}, "ms"}, {[]float64{900, 4000}, "ms"}, {[]float64{1000, 4000}, "s"}, {[]float64{0, 2000}, "s"}, {[]float64{math.NaN(), 3}, "ms"}} {
		if got := timeScale(c.values...).unit; got != c.unit {
			t.Errorf("%v in %s, want %s", c.values, got, c.unit)
		}
	}
}

func TestBetween(t *testing.T) {
	inf := analyze.Bound(math.Inf(1))
	for _, c := range []struct {
		lo, hi analyze.Bound
		want   string
	}{{1, 2, "1.00 – 2.00 ms"}, {1, inf, "≥ 1.00 ms"}, {-inf, 2, "≤ 2.00 ms"}, {-inf, inf, ""}, {0.5, 2, "500 µs – 2.00 ms"}, {10500, 20500, "10.5 – 20.5 s"}} {
		if got := strings.ReplaceAll(between(c.lo, c.hi, millis), thin, " "); got != c.want {
			t.Errorf("[%g, %g]: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
	if got := between(1000, 2000, number); got != "1"+thin+"000 – 2"+thin+"000" {
		t.Errorf("thousands were taken for a unit: %q", got)
	}
}

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		v          float64
		unit, want string
	}{
		{1500, "ms", "1.50 s"}, {0.25, "s", "250 ms"}, {0.5, "share", "50.0 %"}, {1, "rows", "1 row"}, {2, "hosts", "2 hosts"}, {1180.4, "/s", "1 180/s"},
		{3, "", "3"}, {3, "rows", "3 rows"}, {2048, "B", "2.05 kB"}, {999, "B", "999 B"}, {0, "ms", "0 ms"},
	} {
		if got := strings.ReplaceAll(quantity(c.v, c.unit), thin, " "); got != c.want {
			t.Errorf("%g %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}
