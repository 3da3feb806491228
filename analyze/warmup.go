package analyze

import (
	"context"
	"fmt"

	"github.com/stress-tool/stress/runlog"
)

// parted takes the warm-ups from the legs that count. Everything after it sees only
// these: a warm-up is there to meet what is cold, so its times say nothing.
func parted(records []*runlog.Record) (legs, warmUps []*runlog.Record) {
	for _, rec := range records {
		if rec.WarmUp {
			warmUps = append(warmUps, rec)
		} else {
			legs = append(legs, rec)
		}
	}
	return legs, warmUps
}

// warmed notes how much load went before the legs, and warns of what in it may have
// reached them.
func (a *Analysis) warmed(ctx context.Context, run *runlog.Run, warmUps []*runlog.Record, tag string) error {
	var sent uint64
	for _, rec := range warmUps {
		l, err := summarize(ctx, run, rec, tag)
		if err != nil {
			return err
		}
		sent += l.Sent
		for _, trouble := range l.trouble() {
			a.Warnings = append(a.Warnings, fmt.Sprintf("%s, warm-up: %s", l.label(), trouble))
		}
	}
	if len(warmUps) > 0 {
		a.Run.Notes = append(a.Run.Notes, fmt.Sprintf("%s sent %s: no figure counts them", counted(len(warmUps), "warm-up"), counted(sent, "request")))
	}
	return nil
}

// trouble is what the leg after a warm-up may suffer from.
func (l *judgedLeg) trouble() []string {
	trouble := l.broken
	if l.aborted {
		trouble = append(trouble, "aborted: "+abortText(&l.Leg))
	}
	if led := l.record.Ledger; led != nil && ledgerGap(led) == "" && !led.Settled {
		trouble = append(trouble, "its rows were still changing when they were counted: some may count for the leg after it")
	}
	return trouble
}
