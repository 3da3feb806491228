package analyze

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// spreadOf judges rows on hosts named a, b, c … behind that many connections; 0 is
// one a request.
func spreadOf(expected int, connects uint64, rows ...int64) *result.Spread {
	led := &runlog.Ledger{Before: map[string]int64{"old": 7}, After: map[string]int64{"old": 7}, Settled: true}
	var total uint64
	for i, r := range rows {
		led.After[fmt.Sprintf("host%02d", i)] = r
		total += uint64(r)
	}
	if connects == 0 {
		connects = total
	}
	rec := &runlog.Record{Ledger: led, Seconds: []runlog.Second{{Connects: connects}}}
	d, _ := divisionOf(rec, expected)
	return spread(d)
}

func TestSpreadVerdicts(t *testing.T) {
	for _, c := range []struct {
		name     string
		expected int
		connects uint64
		rows     []int64
		verdict  result.SpreadVerdict
		unit     string
		words    string
	}{
		{"strict rotation", 3, 0, []int64{11081, 11080, 11081}, result.SpreadEven, unitRequest, "within one row of each other; more even than chance (p > 0.999): a deterministic rotation"},
		{"rotation behind keep-alive", 3, 50, []int64{11081, 11080, 11081}, result.SpreadEven, unitRequest, "deterministic rotation"},
		{"one of two behind keep-alive", 2, 30, []int64{1030, 970}, result.SpreadEven, unitConnection, "should connections stay with a host, 30 connections could show only a deviation of 51 %"},
		{"random", 3, 0, []int64{3400, 3300, 3300}, result.SpreadEven, unitRequest, "no host is more than 2 %"},
		{"random by connection", 3, 100, []int64{4000, 3300, 2700}, result.SpreadTooFew, unitConnection, "uneven per request: host00 is 20 % from its fair share; 100 connections are too few to say whether because each stays with a host"},
		{"rotation by connection", 3, 100, []int64{3400, 3300, 3300}, result.SpreadEven, unitRequest, "no host is more than 2 %"},
		{"uneven", 3, 0, []int64{4000, 3300, 2700}, result.SpreadUneven, unitRequest, "host00 is 20 % from its fair share"},
		{"uneven by connection", 3, 1000, []int64{20000, 5000, 5000}, result.SpreadUneven, unitConnection, "uneven per connection"},
		{"few connections", 3, 6, []int64{3000, 2000, 1000}, result.SpreadTooFew, unitConnection, "6 connections are too few to say whether because each stays with a host"},
		{"few", 3, 0, []int64{3, 5, 4}, result.SpreadTooFew, unitRequest, "12 requests over 3 hosts"},
		{"small but certain", 2, 0, []int64{5015000, 4985000}, result.SpreadEven, unitRequest, "beyond chance (p < 0.001), but too small to matter"},
		{"certain of nothing", 3, 0, []int64{120, 100, 80}, result.SpreadTooFew, unitRequest, "after 300 requests it may be anything from 0.48 % to 41 %"},
		{"one", 1, 0, []int64{50}, result.SpreadOneHost, unitRequest, "one host wrote all 50 rows"},
		{"one, nothing expected", 0, 0, []int64{50}, result.SpreadOneHost, unitRequest, ""},
		{"one of three", 3, 0, []int64{60}, result.SpreadUneven, unitRequest, "2 of 3 expected hosts wrote nothing (with rows from before: old)"},
		{"two of three", 3, 0, []int64{5000, 5000}, result.SpreadUneven, unitRequest, "1 of 3 expected hosts wrote nothing"},
		{"four of three", 3, 0, []int64{5000, 5000, 5000, 5000}, result.SpreadEven, unitRequest, "4 hosts wrote where 3 were expected"},
		{"nothing", 3, 0, nil, result.SpreadNothing, unitRequest, "no host wrote a row"},
	} {
		s := spreadOf(c.expected, c.connects, c.rows...)
		if s.Verdict != c.verdict || s.Unit != c.unit || !strings.Contains(s.Words, c.words) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// Requests that stick multiply X² by the requests of a connection; the verdict
// must stand on the connections' own test.
func TestSpreadOnTheRightUnit(t *testing.T) {
	s := spreadOf(3, 100, 4000, 3300, 2700)
	if math.Abs(s.Chi2-2.54) > 1e-9 || math.Abs(s.P-0.2808316218) > 1e-9 || s.Units != 100 {
		t.Errorf("by connection: %+v", s)
	}
	s = spreadOf(3, 0, 4000, 3300, 2700)
	if math.Abs(s.Chi2-254) > 1e-9 || s.Units != 10000 {
		t.Errorf("by request: %+v", s)
	}
}

func TestSpreadProperties(t *testing.T) {
	verdicts := map[result.SpreadVerdict]bool{result.SpreadEven: true, result.SpreadUneven: true, result.SpreadSticky: true, result.SpreadTooFew: true, result.SpreadOneHost: true, result.SpreadNothing: true}
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 0, 12).Draw(t, "rows")
		expected := rapid.IntRange(0, 12).Draw(t, "expected")
		connects := rapid.Uint64Range(0, 5000).Draw(t, "connections")
		s := spreadOf(expected, connects, rows...)
		if !verdicts[s.Verdict] || s.Words == "" || s.P < 0 || s.P > 1 || s.Missing < 0 {
			t.Fatalf("%+v", s)
		}
		if s.MaxDeviationLo > s.MaxDeviation+1e-9 || s.MaxDeviation > s.MaxDeviationHi+1e-9 {
			t.Fatalf("the deviation lies outside its interval: %+v", s)
		}
		for _, v := range []float64{s.Chi2, s.Detectable, s.Jain, s.FairShare, s.Units} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("not a figure: %+v", s)
			}
		}
	})
}
