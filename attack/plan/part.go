package plan

// Part is part i of n, for i in [0, n): a plan of its own, whose starts have the numbers
// and the instants that they have in the whole. Every start of the whole is in exactly one
// of its n parts. An open load deals its passes in turn; a closed one deals the places of
// its population, so that at any instant no part has more than one client more than
// another. A part can be parted again, and may hold no start at all.
func (p Plan) Part(i, n int) Plan {
	p.share = p.share.part(uint64(i), uint64(n))
	return p
}

// share is every of-th number, from first on; of its zero value it is every number.
type share struct{ first, of uint64 }

func (s share) has(k uint64) bool { return s.of == 0 || k%s.of == s.first }

// below is how many numbers below end it has.
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
