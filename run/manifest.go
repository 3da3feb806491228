package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// manifest is what is known of a run before it begins.
func (r *runner) manifest(started time.Time) runlog.Manifest {
	sc := r.sc
	m := runlog.Manifest{
		Tool: r.o.Tool, Command: r.o.Command, Variables: r.o.Variables, Name: sc.Name, Source: sc.Source, Started: started, Machine: r.o.Performer.Machine(),
		Scenario: sc.Redacted(), Load: r.loads[0].stored(sc.Requests),
		Engine: r.engines.words(r.targets), Feeds: r.data.stored(sc), Requests: requestNames(sc.Requests),
		Success: sc.SuccessWords(), Compare: r.comparison(), Gate: sc.Gate, OutageS: sc.Outage.Seconds(), Notes: slices.Concat(sc.Notes, r.engines.remarks(r.targets), r.withheld),
	}
	m.ToleratesLoss = sc.Generators != nil && sc.Generators.TolerateLoss
	for i, l := range sc.Loads {
		if len(sc.Loads) == 1 {
			m.Thresholds, m.Decide = l.Thresholds, l.Decide
			break
		}
		m.Loads = append(m.Loads, runlog.NamedLoad{Load: r.loads[i].stored(sc.Requests), Thresholds: l.Thresholds, Decide: l.Decide})
	}
	if attack.Mixed(sc.Requests) {
		for _, r := range sc.Requests {
			m.Weights = append(m.Weights, r.Weight)
		}
	}
	if claims := claimsOf(sc.Requests); slices.ContainsFunc(claims, func(n int) bool { return n != 1 }) {
		m.Claims = claims
	}
	for _, t := range r.targets {
		m.Targets = append(m.Targets, runlog.Target{
			Name: t.Name, URL: t.Address(), Way: t.Way(), Replicas: t.Replicas, Of: t.Of, HostFrom: sc.HostWords(t), Engine: r.engines.byTarget[t.Name].Name(),
		})
	}
	if r.ledger != nil {
		m.Ledger = &runlog.LedgerSource{Address: r.ledger.Address(), Table: sc.Ledger.Table, Column: sc.Ledger.Column, Query: sc.QueryWords()}
		if c := sc.Ledger.Claim; c != nil {
			m.Ledger.Claim = fmt.Sprintf("%s in %s", c.Place, c.Column)
		}
	}
	if hosts := r.o.Guard.Overridden(); len(hosts) > 0 {
		m.Notes = append(m.Notes, "asserted, not proved: the ownership of "+strings.Join(hosts, ", "))
	}
	return m
}

// comparison says who is held against whom, unless one of them was left out, and how
// they take turns; nil where the scenario has neither.
func (r *runner) comparison() *runlog.Compare {
	if r.sc.Compare == nil {
		return nil
	}
	c := r.rounds.compare
	out := &runlog.Compare{
		Rounds: r.rounds.limit.most, Looks: r.o.Looks.At, Seed: c.Seed,
		CoolDownS: c.CoolDown.Seconds(), WarmUpS: c.WarmUp.Seconds(), BudgetS: c.Budget.Seconds(),
	}
	if r.has(c.Baseline) && r.has(c.Candidate) {
		out.Baseline, out.Candidate = c.Baseline, c.Candidate
	}
	return out
}

func (r *runner) has(target string) bool {
	_, err := r.target(target)
	return err == nil
}
