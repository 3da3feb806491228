package run

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/secret"
)

// OpenLedger connects to the scenario's database and counts the table once; nil without
// one in the scenario.
func OpenLedger(ctx context.Context, sc *scenarios.Scenario) (*ledger.Counter, error) {
	if sc.Ledger == nil {
		return nil, nil
	}
	cfg := ledger.Config{
		DSN: sc.Ledger.DSN, Table: sc.Ledger.Table, Column: sc.Ledger.Column, Query: sc.Ledger.Query, Timeout: sc.Ledger.Timeout, Settle: sc.Ledger.Settle,
		Control: route.RefuseMetadata,
	}
	if sc.Ledger.Claim != nil {
		cfg.Claim, cfg.ClaimLength = sc.Ledger.Claim.Column, claim.Length(len(sc.Requests))
	}
	c, err := ledger.Open(ctx, cfg)
	if err != nil {
		return nil, &UnreachableError{What: "ledger", Err: err}
	}
	return c, nil
}

// openLedger opens the run's ledger, the first of its observers.
func (r *runner) openLedger(ctx context.Context) error {
	var err error
	if r.ledger, err = OpenLedger(ctx, r.sc); err != nil || r.ledger == nil {
		return err
	}
	r.rows = &rows{counter: r.ledger, claims: claimsOf(r.sc.Requests), named: r.sc.Ledger.Claim != nil, secrets: r.sc.Secrets(), waits: r.told.tell,
		settle: cmp.Or(r.sc.Ledger.Settle, ledger.DefaultSettle), every: r.sc.Ledger.Every}
	r.observers = slices.Concat([]Observer{r.rows}, r.observers)
	return nil
}

// closeSources gives up what data come from, the ledger and the feeds.
func (r *runner) closeSources() {
	if r.ledger != nil {
		r.ledger.Close()
	}
	r.data.close()
}

// rows is the [Observer] that counts rows before and after a leg. A database that died
// since the run began ends no leg: the leg's ledger says so.
type rows struct {
	counter rowCounter
	claims  []int // of the requests of a pass
	named   bool  // they have names
	secrets *secret.Set
	waits   func(Event)
	settle  time.Duration    // how long rows are waited for at most
	every   time.Duration    // between two counts during a leg; 0 counts none
	leg     runlog.Ledger    // of the leg under way, or of the one before
	probed  map[string]int64 // rows of our own since then, by host
}

// rowCounter is what an observer needs of a [ledger.Counter].
type rowCounter interface {
	Before(context.Context) (runlog.Ledger, error)
	After(context.Context, *runlog.Ledger, ledger.Expected)
	Count(context.Context) (map[string]int64, error)
}

func (o *rows) Before(ctx context.Context, _ runlog.Leg) {
	if o.leg.After != nil && !o.leg.Settled {
		o.waits(Waiting{ForEarlierRows, o.settle})
	}
	var err error
	if o.leg, err = o.counter.Before(ctx); err != nil {
		o.leg.Error = o.secrets.Blot("rows before the leg: " + err.Error())
	}
	o.leg.Probed, o.probed = o.probed, nil
}

// During counts the rows again and again, if it is asked to, so that a host's first and last row
// have a time.
func (o *rows) During(ctx context.Context, leg runlog.Leg, notes runlog.Notes) error {
	if err := notes.Ledger(o.leg); err != nil || o.every == 0 || o.leg.Before == nil {
		return err
	}
	seen := o.leg.Before
	for pause := o.every; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		asked := time.Now()
		counts, err := o.counter.Count(ctx)
		took := time.Since(asked)
		pause = max(o.every, fewCounts*took, time.Since(leg.Started)/mostCounts)
		if err != nil {
			continue // without it the times are less exact, which the lines around it show
		}
		line := o.written(seen, counts)
		if len(line) > mostCounted {
			return nil
		}
		seen = counts
		if err := notes.Rows(runlog.Rows{AtS: asked.Sub(leg.Started).Seconds(), TookS: took.Seconds(), Hosts: line}); err != nil {
			return err
		}
	}
}

const (
	// A count takes at most one in fewCounts of the time, and there is one for each mostCounts-th
	// part of a leg that lasts longer: so their lines fit into what a reader takes.
	fewCounts  = 20
	mostCounts = 1800
	// mostCounted is how many hosts may write between two counts. There are clusters of so many,
	// but a column that has more is rather one of requests.
	mostCounted = 256
)

// written are the rows since the leg began of the hosts that wrote between two counts.
func (o *rows) written(before, after map[string]int64) map[string]int64 {
	line := map[string]int64{}
	for host, n := range after {
		if n != before[host] {
			line[host] = n - o.leg.Before[host]
		}
	}
	return line
}

// After counts the rows once they have settled. A run that is asked to end still wants its
// rows, and the wait is bounded by the counter; one whose context ends does not wait.
func (o *rows) After(ctx context.Context, t attack.Totals, notes runlog.Notes) error {
	if o.leg.Before != nil {
		o.waits(Waiting{ForRows, o.settle})
		if ctx.Err() == nil {
			o.counter.After(ctx, &o.leg, o.expected(t))
		}
		if o.named && t.Named == nil && o.leg.NamedError == "" {
			o.leg.NamedError = "an agent was lost, and only it knew which of its requests failed"
		}
		if ctx.Err() != nil && o.leg.After == nil {
			o.leg.Error = "rows after the leg are missing: the run was interrupted before they were counted"
		}
		o.leg.Error = o.secrets.Blot(o.leg.Error)
	}
	return notes.Ledger(o.leg)
}

// expected is what the totals of a leg let expect of the table.
func (o *rows) expected(t attack.Totals) ledger.Expected {
	var e ledger.Expected
	most := uint64(0) // rows that one request claims
	for i, of := range t.Requests {
		claims := uint64(1)
		if o.claims != nil {
			claims = uint64(o.claims[i])
		}
		e.Claimed += claims * of.AsExpected()
		e.Unknown += claims * (of.Timeout + of.Network + of.Cut)
		most = max(most, claims)
	}
	e.Unknown += most * t.Unsure // whichever requests of the pass they were
	e.Unbounded = t.Unbounded
	if e.Claimed > 0 {
		e.Gap = t.Duration / time.Duration(e.Claimed)
	}
	if t.Named != nil {
		e.ByName = func() { o.waits(Waiting{For: ForNames}) }
		e.Sent = &ledger.Sent{Outcomes: t.Named, Claims: o.claims, Claimed: e.Claimed}
	}
	return e
}

// claimsOf are the rows that a success of each request claims.
func claimsOf(requests []attack.Request) []int {
	claims := make([]int, len(requests))
	for i, r := range requests {
		claims[i] = r.Claims
	}
	return claims
}
