package history

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stress-tool/stress/analyze/result"
)

// maxLabel is how many characters a label may have: a version or a commit, not a
// message.
const maxLabel = 60

// RefusedError says why a run can be no baseline.
type RefusedError struct {
	Reason string
	// Forcible says that the run only failed: it can be saved all the same.
	Forcible bool
}

func (e *RefusedError) Error() string { return "not saved as a baseline: " + e.Reason }

func refuse(format string, args ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, args...)}
}

// checkFit refuses a run that later runs must not be compared with: its figures are the
// generator's, or some or all of them are missing. A run that failed its thresholds has true
// figures, but to compare with it must be intended.
func checkFit(a *result.Analysis, force bool) error {
	switch {
	case utf8.RuneCountInString(a.Label) > maxLabel || strings.ContainsFunc(a.Label, unicode.IsControl) || !utf8.ValidString(a.Label):
		return refuse("a label is one line of at most %d characters", maxLabel)
	case a.Run.Started.IsZero():
		return refuse("the run does not say when it began")
	case a.Verdict == result.Invalid:
		return refuse("the run is INVALID: %s", reason(a))
	case a.Run.Partial:
		return refuse("the run is partial: it did not come to its end")
	}
	for _, part := range a.Parts() {
		if len(part.Legs) == 0 {
			return refuse("nothing was measured")
		}
		for i := range part.Legs {
			if l := &part.Legs[i]; part.Measured(l).N == 0 {
				return refuse("%s had no answer in round %d", l.Target, l.Round)
			}
		}
	}
	if a.Verdict == result.Fail && !force {
		return &RefusedError{Reason: "the run is a FAIL: " + reason(a), Forcible: true}
	}
	return nil
}

func reason(a *result.Analysis) string {
	if len(a.Findings) == 0 {
		return "it does not say why"
	}
	return a.Findings[0].String()
}
