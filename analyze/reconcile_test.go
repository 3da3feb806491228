package analyze

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// TestRowsRangesHoldTheTruth: whatever became of requests, the range of the rows lost holds how
// many were, unless rows were doubled and as many more lost; then nothing in the counts shows
// it. The range of the rows in excess holds them where none was lost.
func TestRowsRangesHoldTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		up := func(to int, what string) int { return rapid.IntRange(0, to).Draw(t, what) }
		success, unknown, failed := up(50, "successes"), up(20, "unknown"), up(20, "failed")
		lost, wrote, others := up(success, "lost"), up(unknown, "unknown that wrote"), up(10, "rows of others")
		slow := up(success, "of the successes too slow")
		rows := success - lost + wrote + others
		rec := &runlog.Record{Ledger: &runlog.Ledger{
			Before: map[string]int64{"a": 7}, After: map[string]int64{"a": 7 + int64(rows)}, Settled: true,
		}}
		leg := &result.Leg{Sent: uint64(success + unknown + failed), Outcomes: runlog.Outcomes{
			Success: uint64(success - slow), TooSlow: uint64(slow), Timeout: uint64(unknown), HTTP5xx: uint64(failed),
		}}
		r := reconcile(&runlog.Run{Manifest: runlog.Manifest{Requests: []string{"/"}}}, rec, leg)
		in := func(m metric.Metric, truth int) bool {
			e := r.Range(m)
			return float64(e.Lo) <= float64(truth) && float64(truth) <= float64(e.Hi) && e.Value == float64(e.Lo)
		}
		if (others == 0 || r.Verdict == result.RowsExtra) && !in(metric.Lost, lost) {
			t.Errorf("%d rows lost are not in %+v", lost, r)
		}
		if lost == 0 && !in(metric.Extra, others) {
			t.Errorf("%d rows of others are not in %+v", others, r)
		}
		if r.Lost > int64(lost) && others == 0 || r.Extra > int64(others) {
			t.Errorf("%d lost, %d of others: %+v says there are more", lost, others, r)
		}
	})
}

// Of a lost agent of a closed load nobody knows how much it sent last: no row is one too many then, and any that was
// claimed may be missing.
func TestRowsOfALostClosedLoad(t *testing.T) {
	rec := &runlog.Record{Ledger: &runlog.Ledger{Before: map[string]int64{}, After: map[string]int64{"a": 120}, Settled: true}}
	rec.Agents = []runlog.Agent{{Name: "n1"}, {Name: "n2", Lost: "gone", UnknownS: 2}}
	leg := &result.Leg{Sent: 103, Outcomes: runlog.Outcomes{Success: 100, Cut: 3}}
	of := &runlog.Run{Manifest: runlog.Manifest{Requests: []string{"/"}}}
	r := reconcile(of, rec, leg)
	want := "120 rows are there, and 100 answers claimed a write; a lost agent may have sent more requests than are known of, and nobody knows how many rows those wrote, so rows of answers may be missing"
	if r.Verdict != result.RowsWithinUnknown || r.Words != want || r.Lost != 0 || r.LostMost != 100 || r.Extra != 0 || r.ExtraMost != 20 {
		t.Errorf("%+v", r)
	}
	rec.Ledger.After["a"] = 90
	if r := reconcile(of, rec, leg); r.Verdict != result.RowsLost || r.Lost != 10 || r.LostMost != 100 {
		t.Errorf("%+v", r)
	}
	rec.Agents[1].UnknownS = 0
	rec.Ledger.After["a"] = 120
	if r := reconcile(of, rec, leg); r.Verdict != result.RowsExtra || r.Extra != 17 {
		t.Errorf("%+v", r)
	}
}

// Rows that may be lost on one side are no difference between the sides, and none is said.
func TestHiddenRowsAreNotCompared(t *testing.T) {
	s := healthyPair()
	s.legs[1].outcome = func(i int) runlog.Class {
		if i%10 == 0 {
			return runlog.Timeout
		}
		return runlog.Success
	}
	s.legs[1].hosts = map[string]int64{"b00000000001": 5220}
	m := analyzed(t, s).Comparison.Of(metric.Lost)
	if m.Verdict != result.CannotTell || m.Code != result.CodeRowsHidden || m.Ratio != 0 || m.Lo != 0 || m.Hi != 580 {
		t.Errorf("%+v; want up to 580 more rows lost, and no verdict", m)
	}
}
