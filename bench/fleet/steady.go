//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
)

const (
	// steadyEngine is the one that costs least, and steadyConnections are those of each agent.
	steadyEngine      = "rawhttp"
	steadyConnections = 64
	// minSteady has a few looks at the memory in every quarter.
	minSteady = 20 * time.Second
	quarters  = 4
)

// steady measures one long run of a rate, and makes a table of what each program used.
func (b *bench) steady(ctx context.Context) (string, error) {
	server, broker, err := b.servers(ctx)
	if err != nil {
		return "", err
	}
	defer server.Stop()
	m, err := b.run(ctx, b.o.agents, steadyEngine, tool.Load{URL: server.URL, Connections: steadyConnections, Rate: b.o.rate, Duration: b.o.steady})
	used := broker.Stop()
	if err != nil {
		return "", err
	}
	rows := [][]string{b.row("lead", m.lead), b.row("broker", used)}
	for i, a := range m.agents {
		rows = append(rows, b.row("agent n"+strconv.Itoa(i+1), a))
	}
	return page.Machine(time.Now()) + b.steadyWords(server.Version, m) +
		page.Table([]string{"program", "of a core", "ms per agent and second", "resident, 1st quarter", "2nd", "3rd", "4th", "most"}, rows), nil
}

func (b *bench) steadyWords(server string, m measured) string {
	return fmt.Sprintf(" Server: %s on core %d, with the broker and the lead; %d agents on core %d, engine %s. %v of\n"+
		"%d requests/s, open: %d were answered, none failed; at the server p50 %v, p99 %v. Resident memory in MB: the median of the looks\n"+
		"in each quarter of the program's life, one look a second (the lead ten), and the most that the kernel saw; the lead has that while it\n"+
		"makes the report, when the load is over.\n\n",
		server, otherCore-1, b.o.agents, agentCore-1, steadyEngine, b.o.steady, b.o.rate, m.result.Requests,
		m.result.Quantiles[0.5].Round(time.Microsecond), m.result.Quantiles[0.99].Round(time.Microsecond))
}

// row is what a program used.
func (b *bench) row(name string, u child.Usage) []string {
	agentSeconds := float64(b.o.agents) * b.o.steady.Seconds()
	row := []string{name, fmt.Sprintf("%.1f %%", 100*u.CPU.Seconds()/u.Wall.Seconds()), fmt.Sprintf("%.2f", 1e3*u.CPU.Seconds()/agentSeconds)}
	for _, q := range byQuarter(u.Memory.Samples) {
		row = append(row, megabytes(q))
	}
	return append(row, megabytes(u.Memory.Peak))
}

// byQuarter are the medians of the quarters of some samples, 0 for one that has none.
func byQuarter(samples []int64) (medians [quarters]int64) {
	for q := range quarters {
		if part := slices.Sorted(slices.Values(samples[q*len(samples)/quarters : (q+1)*len(samples)/quarters])); len(part) > 0 {
			medians[q] = part[len(part)/2]
		}
	}
	return medians
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/1e6) }
