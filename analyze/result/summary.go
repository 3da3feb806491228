package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// SummaryFile is the file of a run directory that holds its [Analysis].
const SummaryFile = "summary.json"

// SummarySchema is the version of summary.json, and so of a baseline that is kept. Until 2 a
// verdict had reasons in words, where it now has findings.
const SummarySchema = 2

// ErrNoSummary says that a file is not the summary.json of a run.
var ErrNoSummary = errors.New("is no summary of a run")

// ReadSummary reads a summary.json: the analysis that was written, without what is
// only for drawing. An open end of an interval comes back as NaN. The error is an
// [*untrusted.SchemaError] where it was written in another format, and wraps
// [ErrNoSummary] where the text is anything else.
func ReadSummary(r io.Reader) (*Analysis, error) {
	text, err := untrusted.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var other *untrusted.SchemaError
	err = untrusted.CheckSchema(text, SummaryFile, SummarySchema)
	if errors.As(err, &other) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoSummary, err)
	}
	a := new(Analysis)
	if err := json.Unmarshal(text, a); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoSummary, err)
	}
	if err := untrusted.Check(a); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoSummary, err)
	}
	if gap := a.gap(); gap != "" {
		return nil, fmt.Errorf("%w: %s", ErrNoSummary, gap)
	}
	return a, nil
}

// gap is what every summary has and this one has not; "" for none.
func (a *Analysis) gap() string {
	switch {
	case !slices.Contains([]Verdict{Pass, Inconclusive, Fail, Invalid}, a.Verdict):
		return fmt.Sprintf("its verdict is %q", a.Verdict)
	case len(a.Findings) == 0:
		return "it has no finding that gives its verdict"
	case Worst(a.Findings) != a.Verdict:
		return fmt.Sprintf("its verdict is %s, and that of its findings %s", a.Verdict, Worst(a.Findings))
	case a.Run.Started.IsZero():
		return "it does not say when the run began"
	case a.Run.Measure == "":
		return "it does not say what its times measure"
	}
	for i, l := range a.Legs {
		switch {
		case l.Target == "" || l.Round < 1:
			return fmt.Sprintf("leg %d has no target or no round", i+1)
		case l.Round > len(a.Legs):
			return fmt.Sprintf("leg %d is of round %d, and there are %d legs", i+1, l.Round, len(a.Legs))
		case l.ErrorRate.Value < 0 || l.ErrorRate.Value > 1:
			return fmt.Sprintf("leg %d has an error rate of %v", i+1, l.ErrorRate.Value)
		case l.Reconcile != nil && l.Reconcile.Lost < 0:
			return fmt.Sprintf("leg %d lost %d rows", i+1, l.Reconcile.Lost)
		}
	}
	return ""
}
