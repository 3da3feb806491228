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

// Looks let a run continue while its rounds do not decide. With the zero value a run ends with
// the rounds of its scenario.
type Looks struct {
	// At are the numbers of good rounds after which the run is judged, in ascending order.
	// The first is that of the scenario. The run ends with the last.
	At []int
	// WhyMore gets what the run means so far, at each look but the last, and returns why the
	// run should continue; "" ends it.
	WhyMore func(*result.Analysis) string
}

// after returns the first look after so many rounds, 0 if there is none.
func (l Looks) after(rounds int) int {
	for _, at := range l.At {
		if at > rounds {
			return at
		}
	}
	return 0
}

// sequentialRounds decides how many rounds a run has, as the planned ones end.
type sequentialRounds struct {
	Looks
	good int // rounds that are asked for, none of them limited by the generator
	// soFar reads the run under way.
	soFar func() (*result.Analysis, error)
	note  func(rounds int, why string)
}

// more returns how many rounds the run should have in all when so many are done. Rounds that the
// generator limited are measured again first, then the look decides. If the run cannot be read
// it ends; its end reads it again and returns the error.
func (l *sequentialRounds) more(done int) int {
	if l.after(l.good) == 0 && !analyze.CanLeaveOut(1, l.good+1, false) {
		return done // without reading the run
	}
	a, err := l.soFar()
	if err != nil {
		return done
	}
	if all := analyze.RoundsInAll(a, l.good); all > done {
		l.note(all, fmt.Sprintf("the generator limited %d of %d: as many are measured anew", len(a.LimitedRounds()), done))
		return all
	}
	next := l.after(l.good)
	if next == 0 {
		return done
	}
	why := l.WhyMore(a)
	if why == "" {
		return done
	}
	all := done + next - l.good
	l.good = next
	l.note(all, why)
	return all
}

// newSequentialRounds returns the decision for the runner's rounds.
func (r *runner) newSequentialRounds(ctx context.Context, w *runlog.Writer) *sequentialRounds {
	return &sequentialRounds{
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
			r.told.tell(Noted{e})
		},
	}
}

// errInterrupted ends the rounds of a run that was interrupted.
var errInterrupted = errors.New(interrupted)

// soFar judges a run under way as if it ended now.
func soFar(ctx context.Context, dir string) (*result.Analysis, error) {
	rl, err := runlog.Open(dir)
	if err != nil {
		return nil, err
	}
	rl.Sealed = true
	return analyze.Analyze(ctx, rl)
}
