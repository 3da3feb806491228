package analyze

import (
	"math"
	"testing"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(21420), "21 420"}, {count(-1234567), "-1 234 567"},
		{counted(1, "row"), "1 row"}, {counted(uint64(2), "row"), "2 rows"},
		{percent(0), "0 %"}, {percent(1), "100 %"}, {percent(0.5362), "54 %"}, {percent(0.0031), "0.31 %"},
		{percent(0.9997), "99.97 %"}, {percent(0.99999999), "nearly 100 %"}, {percent(1e-9), "under 0.0001 %"}, {percent(2), "200 %"},
		{percent(0.0995), "10 %"}, {percent(0.0994), "9.9 %"},
		{millis(0), "0 ms"}, {millis(0.25), "250 µs"}, {millis(12.345), "12.3 ms"}, {millis(1416), "1.42 s"}, {millis(999.6), "1 s"}, {millis(123456), "123 s"},
		{times(2.9), "2.9"}, {times(0.342), "0.34"}, {times(1.012), "1.01"}, {times(12345), "12 000"}, {times(1), "1.00"}, {times(3.02), "3.0"},
		{span(0.5, 2, times), "0.50 to 2.0"}, {span(Bound(math.Inf(-1)), 2, times), "at most 2.0"}, {span(2, Bound(math.Inf(1)), times), "at least 2.0"},
		{list([]string{"a", "b", "c"}, 5), "a, b and c"}, {list([]string{"a", "b", "c"}, 2), "a, b and 1 more"}, {list(nil, 2), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
