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
