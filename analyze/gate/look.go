package gate

import (
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// mostLooks is how many looks a gate takes at most: each doubles the rounds of the one
// before, and nobody measures a thousand times as long.
const mostLooks = 10

// look is one of the looks that a gate takes at a run as it grows. Each is another chance
// to find by luck what is not there, so each has a part of the level only.
type look struct {
	number, of int     // from 1
	level      float64 // of its tests, two-sided
	next, most int     // rounds at the next look, 0 at the last; and at the last
}

// onlyLook is that at a run whose rounds were fixed before.
var onlyLook = look{number: 1, of: 1, level: significance}

// lookAt is the look at a run of so many good rounds, of looks after these numbers of
// them. What is no such plan, for a run may come from anyone, is one look.
func lookAt(at []int, good int) look {
	ascend := slices.IsSortedFunc(at, func(a, b int) int { return a - b }) && len(slices.Compact(slices.Clone(at))) == len(at)
	if len(at) < 2 || len(at) > mostLooks || !ascend || at[0] < 1 {
		return onlyLook
	}
	of := make([]float64, len(at))
	for i, n := range at {
		of[i] = float64(n) / float64(at[len(at)-1])
	}
	i, _ := slices.BinarySearch(at, good)
	i = min(i, len(at)-1)
	l := look{number: i + 1, of: len(at), level: stats.LookLevels(of[:i+1], significance)[i], most: at[len(at)-1]}
	if l.number < l.of {
		l.next = at[l.number]
	}
	return l
}

// confidence is that of the look's intervals.
func (l look) confidence() float64 { return 1 - l.level }

// mayFail reports that what is found at the look may be a FAIL. At the first of several it
// may not: a bad moment of the machine has as many rounds more to show that it was one.
func (l look) mayFail() bool { return l.number > 1 || l.of == 1 }

// result is the look as a gate shows it; nil for the only one.
func (l look) result() *result.Look {
	if l.of == 1 {
		return nil
	}
	return &result.Look{Number: l.number, Of: l.of, Level: l.level}
}

// fail makes a check fail that rests on a sample; at a look that is too early for it the
// check waits.
func (l look) fail(c *result.Check, code result.Code, said string) {
	if l.mayFail() {
		c.Verdict, c.Code, c.Words = result.Fail, code, said
		return
	}
	c.Code, c.Words = result.CodeUnconfirmed, said+": a FAIL takes "+words.Counted(l.next, "round")
}

// More is how many good rounds the run should go on to for the next look to tell; 0 where
// it has told, or where no rounds would change the answer.
func (j *Judgement) More() int {
	if j.Verdict != result.Inconclusive || result.Worst(ownFindings(j.Run)) != result.Pass {
		return 0
	}
	open := 0
	for _, c := range j.Checks[j.thresholds:] {
		switch c.Code {
		case "":
		case result.CodeUnconfirmed:
			return j.look.next
		case result.CodeSpansLimit, result.CodeMaybeChance:
			open = j.look.next
		case result.CodeTooFewRounds:
			if j.look.most < compare.Fewest(j.Run.OwnBaseline()) {
				return 0
			}
			open = j.look.next
		default: // never a PASS, and nothing that may become a FAIL
			return 0
		}
	}
	return open
}
