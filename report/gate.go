package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/report/figure"
)

// GateFormats are the forms of a gate by the names that users type.
var GateFormats = map[string]Format[*result.Gate]{
	"text":     gateText,
	"md":       gateMarkdown,
	"html":     gateHTML,
	"json":     writeJSON[*result.Gate],
	"junit":    gateJUnit,
	"github":   gateGitHub,
	"benchfmt": gateBenchfmt,
}

// gateText is for a terminal or a log.
func gateText(w io.Writer, g *result.Gate, o Options) error {
	return writeText(w, composeGate(g, o), o)
}

// gateMarkdown is for the summary of a CI step or a comment on a change: what was
// asked and answered, the rest folded.
func gateMarkdown(w io.Writer, g *result.Gate, o Options) error {
	return writeMarkdown(w, composeGate(g, o))
}

// gateHTML is the gate's page, with the figures and charts of the run that was judged.
func gateHTML(w io.Writer, g *result.Gate, o Options) error {
	if g.Run == nil {
		return writeHTML(w, composeGate(g, o), nil, nil)
	}
	return writeHTML(w, composeGate(g, o), figure.Of(g.Run), []*result.Analysis{g.Run})
}

// WriteGate writes gate.json into the directory of the run that was judged. The file
// appears whole or not at all.
func WriteGate(dir string, g *result.Gate) error {
	var b bytes.Buffer
	if err := writeJSON(&b, g, Options{}); err != nil {
		return fmt.Errorf("%s: %w", GateFile, err)
	}
	return outfile.Replace(filepath.Join(dir, GateFile), b.Bytes(), 0o644)
}

// gateBenchfmt shows no verdict: it is the rounds of the run that was judged.
func gateBenchfmt(w io.Writer, g *result.Gate, o Options) error {
	if g.Run == nil {
		return errors.New("gate as benchfmt: the run that was judged is not at hand")
	}
	return runBenchfmt(w, g.Run, o)
}
