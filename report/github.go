package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// gateGitHub writes a gate as workflow commands, which GitHub Actions shows as
// annotations: the verdict, then every check that did not pass. The order matters:
// GitHub keeps the first ten of a kind in a step. That an INVALID run was not judged says
// the verdict, for all checks.
func gateGitHub(w io.Writer, g *result.Gate, _ Options) error {
	var b bytes.Buffer
	var code result.Code
	if len(g.Findings) > 0 {
		code = g.Findings[0].Code
	}
	annotate(&b, g.Verdict, titled(code, string(g.Verdict), g.Name), g.Headline)
	for i := range g.Checks {
		k := &g.Checks[i]
		if k.Verdict == result.Pass || k.Code == result.CodeNotJudged {
			continue
		}
		annotate(&b, k.Verdict, titled(k.Code, underLoad(k.Load, k.Target), k.Limit), k.Words)
	}
	for _, s := range g.Warnings {
		annotate(&b, result.Inconclusive, g.Name, s)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// titled is a title of two parts with the code of a finding behind it. Each is made
// harmless by itself: an escape sequence without an end would take the next one along.
func titled(code result.Code, about, what string) string {
	title := plain.Line(about) + ": " + plain.Line(what)
	if code == "" {
		return title
	}
	return title + " (" + plain.Line(string(code)) + ")"
}

// annotate writes one workflow command. What the runner would read as the end of
// the command, or as another one, is escaped as its own toolkit does.
func annotate(b *bytes.Buffer, v result.Verdict, title, text string) {
	kind := "error"
	switch v {
	case result.Pass:
		kind = "notice"
	case result.Inconclusive:
		kind = "warning"
	}
	fmt.Fprintf(b, "::%s title=%s::%s\n", kind, commandProperty.Replace(plain.Line(title)), commandData.Replace(plainLines(text)))
}

var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
