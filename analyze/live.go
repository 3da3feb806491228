package analyze

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Point is a second of a leg while the leg goes on, as [Analyze] will have it in the leg's series, but
// for the counts of status codes. The times are those of an open load or of a closed one; requests are
// the names of a pass. It takes the distributions of that second, and keeps none.
func Point(s runlog.Second, ivs []hist.Interval, open bool, requests []string) result.Point {
	rec := &runlog.Record{Seconds: []runlog.Second{s}}
	rec.Requests = map[string]*runlog.RequestRecord{}
	for name, c := range s.Requests {
		rec.Requests[name] = &runlog.RequestRecord{Seconds: []runlog.RequestSecond{{T: s.T, Failed: uint32(c.Failed())}}}
	}
	points := series(rec, requests)
	for _, iv := range ivs {
		stored := hist.Stored{Tag: iv.Tag, Start: iv.Start, Length: iv.Length}
		for edge, n := range iv.Hist.Bars() {
			stored.Bars = append(stored.Bars, hist.Bar{Edge: edge, N: n})
		}
		draw(points, s.T, stored, runTag(open))
	}
	return points[0]
}

// Statuses are the answers of a second by their status codes, most of them first.
func Statuses(s runlog.Second) []result.Status { return statuses([]runlog.Second{s}) }
