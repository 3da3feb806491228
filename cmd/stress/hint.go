package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"

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

// explained is what an error says, and what to type next. The packages that find an error
// know nothing of this command line: other programs use them too.
func explained(err error) string { return err.Error() + hint(err) }

// hint is what to type next after an error, with the sign that joins the two; "" for none.
func hint(err error) string {
	var (
		unreachable *run.UnreachableError
		schema      *untrusted.SchemaError
		refused     *history.RefusedError
		notAllowed  *run.FaultsRefusedError
	)
	switch {
	case errors.As(err, new(*link.AdvisedError)): // it has what to do with a broker, which is no target
		return ""
	case errors.As(err, &notAllowed) && !notAllowed.Allowed:
		return ": say `allow_faults: true` in it, and type the same with --yes"
	case errors.As(err, &notAllowed):
		return ": type the same with --yes"
	case errors.As(err, &unreachable) && unreachable.Silent:
		return ": is it up? `stress lab` starts a system to try with"
	case errors.As(err, new(*ownership.UnverifiedError)):
		return "\nand try again; for a host that is yours and cannot serve a file there is --i-own-this-target, which is recorded"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return ": " + certificateHint(err) + ", or take any with `insecure: true`"
	case errors.As(err, &schema):
		return ": " + schemaHint(schema)
	case errors.Is(err, result.ErrNoNoise):
		return ": `stress gate --aa` measures the noise"
	case errors.As(err, new(*history.BrokenError)):
		return ": mend or remove it"
	case errors.Is(err, history.ErrNone):
		return "; `stress baseline list` names those that there are, `stress baseline save RUN` keeps one"
	case errors.As(err, &refused) && refused.Forcible:
		return "; --force saves it all the same"
	case errors.Is(err, trend.ErrWhichTarget):
		return ": say which with --target"
	case errors.Is(err, trend.ErrWhichLoad):
		return ": say which with --load"
	case errors.Is(err, scenarios.ErrPaths):
		return "; `stress init` begins a scenario of several requests"
	case errors.Is(err, embedded.ErrNoPart):
		return ": use `stress lab`"
	}
	return ""
}

// certificateHint says what to do about a certificate that is refused.
func certificateHint(err error) string {
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, new(x509.HostnameError)):
		return "name the one that it bears with `server_name: NAME` of the target"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server needs a new one"
	}
	return "name who signed it with `tls: {ca: FILE}` of the target"
}

// gateHint is what to type next after a gate's answer; "" for nothing.
func gateHint(g *result.Gate) string {
	if g.Baseline == nil && slices.ContainsFunc(g.Findings, func(f result.Finding) bool { return f.Code == result.CodeNoBaseline }) {
		return "name a run with --baseline; `stress baseline save RUN` keeps one"
	}
	return ""
}

// schemaHint says what to do about a file of another format.
func schemaHint(e *untrusted.SchemaError) string {
	if e.Has > e.Reads {
		return "update stress"
	}
	switch e.File {
	case result.SummaryFile:
		return "write it anew from its run, a baseline with `stress baseline save RUN`, another summary with `stress report RUN --format json`"
	case result.NoiseFile:
		return "measure it anew with `stress gate --aa`"
	case runlog.ManifestFile:
		return "read it with the version that wrote it, which it names under `tool`"
	}
	return "write it anew"
}
