//go:build linux

package main

import (
	"fmt"
	"time"
)

// trial is a system whose truth is known, and what is asked of it.
type trial struct {
	name  string
	truth string // what a gate should find
	times int
	// faults are flags of the lab that is the change; nil gates the base against itself.
	faults []string
	lab    []string // flags of both labs
	path   string   // of the targets: "SINGLE" or "CLUSTER"
	load   string
	limits string
	// alone gates the change by itself, against no baseline.
	alone bool
	// starved puts the generator on a processor that others keep busy, noisy another program on
	// the machine that is busy half of the time.
	starved, noisy bool
}

// cases are the systems, in the order of the table. Their service times are drawn
// anew for each request, so rounds differ as those of real systems do.
func cases(o options) []trial {
	closed := fmt.Sprintf("{type: maintain-client-load, clients: 4, duration: %v}", o.duration)
	wide := "{type: maintain-client-load, clients: 12, duration: " + o.duration.String() + "}"
	const times = "p50: {worse_by: 5%}, p95: {worse_by: 5%}, mean: {worse_by: 5%}, rate_rps: {worse_by: 5%}"
	const rows = "{" + times + ", error_rate: {max: 1%}, lost: {max: 0}}"
	return []trial{
		{name: "identical, one container", truth: "never FAIL", times: o.identical, path: "SINGLE", load: closed, limits: rows},
		{name: "identical, a cluster of three", truth: "never FAIL", times: o.faulty, path: "CLUSTER", load: wide, limits: rows},
		{name: "identical, a noisy machine", truth: "never FAIL", times: o.noisy, path: "SINGLE", load: closed, limits: rows, noisy: true},
		{name: "the container 20 % slower, a noisy machine", truth: "FAIL", times: o.noisy, path: "SINGLE", load: closed, limits: "{" + times + "}",
			faults: []string{"--slow-replica", "single=1.2"}, noisy: true},
		{name: "the container 15 % slower", truth: "FAIL", times: o.faulty, path: "SINGLE", load: closed, limits: "{" + times + "}",
			faults: []string{"--slow-replica", "single=1.15"}},
		{name: "one of three 15 % slower", truth: "FAIL", times: o.faulty, path: "CLUSTER", load: wide,
			limits: "{p50: {worse_by: 1%}, p95: {worse_by: 1%}, mean: {worse_by: 1%}}",
			faults: []string{"--slow-replica", "1=1.15"}},
		{name: "0.5 % of the writes lost", truth: "FAIL", times: o.faulty, path: "CLUSTER", load: wide, limits: "{lost: {max: 0}}",
			faults: []string{"--drop-insert", "0.5%"}, alone: true},
		{name: "identical, the generator starved", truth: "INVALID", times: o.faulty, path: "CLUSTER",
			load: fmt.Sprintf("{type: rate, rate: 1000/s, duration: %v}", max(o.duration, 5*time.Second)), limits: rows,
			lab: []string{"--service", "1ms", "--workers", "32"}, starved: true},
	}
}

// scenario is what is asked. Rows are counted in one database, so a case of two labs
// counts none.
func (t trial) scenario(rounds int) string {
	base, change, ledger := "${BASE_"+t.path+"}", "${BASE_"+t.path+"}", "${BASE_DSN}"
	if t.faults != nil {
		change, ledger = "${CHANGE_"+t.path+"}", "${CHANGE_DSN}"
	}
	targets := fmt.Sprintf("[{name: base, url: %q}, {name: change, url: %q}]", base, change)
	compare := fmt.Sprintf("{baseline: base, candidate: change, rounds: %d}", rounds)
	switch {
	case t.alone:
		targets = fmt.Sprintf("[{name: change, url: %q}]", change)
		compare = fmt.Sprintf("{rounds: %d}", rounds)
	case t.faults != nil:
		ledger = ""
	}
	s := fmt.Sprintf(`name: %q
load: %s
request:
  path: /index.php
  expect: {status: 200, body: New record created successfully}
targets: %s
compare: %s
thresholds: []
gate: %s
`, t.name, t.load, targets, compare, t.limits)
	if ledger != "" {
		s += fmt.Sprintf("ledger: {dsn: %q, table: dados, column: Host}\n", ledger)
	}
	return s
}
