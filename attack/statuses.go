package attack

import (
	"maps"
	"slices"

	"github.com/stress-tool/stress/runlog"
)

// maxStatuses is how many status codes of a leg are counted apart. A target may answer with all that there are.
const maxStatuses = 32

// statuses are the codes of a leg that are counted apart: those that came first.
type statuses map[int]bool

// stored converts counts of answers by status code for [runlog.Second]; nil without answers.
func (s statuses) stored(answers map[int]uint64) map[int]uint64 {
	if len(answers) == 0 {
		return nil
	}
	out := make(map[int]uint64, len(answers))
	for _, code := range slices.Sorted(maps.Keys(answers)) {
		n := answers[code]
		switch {
		case code == runlog.OtherStatuses || s[code]:
		case len(s) >= maxStatuses:
			code = runlog.OtherStatuses
		default:
			s[code] = true
		}
		out[code] += n
	}
	return out
}
