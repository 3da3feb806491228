package compare

import (
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// told compares a metric, unless the sides tell nothing of it: then their figures stand
// beside each other, and no ratio, no interval and no verdict.
func (m *meeting) told(of metric.Metric) result.Metric {
	out := m.metric(of)
	why := m.silence(of)
	if why.Code == "" {
		return out
	}
	out.Ratio, out.Lo, out.Hi = result.NoBound, result.NoBound, result.NoBound
	out.Detectable, out.RoundsNeeded = 0, 0
	out.Verdict, out.Answer, out.Code, out.Why, out.Words = result.CannotTell, result.CannotTell.Word(), why.Code, why.Words, why.Words
	return out
}

// silence is why the sides tell nothing of a metric. An INVALID run tells nothing of any.
// Legs that did not come to their end tell of errors and rows, which are counts of what was
// there, and not of times and rates, which the missing part may have changed.
func (m *meeting) silence(of metric.Metric) result.Gap {
	switch i := m.invalid(); {
	case i >= 0 && m.paired:
		return result.Gap{Code: result.CodeNotJudged, Words: "the measurement is INVALID"}
	case i >= 0:
		return result.Gap{Code: result.CodeNotJudged, Words: "the measurement of " + m.name(i) + " is INVALID"}
	}
	if class := of.Unit.Class(); m.unequal == "" || class == metric.Shares || class == metric.Counts {
		return result.Gap{}
	}
	return result.Gap{Code: result.CodePartialRun, Words: m.unequal}
}

// invalid is the first side whose run is INVALID, -1 for none.
func (m *meeting) invalid() int {
	return slices.IndexFunc(m.of[:], func(p Pick) bool { return p.Run.Verdict == result.Invalid })
}

// withheld says in what two sides are not compared, and why; "" where they are.
func withheld(m result.Metric) string {
	switch m.Code {
	case result.CodeNotJudged:
		return ": " + m.Why
	case result.CodePartialRun:
		return " in times and rates: " + m.Why
	}
	return ""
}
