package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// noteWarmUps notes how much load went before the legs, and warns of what in it may have
// reached them. Nothing else sees the warm-ups: they are there to meet what is cold, so
// their times say nothing.
func noteWarmUps(a *result.Analysis, warmUps []*judgedLeg) {
	var sent uint64
	for _, l := range warmUps {
		sent += l.Sent
		for _, fault := range l.faults {
			a.Warnings = append(a.Warnings, fmt.Sprintf("%s, warm-up: %s", l.Label(), fault))
		}
	}
	if len(warmUps) > 0 {
		a.Run.Notes = append(a.Run.Notes, fmt.Sprintf("%s sent %s: no figure counts them", words.Counted(len(warmUps), "warm-up"), words.Counted(sent, "request")))
	}
}

// warmUpFaults are what the leg after a warm-up may suffer from.
func (l *judgedLeg) warmUpFaults() []string {
	faults := slices.Clone(l.broken)
	if l.aborted {
		faults = append(faults, "aborted: "+abortText(&l.Leg))
	}
	if led := l.record.Ledger; led != nil && ledgerGap(led) == "" && !led.Settled {
		faults = append(faults, "its rows were still changing when they were counted: some may count for the leg after it")
	}
	return faults
}
