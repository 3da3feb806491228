package words

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// read is the number that a text of ours stands for.
func read(t interface{ Fatalf(string, ...any) }, s string) float64 {
	v, err := strconv.ParseFloat(strings.NewReplacer(Thin, "", Minus, "-").Replace(s), 64)
	if err != nil {
		t.Fatalf("%q is no number: %v", s, err)
	}
	return v
}

func TestTableDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1.00", 12.345: "12.3", 123.4: "123", 1234.5: "1 230", 99.96: "100", 0.0001234: "0.000123",
		-2.5: "−2.50", 12345678: "12 300 000", math.Inf(1): NoData, math.NaN(): NoData,
	} {
		if got := Table.Digits(v); got != strings.ReplaceAll(want, " ", Thin) && got != want {
			t.Errorf("Table.Digits(%g) = %q, want %q", v, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := math.Pow(10, rapid.Float64Range(-6, 12).Draw(t, "log10"))
		if got := read(t, Table.Digits(v)); math.Abs(got-v) > v*0.0051 {
			t.Fatalf("%g became %g", v, got)
		}
	})
}

func TestTableCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1<<52, 1<<52).Draw(t, "n")
		if got := read(t, TableCount(n)); int64(got) != n {
			t.Fatalf("%d became %s", n, TableCount(n))
		}
	})
	if got := TableCount(uint64(math.MaxUint64)); strings.ReplaceAll(got, Thin, "") != "18446744073709551615" {
		t.Error(got)
	}
}

// A part is never shown as all or as noThing.
func TestTablePercent(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "100", 0.34: "34.0", 0.5432: "54.3", 0.9997: "99.97", 0.99999: "99.999", 0.0012: "0.120", -0.25: "−25.0"} {
		if got := Table.Percent(v); got != want+Thin+"%" {
			t.Errorf("Table.Percent(%g) = %q, want %s", v, got, want)
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

func TestScale(t *testing.T) {
	for _, c := range []struct {
		values []float64
		unit   string
	}{{nil, "ms"}, {[]float64{0, 0}, "ms"}, {[]float64{.2, .9}, "µs"}, {[]float64{.2, 12}, "ms"}, {[]float64{900, 4000}, "ms"}, {[]float64{1000, 4000}, "s"}, {[]float64{0, 2000}, "s"}, {[]float64{math.NaN(), 3}, "ms"}} {
		if got := ScaleOf(c.values...).Unit; got != c.unit {
			t.Errorf("%v in %s, want %s", c.values, got, c.unit)
		}
	}
}

func TestBetween(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{{1, 2, "1.00 – 2.00 ms"}, {1, inf, "≥ 1.00 ms"}, {-inf, 2, "≤ 2.00 ms"}, {-inf, inf, ""}, {0.5, 2, "500 µs – 2.00 ms"}, {10500, 20500, "10.5 – 20.5 s"}} {
		if got := strings.ReplaceAll(Between(c.lo, c.hi, Table.Millis), Thin, " "); got != c.want {
			t.Errorf("[%g, %g]: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
	if got := Between(1000, 2000, Table.Number); got != "1"+Thin+"000 – 2"+Thin+"000" {
		t.Errorf("thousands were taken for a unit: %q", got)
	}
}

func TestSizesAndSpansOfTime(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{TableBytes(2048), "2.05 kB"}, {TableBytes(999), "999 B"}, {TableSeconds(20), "20.0 s"}, {TableSeconds(750), "12m30s"},
	} {
		if got := strings.ReplaceAll(c.got, Thin, " "); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
