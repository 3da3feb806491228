package capacity

import (
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A limit is named where a figure shows it; what is not at its limit is said too; and where nothing is, that is said,
// and nothing guessed.
func TestLimitsAreThoseThatWereSeen(t *testing.T) {
	const unseen = "nothing that was looked at was at its limit"
	busy := func(share float64) func(*result.Probe) {
		return func(p *result.Probe) {
			threads := 7.0
			p.Busy, p.Runnable, p.CPU = &share, &threads, 0.12
		}
	}
	refused := func(n uint64) func(*result.Probe) {
		return func(p *result.Probe) { p.Refused, p.MaxConnections = &n, 151 }
	}
	fails := func(p *result.Probe) { p.Failed, p.Failure = 0.25, "status 500: worker_connections are not enough" }
	for name, c := range map[string]struct {
		calm, crowded []func(*result.Probe) // of the probe of one client, and of one of 600 requests under way
		want          []string              // the beginnings
	}{
		"nothing known": {nil, nil, []string{unseen}},
		"a busy machine": {[]func(*result.Probe){busy(0.96)}, []func(*result.Probe){busy(0.98)}, []string{
			"98 % of the processors of this machine were taken when 600/s were answered, 12 % by the generator, and 7 threads had one of 2 processors or waited for it; but 96 % were taken when one client was alone", unseen}},
		"processors": {[]func(*result.Probe){busy(0.3)}, []func(*result.Probe){busy(0.97)}, []string{
			"97 % of the processors of this machine were taken when 600/s were answered, 12 % by the generator, and 7 threads had one of 2 processors or waited for it: they are the limit"}},
		"idle processors, enough connections": {nil, []func(*result.Probe){busy(0.4), refused(0)}, []string{
			"40 % of the processors of this machine were taken", "the database refused no connection of the 151 that it allows", unseen}},
		"too few connections": {[]func(*result.Probe){refused(0)}, []func(*result.Probe){refused(42), fails}, []string{
			"the database refused 42 connections when 600 requests were under way at a time, because all 151 that it allows (max_connections) were open",
			"25 % of the requests failed when 600 requests were under way at a time, most often so: status 500: worker_connections are not enough"}},
	} {
		probes := []result.Probe{
			{Kind: result.ProbeAlone, Verdict: result.ProbeHeld, InFlight: 1, Success: result.Estimate{Value: 40}},
			{Kind: result.ProbeSaturate, Verdict: result.ProbeHeld, InFlight: 600, Success: result.Estimate{Value: 600}},
			{Kind: result.ProbeSearch, Verdict: result.ProbeInvalid, InFlight: 1, Failed: 1, Failure: "no free local port", Success: result.Estimate{Value: 1000}},
		}
		for i, changes := range [][]func(*result.Probe){c.calm, c.crowded} {
			for _, change := range changes {
				change(&probes[i])
			}
		}
		if got := limits(probes, runlog.Machine{CPUs: 2}); !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := limits([]result.Probe{{Kind: result.ProbeAlone, Verdict: result.ProbeBroken}}, runlog.Machine{CPUs: 2}); got != nil {
		t.Errorf("of one client alone: %q", got)
	}
}
