package analyze

import (
	"cmp"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// statuses adds up the status codes of a leg, most answers first. What is no code counts as
// another one, whatever a record holds.
func statuses(seconds []runlog.Second) []result.Status {
	sum := map[int]uint64{}
	for _, s := range seconds {
		for code, n := range s.Statuses {
			sum[statusCode(code)] += n
		}
	}
	var out []result.Status
	for code, n := range sum {
		if n > 0 {
			out = append(out, result.Status{Code: code, Answers: n})
		}
	}
	slices.SortFunc(out, func(a, b result.Status) int {
		return cmp.Or(cmp.Compare(b.Answers, a.Answers), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// statusCode is a code of three digits, or that of all others.
func statusCode(code int) int {
	if code < 100 || code > 999 {
		return runlog.OtherStatuses
	}
	return code
}

// answers is how many answers have a status.
func answers(of []result.Status) uint64 {
	var n uint64
	for _, s := range of {
		n += s.Answers
	}
	return n
}

// drawStatuses puts the answers of each second into its point, by the order of all.
func drawStatuses(points []result.Point, seconds []runlog.Second, all []result.Status) {
	drawn := all[:min(len(all), result.DrawnStatuses)]
	counts := make([]uint64, len(drawn)*len(points))
	for i := range points {
		points[i].Statuses = counts[i*len(drawn) : (i+1)*len(drawn)]
		for code, n := range seconds[i].Statuses {
			if at := slices.IndexFunc(drawn, func(s result.Status) bool { return s.Code == statusCode(code) }); at >= 0 {
				points[i].Statuses[at] += n
			}
		}
	}
}
