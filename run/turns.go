package run

import (
	"iter"
	"math/rand/v2"
	"slices"
	"time"
)

// turns yields the order of n targets, by their index, for one round after the other, without
// end. The same seed gives the same order.
//
// Rounds come in pairs: the second has the targets in reverse (ABBA, or BAAB). So all targets
// have the same mean place in a pair, and a machine that becomes steadily slower or faster
// favours none. The first and the last target of a pair come from a shuffled deck: after any
// number of rounds each target has been first as often as every other, plus or minus one. To
// shuffle the targets of every round alone would balance them only in the long run, and ten
// rounds are too few for that.
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

// deal takes the next target from the deck. It is never the one given: a new deck must not begin
// with the last target of the old one.
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

// maxDrawn is the largest seed that is drawn. A scenario may have it too, so that a run can be
// repeated in the same order.
const maxDrawn = 1<<31 - 1

// drawSeed returns a random seed. It is never 0: in a scenario 0 stands for a random seed.
func drawSeed() uint64 { return 1 + rand.Uint64N(maxDrawn) }

// roundLimit is how many rounds there may be, by number and by time. It does not look at
// figures: a run that continued until it found a difference would find one sooner or later,
// even if there is none.
type roundLimit struct {
	most   int           // rounds
	budget time.Duration // for all of them; 0 is no bound
}

// allowsAnother reports whether another round may begin after done of them, the longest of which
// took longest. The first always may.
func (a roundLimit) allowsAnother(done int, elapsed, longest time.Duration) bool {
	return done == 0 || done < a.most && a.room(elapsed, longest)
}

// room reports whether a round that begins now should end within the budget.
func (a roundLimit) room(elapsed, longest time.Duration) bool {
	return a.budget == 0 || elapsed+longest <= a.budget
}
