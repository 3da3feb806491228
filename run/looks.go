package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Looks let a run go on while its rounds cannot tell. The zero value has it end with the
// rounds of its scenario.
type Looks struct {
	// At are the numbers of good rounds after which somebody looks, ascending; the first
	// are those of the scenario, and with the last the run ends.
	At []int
	// Doubt is told what the run means so far, at each look but the last, and says why it
	// should go on; "" ends it.
	Doubt func(*result.Analysis) string
}

// after is the look that follows that at so many rounds; 0 for none.
func (l Looks) after(rounds int) int {
	for _, at := range l.At {
		if at > rounds {
			return at
		}
	}
	return 0
}

// lookout decides how many rounds a run has, round by round that was planned.
type lookout struct {
	Looks
	good int // rounds that are asked for, none of them limited by the generator
	// soFar reads the run under way.
	soFar func() (*result.Analysis, error)
	note  func(rounds int, why string)
}

// more is how many rounds there are to be in all, with so many done: first those that the
// generator limited are measured anew, then the look decides. What cannot be read ends the
// run, whose end reads it again and says why.
func (l *lookout) more(done int) int {
	if l.after(l.good) == 0 && !analyze.Bears(1, l.good+1, false) {
		return done // whatever there is to read
	}
	a, err := l.soFar()
	if err != nil {
		return done
	}
	if all := analyze.Anew(a, l.good); all > done {
		l.note(all, fmt.Sprintf("the generator limited %d of %d: as many are measured anew", len(a.LimitedRounds()), done))
		return all
	}
	next := l.after(l.good)
	if next == 0 {
		return done
	}
	why := l.Doubt(a)
	if why == "" {
		return done
	}
	all := done + next - l.good
	l.good = next
	l.note(all, why)
	return all
}

// newLookout is that of the runner's rounds.
func (r *runner) newLookout(ctx context.Context, w *runlog.Writer) *lookout {
	return &lookout{
		Looks: r.o.Looks, good: r.rounds.limit.most,
		soFar: func() (*result.Analysis, error) {
			if r.interrupted(ctx) {
				return nil, errInterrupted
			}
			return soFar(ctx, w.Dir())
		},
		note: func(rounds int, why string) {
			e := runlog.Event{
				At: time.Since(r.begun).Seconds(), Kind: runlog.EventRounds,
				Text: r.sc.Secrets().Blot(fmt.Sprintf("going on to %d rounds: %s", rounds, why)),
			}
			r.noteErr = w.Event(e)
			r.feed.tell(Noted{e})
		},
	}
}

// errInterrupted says that nobody asks for more rounds of a run.
var errInterrupted = errors.New(interrupted)

// soFar is what a run under way means, as if it ended now.
func soFar(ctx context.Context, dir string) (*result.Analysis, error) {
	rl, err := runlog.Open(dir)
	if err != nil {
		return nil, err
	}
	rl.Sealed = true
	return analyze.Analyze(ctx, rl)
}
