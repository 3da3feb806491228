package attack

import "math"

// Mixed reports that a pass is one of the requests, chosen by weight, and not all of them in order: then
// each has a weight.
func Mixed(requests []Request) bool { return len(requests) > 0 && requests[0].Weight > 0 }

// PerPass is how many requests a pass has.
func PerPass(requests []Request) int {
	if Mixed(requests) {
		return 1
	}
	return len(requests)
}

// Part is about how many of n requests are that of a name, all of them for "": the same number of each of a
// pass, of a mix as its weights ask.
func Part(requests []Request, name string, n uint64) uint64 {
	var own, all uint64
	for _, r := range requests {
		weight := uint64(max(1, r.Weight))
		if all += weight; r.Name == name || name == "" {
			own += weight
		}
	}
	return uint64(float64(n) * float64(own) / float64(max(1, all)))
}

// Pass returns the requests of a pass of a client: those from first up to end, by their indices. Which one
// of a mix it is follows from the numbers of client and pass and from the job's seed alone.
func (j *Job) Pass(client, pass uint64) (first, end int) {
	if !Mixed(j.Requests) {
		return 0, len(j.Requests)
	}
	var sum uint64
	for i := range j.Requests {
		sum += uint64(j.Requests[i].Weight)
	}
	// Of 2⁶⁴ draws each of at most 10⁹ has its share but for one in 10¹⁰. Pauses have the places above.
	drawn := j.Turn(client, pass).Random(math.MaxUint64-uint64(len(j.Requests)), 0) % sum
	for drawn >= uint64(j.Requests[first].Weight) {
		drawn -= uint64(j.Requests[first].Weight)
		first++
	}
	return first, first + 1
}
