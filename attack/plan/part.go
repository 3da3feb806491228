package plan

import (
	"errors"
	"fmt"
)

// Part returns part i of n, i in [0, n). The starts of a part have the same numbers and instants as in
// the whole plan, and every start of the whole plan is in exactly one part. The parts of an open load
// get its starts in turn. Those of a closed load get the slots of its population in turn, so that at any
// instant no part has more than one client more than another. A part can be divided again, and may have
// no start at all.
func (p Plan) Part(i, n int) Plan {
	p.share = p.share.part(uint64(i), uint64(n))
	return p
}

// MaxWeights is the greatest sum of weights.
const MaxWeights = 100_000

// Weights say which of several parts each start of a plan belongs to. The zero value says nothing; use
// [NewWeights].
type Weights struct {
	part []int // of numbers in a row, which repeat
}

// NewWeights makes parts of which each has as many starts as its weight says, of as many in a row as all
// weights together. A weight is at least 1, their sum at most [MaxWeights].
func NewWeights(each []int) (Weights, error) {
	sum := 0
	for _, n := range each {
		if n < 1 || n > MaxWeights {
			return Weights{}, fmt.Errorf("a weight of %d: must be from 1 to %d", n, MaxWeights)
		}
		if sum += n; sum > MaxWeights {
			return Weights{}, fmt.Errorf("the weights together: must be at most %d", MaxWeights)
		}
	}
	if sum == 0 {
		return Weights{}, errors.New("no weights")
	}
	return Weights{inTurn(each, sum)}, nil
}

// inTurn gives each of sum numbers to the part that is the furthest behind its weight, of several the
// first. So equal weights take turns, and every stretch of a plan is divided nearly as the whole.
func inTurn(each []int, sum int) []int {
	part, behind := make([]int, sum), make([]int, len(each))
	for k := range part {
		next := 0
		for i, n := range each {
			if behind[i] += n; behind[i] > behind[next] {
				next = i
			}
		}
		behind[next] -= sum
		part[k] = next
	}
	return part
}

// Weighted returns part i of a whole plan that is divided by weights. It is as [Plan.Part] has it, but
// of starts in a row, or of the slots of a population, part i has as many as its weight says.
func (p Plan) Weighted(i int, w Weights) Plan {
	p.share = share{ranks: make([]uint32, len(w.part)+1)}
	for k, part := range w.part {
		p.share.ranks[k+1] = p.share.ranks[k]
		if part == i {
			p.share.ranks[k+1]++
		}
	}
	return p
}

// share is a set of numbers. The zero value is the set of all.
type share struct {
	// ranks[k] is how many numbers of a set that repeats itself every len(ranks) − 1 numbers are
	// below k; nil is the set of all numbers.
	ranks []uint32
	// Of that set the share has every of-th, from the one with this index on; 0 is every one.
	first, of uint64
}

// index returns how many numbers of the repeating set are below k, and whether k is one of them.
func (s share) index(k uint64) (below uint64, has bool) {
	if s.ranks == nil {
		return k, true
	}
	period := uint64(len(s.ranks) - 1)
	in := k % period
	return k/period*uint64(s.ranks[period]) + uint64(s.ranks[in]), s.ranks[in+1] > s.ranks[in]
}

func (s share) has(k uint64) bool {
	i, has := s.index(k)
	return has && (s.of == 0 || i%s.of == s.first)
}

// below returns how many of its numbers are below end.
func (s share) below(end uint64) uint64 {
	end, _ = s.index(end)
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
	s.first, s.of = s.first+of*i, of*n
	return s
}

// size is its share of all numbers, from 0 to 1.
func (s share) size() float64 {
	size := 1 / float64(max(s.of, 1))
	if period := len(s.ranks) - 1; period > 0 {
		size *= float64(s.ranks[period]) / float64(period)
	}
	return size
}
