package words

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1 000", 4347: "4 347", 123456: "123 456", 1234567: "1 234 567", -4347: "-4 347", -999: "-999",
		math.MinInt64: "-9 223 372 036 854 775 808",
	} {
		if got := Number(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	if got := Number(uint64(math.MaxUint64)); got != "18 446 744 073 709 551 615" {
		t.Errorf("the largest is %q", got)
	}
}

func TestDecimal(t *testing.T) {
	for f, want := range map[float64]string{0.5: "0.5", 200: "200", 20000: "20 000", 12345.678: "12 345.678", -1234.5: "-1 234.5"} {
		if got := Decimal(f); got != want {
			t.Errorf("%v is %q, want %q", f, got, want)
		}
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows", 4347: "4 347 rows"} {
		if got := Counted(n, "row"); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(0), "0"}, {Number(999), "999"}, {Number(21420), "21 420"}, {Number(-1234567), "-1 234 567"},
		{Counted(1, "row"), "1 row"}, {Counted(uint64(2), "row"), "2 rows"},
		{Percent(0), "0 %"}, {Percent(1), "100 %"}, {Percent(0.5362), "54 %"}, {Percent(0.0031), "0.31 %"},
		{Percent(0.9997), "99.97 %"}, {Percent(0.99999999), "nearly 100 %"}, {Percent(1e-9), "under 0.0001 %"}, {Percent(2), "200 %"},
		{Percent(0.0995), "10 %"}, {Percent(0.0994), "9.9 %"},
		{Millis(0), "0 ms"}, {Millis(0.25), "250 µs"}, {Millis(12.345), "12.3 ms"}, {Millis(1416), "1.42 s"}, {Millis(999.6), "1 s"}, {Millis(123456), "123 s"},
		{Significant(9.996, 3), "10"}, {Digits(9.996, 3), "10.0"}, {Times(2.9), "2.9"}, {Times(0.342), "0.34"}, {Times(1.012), "1.01"}, {Times(12345), "12 000"}, {Times(1), "1.00"}, {Times(3.02), "3.0"},
		{Span(0.5, 2, Times), "0.50 to 2.0"}, {Span(math.Inf(-1), 2, Times), "at most 2.0"}, {Span(2, math.Inf(1), Times), "at least 2.0"},
		{List([]string{"a", "b", "c"}, 5), "a, b and c"}, {List([]string{"a", "b", "c"}, 2), "a, b and 1 more"}, {List(nil, 2), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// What is at most so much is never rounded to less.
func TestUp(t *testing.T) {
	for x, want := range map[float64]float64{0.1871: 0.19, 0.1001: 0.11, 0.1: 0.1, 0.00331: 0.0034, 1.01: 1.1, 99.2: 100, 0.19: 0.19} {
		if got := Up(x, 2); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", x, got, want)
		}
	}
}
