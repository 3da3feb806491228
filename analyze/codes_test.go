package analyze

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// The remedy goes with the code, whatever the words of the finding are.
func TestRemedyOfACode(t *testing.T) {
	limited := []result.Finding{{Verdict: result.Invalid, Code: result.CodeGeneratorLimited, Text: "any words"}}
	open, closed := remedy(limited, true), remedy(limited, false)
	if !strings.Contains(closed, "a machine of its own") || !strings.HasPrefix(open, closed) || !strings.Contains(open, "load.pacing") {
		t.Errorf("open %q, closed %q", open, closed)
	}
	both := append(limited, result.Finding{Verdict: result.Invalid, Code: result.CodeAccounting})
	if got := remedy(both, true); !strings.Contains(got, "report it") {
		t.Errorf("of counts that do not add up: %q", got)
	}
	if got := remedy([]result.Finding{{Verdict: result.Invalid, Code: result.CodeGeneratorFailures}, {Verdict: result.Fail, Code: result.CodeAborted}}, true); got != "" {
		t.Errorf("the finding says what to do itself: %q", got)
	}
}
