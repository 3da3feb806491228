package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/trend"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/lab/embedded"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/scenarios"
)

func TestErrorsSayWhatToType(t *testing.T) {
	refused := errors.New("connection refused")
	for _, c := range []struct {
		err  error
		want string
	}{
		{&run.UnreachableError{What: "target a", Err: refused, Silent: true}, "target a: connection refused: is it up? `stress lab` starts a system to try with"},
		{&run.UnreachableError{What: "target a", Err: errors.New("must not be loaded")}, "target a: must not be loaded"},
		{&run.UnreachableError{What: "ledger", Err: refused}, "ledger: connection refused"},
		{&ownership.UnverifiedError{Host: "example.org", Address: netip.MustParseAddrPort("203.0.113.7:80"), Token: "token", Tried: []ownership.Attempt{{Where: "http://example.org/token", Found: "status 404"}}},
			"example.org is public and does not prove that you own it (asked at 203.0.113.7): let it serve a file that holds only\n  token\nat one of\n  http://example.org/token (status 404)\n" +
				"and try again; for a host that is yours and cannot serve a file there is --i-own-this-target, which is recorded"},
		{&untrusted.SchemaError{File: result.SummaryFile, Has: 3, Reads: 2}, "summary.json has schema 3, this program reads 2: update stress"},
		{&untrusted.SchemaError{File: result.SummaryFile, Has: 1, Reads: 2}, "summary.json has schema 1, this program reads 2: write it anew from its run, a baseline with `stress baseline save RUN`, another summary with `stress report RUN --format json`"},
		{&untrusted.SchemaError{File: result.NoiseFile, Reads: 1}, "noise.json has schema 0, this program reads 1: measure it anew with `stress gate --aa`"},
		{&untrusted.SchemaError{File: runlog.ManifestFile, Reads: 1}, "run.json has schema 0, this program reads 1: read it with the version that wrote it, which it names under `tool`"},
		{&history.BrokenError{Path: "b/noise.json", Err: fmt.Errorf("%w: EOF", result.ErrNoNoise)}, "b/noise.json: is no noise file: EOF: `stress gate --aa` measures the noise"},
		{&history.BrokenError{Path: "b/x.json", Err: result.ErrNoSummary}, "b/x.json: is no summary of a run: mend or remove it"},
		{&history.RefusedError{Reason: "the run is a FAIL: slow", Forcible: true}, "not saved as a baseline: the run is a FAIL: slow; --force saves it all the same"},
		{&history.RefusedError{Reason: "the run is INVALID: late"}, "not saved as a baseline: the run is INVALID: late"},
		{fmt.Errorf("%w: a, b", trend.ErrWhichTarget), "several targets could be followed: a, b: say which with --target"},
		{fmt.Errorf("x and y: %w", scenarios.ErrPaths), "x and y: they ask for different paths; `stress init` begins a scenario of several requests"},
		{&link.AdvisedError{Err: &tls.CertificateVerificationError{Err: refused}, What: "name who has signed it: --tls-ca"}, "tls: failed to verify certificate: connection refused: name who has signed it: --tls-ca"},
		{embedded.ErrNoPart, "this command is the lab's own, and the lab starts it: use `stress lab`"},
		{fmt.Errorf("%w is called %q", history.ErrNone, "x"), "no baseline is called \"x\"; `stress baseline list` names those that there are, `stress baseline save RUN` keeps one"},
	} {
		if got := explained(fmt.Errorf("gate: %w", c.err)); got != "gate: "+c.want {
			t.Errorf("%q, want %q", got, "gate: "+c.want)
		}
	}
}
