package analyze

import (
	"cmp"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
)

// maxAddresses bounds what is told apart, whatever a record holds.
const maxAddresses = 1000

func addAnswers(sum, more map[string]uint64) {
	for at, n := range more {
		if _, known := sum[at]; !known && len(sum) >= maxAddresses {
			at = "others"
		}
		sum[at] += n
	}
}

func addresses(answers map[string]uint64) []result.Address {
	var all float64
	for _, n := range answers {
		all += float64(n)
	}
	var out []result.Address
	for at, n := range answers {
		if n > 0 {
			out = append(out, result.Address{Address: at, Answers: n, Share: float64(n) / all})
		}
	}
	slices.SortFunc(out, func(a, b result.Address) int {
		return cmp.Or(cmp.Compare(b.Answers, a.Answers), cmp.Compare(a.Address, b.Address))
	})
	return out
}
