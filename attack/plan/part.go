package plan

// Part returns part i of n, i in [0, n). The starts of a part have the same numbers and instants as in
// the whole plan, and every start of the whole plan is in exactly one part. The parts of an open load
// get its starts in turn. Those of a closed load get the slots of its population in turn, so that at any
// instant no part has more than one client more than another. A part can be divided again, and may have
// no start at all.
func (p Plan) Part(i, n int) Plan {
	p.share = p.share.part(uint64(i), uint64(n))
	return p
}

// share is the set of every of-th number, from first on. The zero value is the set of all numbers.
type share struct{ first, of uint64 }

func (s share) has(k uint64) bool { return s.of == 0 || k%s.of == s.first }

// below returns how many of its numbers are below end.
func (s share) below(end uint64) uint64 {
	switch {
	case s.of == 0:
		return end
	case end <= s.first:
		return 0
	}
	return (end-s.first-1)/s.of + 1
}

func (s share) part(i, n uint64) share {
	of := max(s.of, 1)
	return share{first: s.first + of*i, of: of * n}
}
