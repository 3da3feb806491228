package analyze

import (
	"context"
	"fmt"
	"maps"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// stray counts the rows that were counted with another leg than the one that wrote them.
type stray struct {
	came   map[string]int64 // rows of this leg that came after its count, by host
	before map[string]int64 // rows of the previous leg that came during this one, by host
	// mixed is how many rows can be of this leg or of the one beside it.
	mixed int64
}

// strays finds the rows that came so late that they were counted with the next leg. The keys
// are the folders of legs. It looks at each leg that has fewer rows than it claimed if rows came
// after its count, or were still coming. They can be told apart if the two legs write from
// different hosts.
func strays(ctx context.Context, run *runlog.Run) (map[string]*stray, error) {
	found := map[string]*stray{}
	var last runlog.Leg
	var was *runlog.Ledger
	for leg, led := range run.Ledgers(ctx) {
		if was != nil && led != nil && ledgerGap(was) == "" && ledgerGap(led) == "" {
			own, next := between(last, leg, was, led)
			join(found, last.Dir, own)
			join(found, leg.Dir, next)
		}
		last, was = leg, led
	}
	return found, ctx.Err()
}

func join(found map[string]*stray, dir string, s stray) {
	at := found[dir]
	if at == nil {
		at = new(stray)
		found[dir] = at
	}
	at.mixed += s.mixed
	if s.came != nil {
		at.came = s.came
	}
	if s.before != nil {
		at.before = s.before
	}
}

// between returns the strays of two successive legs, whose ledgers are a and b.
func between(leg, next runlog.Leg, a, b *runlog.Ledger) (own, other stray) {
	if a.Named != nil && sum(a.Named.Hosts) > 0 {
		return own, other // names tell what is missing
	}
	wrote, writes := rowsWritten(a), rowsWritten(b)
	came := rowsWritten(&runlog.Ledger{Before: a.After, After: b.Before})
	for host, rows := range b.Probed {
		came[host] -= rows
	}
	maps.DeleteFunc(came, func(host string, rows int64) bool {
		_, ours := wrote[host]
		return rows <= 0 || !ours && len(wrote) > 0
	})
	short := int64(a.Claimed) - sum(wrote)
	if short <= 0 || sum(came) == 0 && a.Settled {
		return own, other
	}
	if sum(came) > short+int64(a.Unknown) {
		own.mixed = sum(came)
		return own, other
	}
	own.came = came
	shared := map[string]int64{}
	for host, rows := range writes {
		if rows > 0 && (wrote[host] > 0 || came[host] > 0) {
			shared[host] = rows
		}
	}
	switch left := short - sum(came); {
	case left <= 0 || len(shared) == 0:
	case leg.Target != next.Target && sum(shared) <= left && len(shared) < len(writes):
		other.before = shared
		own.came = maps.Clone(came)
		for host, rows := range shared {
			own.came[host] += rows
		}
	default:
		own.mixed, other.mixed = left, left
	}
	return own, other
}

// settle returns the ledger of a leg with the rows that belong to the leg.
func (s *stray) settle(led *runlog.Ledger) *runlog.Ledger {
	if s == nil || led == nil || len(s.came)+len(s.before) == 0 {
		return led
	}
	out := *led
	out.Before, out.After = maps.Clone(led.Before), maps.Clone(led.After)
	for host, rows := range s.before {
		out.Before[host] += rows
	}
	for host, rows := range s.came {
		out.After[host] += rows
	}
	out.Late += sum(s.came)
	out.Settled = led.Settled || sum(rowsWritten(&out)) >= int64(led.Claimed)
	return &out
}

// makeUnknown sets the verdict of an account to unknown if some of its rows can be another leg's.
func (s *stray) makeUnknown(r *result.Reconcile) {
	if s == nil || s.mixed == 0 || !r.Verdict.Known() || r.ByName != nil && r.LostMost == 0 {
		return
	}
	r.Verdict = result.RowsNotKnown
	r.Words = fmt.Sprintf("up to %s of this leg and of the one beside it cannot be told apart, for they came late and from hosts that wrote in both: a longer ledger.settle or compare.cool_down keeps them apart",
		words.Counted(s.mixed, "row"))
}
