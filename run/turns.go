package run

import (
	"iter"
	"math/rand/v2"
	"slices"
	"time"
)

// turns is the order of n targets, by their index, in round after round without end.
// The same seed gives the same order.
//
// Rounds come in pairs: the second goes through the targets backwards (ABBA, or BAAB),
// so that over a pair all of them stand at the same place on average and a machine
// that drifts steadily favours none. Which targets stand at the ends is dealt from a
// shuffled deck: after any number of rounds each has been first as often as every
// other, give or take one. A plain shuffle of every round would balance only on
// average, and ten rounds are too few for that.
func turns(n int, seed uint64) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		d := dealer{n: n, rng: rand.New(rand.NewPCG(seed, 0))}
		for {
			there := d.order()
			back := slices.Clone(there)
			slices.Reverse(back)
			if !yield(there) || !yield(back) {
				return
			}
		}
	}
}

// dealer draws orders of n targets.
type dealer struct {
	n    int
	rng  *rand.Rand
	deck []int // those that have not yet been at an end as often as the others
}

func (d *dealer) order() []int {
	if d.n == 1 {
		return []int{0}
	}
	first := d.deal(-1)
	last := d.deal(first)
	between := slices.DeleteFunc(d.rng.Perm(d.n), func(t int) bool { return t == first || t == last })
	return slices.Concat([]int{first}, between, []int{last})
}

// deal takes the next target from the deck, which is another than the one given: a
// new deck may not begin with the last card of the old.
func (d *dealer) deal(other int) int {
	if len(d.deck) == 0 {
		d.deck = d.rng.Perm(d.n)
		if d.deck[0] == other {
			i := 1 + d.rng.IntN(d.n-1)
			d.deck[0], d.deck[i] = d.deck[i], d.deck[0]
		}
	}
	next := d.deck[0]
	d.deck = d.deck[1:]
	return next
}

// maxDrawn keeps a drawn seed within what a scenario may say, so that the order of a
// run can be asked for again.
const maxDrawn = 1<<31 - 1

// drawSeed is never 0, which asks for a draw.
func drawSeed() uint64 { return 1 + rand.Uint64N(maxDrawn) }

// roundLimit is how many rounds there may be. It goes by the clock and by nothing else:
// a run that went on until its figures pleased would sooner or later find a difference
// where there is none.
type roundLimit struct {
	most   int           // rounds
	budget time.Duration // for all of them; 0 is no bound
}

// allowsAnother reports that a round may begin after so many, the longest of which took that
// long. The first always may.
func (a roundLimit) allowsAnother(done int, elapsed, longest time.Duration) bool {
	return done == 0 || done < a.most && a.room(elapsed, longest)
}

// room reports that a round that begins now should still end within the budget.
func (a roundLimit) room(elapsed, longest time.Duration) bool {
	return a.budget == 0 || elapsed+longest <= a.budget
}
