//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
	"github.com/stress-tool/stress/bench/truth"
)

// load is one kind of work that the tools are judged on.
type load struct {
	title       string
	connections int
	delay       truth.Delay
}

// loads are three shapes of delay that leave the client time, and two that do not:
// it is asked for more than a core can send.
var loads = []load{
	{"Low load: 4 connections, each answer after 2 ms", 4, truth.Delay{Short: 2 * time.Millisecond}},
	{"Low load: 4 connections, exponential delays of 2 ms in the mean", 4, truth.Delay{Short: 2 * time.Millisecond, Exponential: true}},
	{"Low load: 4 connections, 1 ms and one in twenty 20 ms", 4, truth.Delay{Short: time.Millisecond, Long: 20 * time.Millisecond, Share: 0.05}},
	{"Near saturation: 50 connections, no delay", 50, truth.Delay{}},
	{"Near saturation: 100 connections, exponential delays of 500 µs in the mean", 100, truth.Delay{Short: 500 * time.Microsecond, Exponential: true}},
}

// securedLoads are those over HTTPS, where each side encrypts as well.
var securedLoads = []load{loads[0], loads[3], loads[4]}

// quantiles are those that are held against the truth, by the server's names.
var quantiles = []struct {
	name  string
	title string
	q     float64
}{{"0.5", "p50", 0.5}, {"0.9", "p90", 0.9}, {"0.99", "p99", 0.99}, {"0.999", "p99.9", 0.999}}

// pair is one run: what the tool said, and what the server knew.
type pair struct {
	said  tool.Result
	known truth.Report
}

func (b *bench) percentiles(ctx context.Context, ours []tool.Tool) (string, error) {
	peers, versions := tool.Found(ctx, b.log, tool.Peers(), b.o.tools)
	tools := append(slices.Clone(ours), peers...)
	var out strings.Builder
	fmt.Fprintf(&out, "%d interleaved rounds of %v; n, truth and report are of the round with the median error, and the range is of all rounds.\nVersions: %s.\n\n",
		b.o.rounds, b.o.duration, strings.Join(versions, "; "))
	asked := loads
	if b.o.secured {
		asked = securedLoads
	}
	for _, l := range asked {
		pairs := map[string][]pair{}
		for n := range b.o.rounds {
			for _, t := range tools {
				p, err := b.pair(ctx, t, l, uint64(n+1))
				if ctx.Err() != nil {
					return "", ctx.Err()
				}
				if err != nil {
					fmt.Fprintf(b.log, "!!! %s is LEFT OUT of round %d of %q: %v\n", t.Name, n+1, l.title, err)
					continue
				}
				pairs[t.Name] = append(pairs[t.Name], p)
				fmt.Fprintf(b.log, "round %d, %s, %s: p50 %v of %v, p99 %v of %v\n", n+1, l.title, t.Name,
					p.said.Quantiles[0.5], p.known.Quantiles["0.5"], p.said.Quantiles[0.99], p.known.Quantiles["0.99"])
			}
		}
		fmt.Fprintf(&out, "**%s**\n\n%s\n", l.title, layOut(tools, pairs))
	}
	return out.String(), nil
}

// pair runs a tool and asks the server about the same requests. They are the same but
// for those that were on their way when the tool stopped: at most one a connection.
func (b *bench) pair(ctx context.Context, t tool.Tool, l load, seed uint64) (pair, error) {
	if err := b.server.begin(ctx, l.delay, seed); err != nil {
		return pair{}, err
	}
	said, _, err := b.once(ctx, t, tool.Load{URL: b.server.url, Connections: l.connections, Duration: b.o.duration}, nil)
	if err != nil {
		return pair{}, err
	}
	known, err := b.server.report(ctx)
	if err != nil {
		return pair{}, err
	}
	p := pair{said, known}
	return p, p.check(l.connections)
}

// check holds the two counts against each other: percentiles of other requests would
// not be comparable.
func (p pair) check(connections int) error {
	if said, known := int64(p.said.Requests), int64(p.known.Answered); said > known || known-said > 2*int64(connections) {
		return fmt.Errorf("it reports %d requests, the server answered %d", said, known)
	}
	if p.known.Unstamped > 0 {
		return fmt.Errorf("%d requests reached the server without the kernel's stamp", p.known.Unstamped)
	}
	if p.said.Failed > 0 {
		return fmt.Errorf("%d requests failed", p.said.Failed)
	}
	return nil
}

// errorAt is reported − true of one quantile; ok is false where the tool reports
// none.
func (p pair) errorAt(q float64, name string) (e time.Duration, ok bool) {
	said, ok := p.said.Quantiles[q]
	return said - p.known.Quantiles[name], ok
}

func layOut(tools []tool.Tool, pairs map[string][]pair) string {
	head := []string{"tool", "percentile", "n reported", "n true", "truth", "reported", "error", "of the truth", "range"}
	var rows [][]string
	for _, t := range tools {
		for _, q := range quantiles {
			if r, ok := row(t.Name, q.title, pairs[t.Name], q.q, q.name); ok {
				rows = append(rows, r)
			}
		}
	}
	return page.Table(head, rows)
}

func row(name, title string, ps []pair, q float64, key string) ([]string, bool) {
	ps = slices.DeleteFunc(slices.Clone(ps), func(p pair) bool { _, ok := p.errorAt(q, key); return !ok })
	if len(ps) == 0 {
		return nil, false
	}
	at := func(p pair) time.Duration { e, _ := p.errorAt(q, key); return e }
	slices.SortStableFunc(ps, func(a, b pair) int { return int(at(a) - at(b)) })
	p := ps[(len(ps)-1)/2]
	e, known := at(p), p.known.Quantiles[key]
	return []string{name, title, fmt.Sprint(p.said.Requests), fmt.Sprint(p.known.Answered), micros(known), micros(p.said.Quantiles[q]),
		signed(e), percentOf(e, known), signed(at(ps[0])) + " … " + signed(at(ps[len(ps)-1]))}, true
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d)/1e3) }
func signed(d time.Duration) string { return fmt.Sprintf("%+.0f µs", float64(d)/1e3) }

func percentOf(e, of time.Duration) string {
	if of <= 0 {
		return "–"
	}
	p := 100 * float64(e) / float64(of)
	if math.Abs(p) >= 100 {
		return fmt.Sprintf("%+.0f %%", p)
	}
	return fmt.Sprintf("%+.1f %%", p)
}
