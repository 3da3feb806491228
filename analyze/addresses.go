package analyze

import (
	"cmp"
	"slices"
)

// Address is one that a leg's answers came from.
type Address struct {
	Address string  `json:"address"` // and port
	Answers uint64  `json:"answers"`
	Share   float64 `json:"share"` // of all answers that name theirs, 0 to 1
}

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

func addresses(answers map[string]uint64) []Address {
	var all float64
	for _, n := range answers {
		all += float64(n)
	}
	var out []Address
	for at, n := range answers {
		if n > 0 {
			out = append(out, Address{at, n, float64(n) / all})
		}
	}
	slices.SortFunc(out, func(a, b Address) int {
		return cmp.Or(cmp.Compare(b.Answers, a.Answers), cmp.Compare(a.Address, b.Address))
	})
	return out
}

// SeveralAddresses reports that the answers of a target came from more than one address,
// be it in different legs.
func (a *Analysis) SeveralAddresses(target string) bool {
	var first string
	for _, l := range a.Legs {
		for _, at := range l.Addresses {
			switch {
			case l.Target != target || at.Address == first:
			case first == "":
				first = at.Address
			default:
				return true
			}
		}
	}
	return false
}
