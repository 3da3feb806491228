package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// gated reports that the scenario of a test has a gate, to which each of its results is held.
func gated(t store.Test) bool {
	sc, err := control.Scenario(t)
	return err == nil && len(sc.Gate) > 0
}

func (s *Site) gate(r *http.Request) (reply, error) {
	t, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	v := framed{Test: t, About: "Gate of a result", Source: "/tests/" + url.PathEscape(t.ID) + "/results/" + url.PathEscape(run.ID) + "/gate/page"}
	return reply{page: "framed", title: "Gate: " + t.Name, data: v, filling: true}, nil
}

// gatePage holds a result to the gate of its test's scenario, as `stress gate` does. What is held against a baseline
// is held against the newest result before it that came to its end and was not INVALID.
func (s *Site) gatePage(r *http.Request) (reply, error) {
	t, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	if run.Summary == nil {
		return reply{}, &codeError{http.StatusUnprocessableEntity, errors.New("nothing was measured")}
	}
	candidate, err := s.Control.Analysis(r.Context(), run)
	if err != nil {
		return reply{}, err
	}
	baseline, label, err := s.baseline(r.Context(), t, run, candidate)
	if err != nil {
		return reply{}, err
	}
	judged, err := gate.Judge(candidate, dated(run), baseline, label, candidate.Run.Gate, nil)
	if err != nil {
		return reply{}, &codeError{http.StatusUnprocessableEntity, err}
	}
	return document(func(w io.Writer) error { return report.GateFormats["html"](w, judged.Gate, report.Options{}) })
}

// dated is what a result is called among those of its test.
func dated(run store.Run) string { return run.Started.Format("2006-01-02 15:04:05") }

// baseline is the result that another one is held against; nil without any, and where that has a baseline among its
// own targets.
func (s *Site) baseline(ctx context.Context, t store.Test, of store.Run, candidate *result.Analysis) (*result.Analysis, string, error) {
	if candidate.OwnBaseline() {
		return nil, "", nil
	}
	all, err := s.Control.Store.RunsOf(ctx, t.ID)
	if err != nil {
		return nil, "", err
	}
	for _, run := range all {
		if run.Summary != nil && !run.Summary.Partial && run.Started.Before(of.Started) && run.Problem == "" && run.Verdict() != result.Invalid {
			a, err := s.Control.Analysis(ctx, run)
			return a, dated(run), err
		}
	}
	return nil, "", nil
}
