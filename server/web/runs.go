package web

import (
	"cmp"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/live"
	"github.com/stress-tool/stress/server/store"
)

// runView is a run as a line of a table.
type runView struct {
	store.Run
	Verdict result.Verdict
	Tone    string // a class of the style sheet
	Answer  string
	// Of says whose the figures are: those that stand for the run.
	Of                    string
	Successes, P95, Error figureView
}

// figureView is a figure, and its interval and sample.
type figureView struct{ Value, Interval, N string }

func viewOf(run store.Run) runView {
	none := figureView{Value: "–"}
	v := runView{Run: run, Tone: "faint", Successes: none, P95: none, Error: none}
	if run.Summary == nil {
		return v
	}
	index := run.Summary.Index
	v.Verdict, v.Tone = index.Verdict, tones[index.Verdict]
	if index.Answer != nil {
		v.Answer = index.Answer.Words
	}
	shown, _ := run.Shown()
	v.Of = words.Join(": ", shown.Load, shown.Target)
	for _, f := range []struct {
		of metric.Metric
		to *figureView
	}{{metric.Successes, &v.Successes}, {metric.P95, &v.P95}, {metric.ErrorRate, &v.Error}} {
		if x, ok := shown.Of(f.of); ok {
			*f.to = figureOf(f.of, x.Observed, shown.Rounds)
		}
	}
	return v
}

// figureOf is a figure as the report has it, but for its warnings.
func figureOf(of metric.Metric, e result.Estimate, rounds int) figureView {
	show := of.Unit.Cell
	if of == metric.Successes {
		show = func(v float64) string { return words.Table.Digits(v) + words.Thin + "/s" }
	}
	v := figureView{Value: show(e.Value), N: "n = " + words.TableCount(e.N)}
	if rounds > 1 {
		v.N += " in " + words.Table.Counted(float64(rounds), "rounds")
	}
	if e.Confidence > 0 {
		lo := float64(e.Lo)
		if lo == 0 && of != metric.ErrorRate {
			lo = math.Inf(-1)
		}
		v.Interval = words.Between(lo, float64(e.Hi), show)
	}
	return v
}

var tones = map[result.Verdict]string{result.Pass: "good", result.Fail: "bad", result.Inconclusive: "unsure", result.Invalid: "unsure"}

// queued is a run that has not ended, with its test.
type queued struct {
	store.Run
	Test store.Test
}

func (s *Site) runs(r *http.Request) (reply, error) {
	waiting, err := s.Control.Store.Waiting(r.Context())
	if err != nil {
		return reply{}, err
	}
	var all []queued
	for _, run := range waiting {
		t, err := s.Control.Store.Test(r.Context(), run.Test)
		if err != nil {
			return reply{}, err
		}
		all = append(all, queued{run, t})
	}
	return reply{page: "runs", title: "Runs", data: all}, nil
}

// asked are the test and the run that a request names.
func (s *Site) asked(r *http.Request) (t store.Test, run store.Run, err error) {
	if t, err = s.kept(r); err != nil {
		return t, run, err
	}
	run, err = s.Control.Store.Run(r.Context(), r.PathValue("result"))
	if err == nil && run.Test != t.ID {
		err = store.ErrNotFound
	}
	return t, run, err
}

func (s *Site) result(r *http.Request) (reply, error) {
	t, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	v := struct {
		Test   store.Test
		Run    runView
		Before int // runs that come first
		Now    live.Figures
		Report bool
		Gated  bool
		Told   int // deliveries
	}{Test: t, Run: viewOf(run), Now: live.Beginning()}
	if run.State == store.Queued {
		waiting, err := s.Control.Store.Waiting(r.Context())
		if err != nil {
			return reply{}, err
		}
		v.Before = max(0, slices.IndexFunc(waiting, func(w store.Run) bool { return w.ID == run.ID }))
	}
	if show, _ := s.Control.Queue.Live.Of(run.ID); show != nil {
		v.Now = show.Now()
	}
	if run.State == store.Ended {
		_, missing := os.Stat(filepath.Join(s.Control.Store.Dir(run), report.PageFile))
		v.Report = missing == nil
		v.Gated = run.Summary != nil && gated(t)
		told, err := s.Control.Store.DeliveriesOf(r.Context(), run.ID)
		if err != nil {
			return reply{}, err
		}
		v.Told = len(told)
	}
	return reply{page: "result", title: cmp.Or(string(v.Run.Verdict), string(run.State)) + ": " + t.Name, data: v, filling: v.Report, follows: run.State != store.Ended}, nil
}

func (s *Site) stopRun(r *http.Request) (reply, error) {
	t, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	if err := s.Control.Queue.Stop(r.Context(), run.ID); err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "results", run.ID)
}

func (s *Site) shareRun(r *http.Request) (reply, error)   { return s.share(r, store.NewID()) }
func (s *Site) unshareRun(r *http.Request) (reply, error) { return s.share(r, "") }

func (s *Site) share(r *http.Request, token string) (reply, error) {
	t, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	if err := s.Control.Store.Share(r.Context(), run.ID, token, control.By(r.Context())); err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "results", run.ID)
}

func (s *Site) cutRun(r *http.Request) (reply, error) {
	t, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	s.Control.Queue.Cut(run.ID)
	return goTo("tests", t.ID, "results", run.ID)
}

// took is how long a run went on.
func took(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "–"
	}
	return words.TableSeconds(to.Sub(from).Seconds())
}
