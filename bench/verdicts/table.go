//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/bench/page"
)

var verdicts = []string{"PASS", "FAIL", "INCONCLUSIVE", "INVALID"}

// tables are the verdicts of every trial, and what the comparisons of the identical
// ones said metric by metric.
func tables(ts []tally) string {
	head := append([]string{"system", "should be", "gates"}, verdicts...)
	var rows [][]string
	var words strings.Builder
	same := map[string]map[string]int{}
	for _, t := range ts {
		if t.times == 0 {
			continue
		}
		row := []string{t.name, t.truth, fmt.Sprint(t.times)}
		for _, v := range verdicts {
			row = append(row, count(t.verdicts[v]))
		}
		rows = append(rows, row)
		if t.truth != "never FAIL" {
			fmt.Fprintf(&words, "- %s: “%s”\n", t.name, strings.TrimSpace(t.words))
			continue
		}
		for metric, answers := range t.answers {
			if same[metric] == nil {
				same[metric] = map[string]int{}
			}
			for answer, n := range answers {
				same[metric][answer] += n
			}
		}
	}
	out := page.Table(head, rows) + "\n" + words.String()
	if len(same) == 0 {
		return out
	}
	return out + "\nWhat `stress compare` says of the identical ones:\n\n" + answers(same)
}

func answers(of map[string]map[string]int) string {
	words := []string{"same", "inconclusive", "better", "worse"}
	head := append([]string{"metric"}, "same within 5 %", "cannot tell", "better", "worse")
	var rows [][]string
	for _, m := range metric.Where(func(m metric.Metric) bool { return m.Compared && !m.Ledger }) {
		row := []string{m.Key}
		for _, w := range words {
			row = append(row, count(of[m.Key][w]))
		}
		rows = append(rows, row)
	}
	return page.Table(head, rows)
}

// count is a number, and an empty cell for 0.
func count(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}
