//go:build linux

package main

import (
	"io"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	got := tables([]tally{
		{trial: trial{name: "identical", truth: "never FAIL", times: 3}, verdicts: map[string]int{"PASS": 2, "INCONCLUSIVE": 1},
			answers: map[string]map[string]int{"p95_ms": {"same": 2, "inconclusive": 1}}},
		{trial: trial{name: "slower", truth: "FAIL", times: 1}, verdicts: map[string]int{"FAIL": 1}, words: "p95 was worse"},
		{trial: trial{name: "left out", truth: "FAIL"}},
	})
	for _, want := range []string{
		"| identical | never FAIL |     3 |    2 |    – |            1 |       – |",
		"| slower    |       FAIL |     1 |    – |    1 |            – |       – |",
		"- slower: “p95 was worse”",
		"| p95_ms      |               2 |           1 |      – |     – |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s\n%s", want, got)
		}
	}
	if strings.Contains(got, "left out") {
		t.Error("a system that was not gated has a row")
	}
}

func TestFaultyOptions(t *testing.T) {
	for _, args := range [][]string{{"-identical", "-1"}, {"-rounds", "1001"}, {"-duration", "1ms"}, {"-nothing"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}

func TestEveryCaseCountsRowsOfOneDatabase(t *testing.T) {
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases(o) {
		s := c.scenario(o.rounds)
		two := strings.Contains(s, "BASE_") && strings.Contains(s, "CHANGE_")
		if two && strings.Contains(s, "ledger") || strings.Contains(c.limits, "lost") && !strings.Contains(s, "ledger") {
			t.Errorf("%s:\n%s", c.name, s)
		}
	}
}
