//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
)

// peerTables runs the closed loads, then the open one.
func (b *bench) peerTables(ctx context.Context, plain []tool.Tool) (string, error) {
	checked, err := tool.StressVariants(ctx, b.log, b.o.stress, b.o.engines, []string{""}, body)
	if err != nil {
		return "", err
	}
	paced, err := tool.StressVariants(ctx, b.log, b.o.stress, b.o.engines, []string{"precise", "batch"}, "")
	if err != nil {
		return "", err
	}
	if len(paced) == 0 {
		paced = plain
	}
	peers, versions := tool.Found(ctx, b.log, tool.Peers(), b.o.tools)
	var out strings.Builder
	fmt.Fprintf(&out, "Medians of %d interleaved rounds with their range, from runs of %v and %v.\nVersions: %s.\n\n",
		b.o.rounds, b.o.short, b.o.long, strings.Join(versions, "; "))
	for _, l := range b.loads() {
		ours := plain
		if l.Rate > 0 {
			ours = paced
		} else if !l.Fresh && l.URL == b.url && !b.o.secured {
			ours = slices.Concat(plain, checked)
		}
		text, err := b.table(ctx, slices.Concat(ours, peers), l)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// largePath is where the server's answers have 10 kB.
const largePath = "large/"

// loads are those of the tables, in their order.
func (b *bench) loads() (all []tool.Load) {
	for _, n := range b.o.connections {
		all = append(all, tool.Load{URL: b.url, Connections: n})
	}
	if b.o.rate > 0 {
		all = append(all, tool.Load{URL: b.url, Connections: b.o.openLimit, Rate: b.o.rate})
	}
	if b.o.fresh > 0 {
		all = append(all, tool.Load{URL: b.url, Connections: b.o.fresh, Fresh: true})
	}
	if b.o.large > 0 {
		all = append(all, tool.Load{URL: b.url + largePath, Connections: b.o.large})
	}
	return all
}

func (b *bench) table(ctx context.Context, tools []tool.Tool, l tool.Load) (string, error) {
	figures, err := b.rounds(ctx, tools, l)
	if err != nil {
		return "", err
	}
	if l.Rate == 0 {
		forgetLags(figures)
	}
	return title(l) + "\n\n" + layOut(tools, figures, measureOf(l)) + "\n", nil
}

// forgetLags drops what a closed load says of lag: it is due when its client is
// ready, and nobody asked for more.
func forgetLags(figures map[string][]figure) {
	for _, fs := range figures {
		for i := range fs {
			fs[i].lag = 0
		}
	}
}

func title(l tool.Load) string {
	switch {
	case l.Rate > 0:
		return fmt.Sprintf("**Open load, %d/s over at most %d connections**", l.Rate, l.Connections)
	case l.Fresh:
		return fmt.Sprintf("**A connection for each request, %d at a time**", l.Connections)
	case strings.HasSuffix(l.URL, largePath):
		return fmt.Sprintf("**Answers of 10 kB, %d connections**", l.Connections)
	}
	return fmt.Sprintf("**Closed load, %d connections**", l.Connections)
}

// measureOf names the tool that ratios are taken to: wrk, which knows no rate, and
// bombardier where there is one.
func measureOf(l tool.Load) string {
	if l.Rate > 0 {
		return "bombardier"
	}
	return "wrk"
}

// layOut is the table of one load, in the order of tools; those without figures have
// no row.
func layOut(tools []tool.Tool, figures map[string][]figure, measure string) string {
	base, _, _ := spread(figures[measure], func(f figure) float64 { return f.cpu })
	head := []string{"tool", "CPU µs/request", "range", "× " + measure, "answers/s", "failed", "peak MB", "lag p50"}
	var rows [][]string
	for _, t := range tools {
		fs := figures[t.Name]
		if len(fs) == 0 {
			continue
		}
		cpu, lo, hi := spread(fs, func(f figure) float64 { return f.cpu })
		rate, _, _ := spread(fs, func(f figure) float64 { return f.rate })
		peak, _, _ := spread(fs, func(f figure) float64 { return float64(f.peak) / (1 << 20) })
		lag, _, _ := spread(fs, func(f figure) float64 { return float64(f.lag) })
		failed := uint64(0)
		for _, f := range fs {
			failed += f.failed
		}
		ratio, late := "–", "–"
		if base > 0 {
			ratio = fmt.Sprintf("%.2f", cpu/base)
		}
		if lag > 0 {
			late = time.Duration(lag).Round(time.Microsecond).String()
		}
		rows = append(rows, []string{t.Name, fmt.Sprintf("%.2f", cpu), fmt.Sprintf("%.2f–%.2f", lo, hi), ratio,
			fmt.Sprintf("%.0f", rate), fmt.Sprint(failed), fmt.Sprintf("%.0f", peak), late})
	}
	return page.Table(head, rows)
}

// spread is the median of an odd or even number of rounds, the least and the most;
// all 0 without any.
func spread(fs []figure, of func(figure) float64) (median, lo, hi float64) {
	if len(fs) == 0 {
		return 0, 0, 0
	}
	var vs []float64
	for _, f := range fs {
		vs = append(vs, of(f))
	}
	slices.Sort(vs)
	n := len(vs)
	return (vs[(n-1)/2] + vs[n/2]) / 2, vs[0], vs[n-1]
}
