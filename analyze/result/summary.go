package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

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
	if err := fill(a, text); err != nil {
		return nil, err
	}
	if gap := a.gap(); gap != "" {
		return nil, fmt.Errorf("%w: %s", ErrNoSummary, gap)
	}
	return a, nil
}

// fill takes the values of a summary, which must be within their bounds.
func fill(into any, text []byte) error {
	err := json.Unmarshal(text, into)
	if err == nil {
		err = untrusted.Check(into)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoSummary, err)
	}
	return nil
}

// gap is what every summary has and this one has not; "" for none.
func (a *Analysis) gap() string {
	switch gap := verdictGap(a.Verdict, a.Findings); {
	case gap != "":
		return gap
	case a.Run.Started.IsZero():
		return "it does not say when the run began"
	case len(a.Loads) == 0 && a.Run.Measure == "":
		return "it does not say what its times measure"
	}
	var names []string
	for i, part := range a.Loads {
		switch {
		case part == nil || len(part.Loads) > 0 || part.Run.Load.Name == "" || slices.Contains(names, part.Run.Load.Name):
			return fmt.Sprintf("load %d is no load with a name of its own", i+1)
		case part.gap() != "":
			return fmt.Sprintf("load %s: %s", part.Run.Load.Name, part.gap())
		}
		names = append(names, part.Run.Load.Name)
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

// verdictGap is what is wrong with a verdict and what it stands on; "" for nothing.
func verdictGap(v Verdict, findings []Finding) string {
	switch {
	case !slices.Contains([]Verdict{Pass, Inconclusive, Fail, Invalid}, v):
		return fmt.Sprintf("its verdict is %q", v)
	case len(findings) == 0:
		return "it has no finding that gives its verdict"
	case Worst(findings) != v:
		return fmt.Sprintf("its verdict is %s, and that of its findings %s", v, Worst(findings))
	}
	return ""
}

// Head is what an index has of a summary: decoding all of it would take five times as long.
type Head struct {
	Schema   int          `json:"schema"`
	Name     string       `json:"name"`
	Label    string       `json:"label"`
	Verdict  Verdict      `json:"verdict"`
	Answer   *Answer      `json:"answer"`
	Findings []Finding    `json:"findings"`
	Key      []KeyFigures `json:"key_figures"`
	// Loads are those of a run of several, each with its key figures.
	Loads []struct {
		Key []KeyFigures `json:"key_figures"`
		Run struct {
			Load struct {
				Name string `json:"name"`
			} `json:"load"`
		} `json:"run"`
	} `json:"loads"`
	Run struct {
		Started time.Time `json:"started"`
	} `json:"run"`
}

// ReadHead reads the [Head] of a summary.json, with the errors of [ReadSummary].
func ReadHead(r io.Reader) (*Head, error) {
	text, err := untrusted.ReadAll(r)
	if err != nil {
		return nil, err
	}
	h := new(Head)
	err = fill(h, text)
	switch {
	case h.Schema != 0 && h.Schema != SummarySchema: // whose other values may have other shapes
		return nil, &untrusted.SchemaError{File: SummaryFile, Has: h.Schema, Reads: SummarySchema}
	case err != nil:
		return nil, err
	case h.Schema == 0:
		return nil, fmt.Errorf("%w: it names no schema", ErrNoSummary)
	}
	if gap := verdictGap(h.Verdict, h.Findings); gap != "" {
		return nil, fmt.Errorf("%w: %s", ErrNoSummary, gap)
	}
	return h, nil
}
