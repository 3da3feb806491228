package reporttest

import (
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
)

// Decisions are one that recommends an option, and one of texts that try to break the report.
func Decisions(t testing.TB) map[string]*result.Decision {
	t.Helper()
	today := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	price := func(amount float64) capacity.Price {
		return capacity.Price{Amount: amount, Source: "a list", Date: today.AddDate(0, -6, 0)}
	}
	cloud := &capacity.Cloud{NodeHour: price(0.0832), BalancerHour: price(0.0225)}
	hypermarket := capacity.Case{
		Name: "Hypermarket", Currency: "EUR", Limits: []string{"the database is not scaled"},
		Demand: capacity.Demand{Now: 200, Peak: 2, Growth: 0.25, Years: 1},
		Options: []capacity.Option{
			{Name: "the single server", Nodes: 1, Held: 149, Broken: 155, Month: capacity.Price{Amount: 60, Source: "a bill", Date: today.AddDate(-2, 0, 0)}},
			{Name: "three containers", Nodes: 3, Held: 540, Broken: 560, Measured: "measured twice, 6 rounds", Cloud: cloud},
			{Name: "our own", Nodes: 3, Held: 500, Own: &capacity.Own{Purchase: price(1400), Years: 5, Watts: 100, PUE: 1.5, KWh: price(0.12)}},
		},
	}
	tainted := hypermarket
	tainted.Name, tainted.Currency = failing, "<b>"
	tainted.Options = append([]capacity.Option(nil), hypermarket.Options...)
	tainted.Options[1].Name, tainted.Limits = failing, []string{failing}
	return map[string]*result.Decision{"decision": capacity.Decide(hypermarket, today), "decision-tainted": capacity.Decide(tainted, today)}
}

// failing is a text that tries to break a report.
const failing = "\x1b[31m\u202eevil|`<script>alert(1)</script>"
