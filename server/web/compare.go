package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/trend"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/server/store"
)

// framed is a document within the frame of the site.
type framed struct {
	Test    store.Test
	Source  string // of the document
	About   string
	Choices []choice // of a trend, to show another one
}

// choice is one of the things that make a trend.
type choice struct {
	Name, Label string
	Chosen      string
	All         []string
}

func (s *Site) compare(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	q := url.Values{"a": {r.URL.Query().Get("a")}, "b": {r.URL.Query().Get("b")}}
	v := framed{Test: t, About: "Comparison of two results", Source: "/tests/" + url.PathEscape(t.ID) + "/compare/page?" + q.Encode()}
	return reply{page: "framed", title: "Comparison: " + t.Name, data: v, filling: true}, nil
}

// comparePage is what `stress compare` says of two results of a test, the first of them the baseline.
func (s *Site) comparePage(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	var picks []compare.Pick
	var out report.Compared
	for _, name := range []string{"a", "b"} {
		run, err := s.Control.Store.Run(r.Context(), r.URL.Query().Get(name))
		if errors.Is(err, store.ErrNotFound) || err == nil && (run.Test != t.ID || run.Summary == nil) {
			return reply{}, &codeError{http.StatusUnprocessableEntity, errors.New("choose two results that were measured")}
		}
		if err != nil {
			return reply{}, err
		}
		a, err := s.Control.Analysis(r.Context(), run)
		if err != nil {
			return reply{}, err
		}
		picks, out.Runs = append(picks, compare.Pick{Run: a, Label: dated(run)}), append(out.Runs, a)
	}
	pairs, err := compare.PairsAcross(picks[0], picks[1], nil)
	if err == nil {
		out.Comparisons, err = compare.All(pairs, false)
	}
	if err != nil {
		return reply{}, &codeError{http.StatusUnprocessableEntity, err}
	}
	return document(func(w io.Writer) error { return report.ComparisonFormats["html"](w, out, report.Options{}) })
}

func (s *Site) trend(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	v := framed{Test: t, About: "Trend of all results", Choices: []choice{{"metric", "Metric", metric.P95.Name, metric.Names(metric.Kept)}}}
	newest, err := s.newest(r.Context(), t)
	if err != nil {
		return reply{}, err
	}
	if newest != nil {
		part := newest.Answering()
		var loads []string
		for _, part := range newest.Loads {
			loads = append(loads, part.Run.Load.Name)
		}
		v.Choices = append(v.Choices, choice{"load", "Load", part.Run.Load.Name, loads}, choice{"target", "Target", store.ShownTarget(part), part.Targets()})
	}
	v.Choices = slices.DeleteFunc(v.Choices, func(c choice) bool { return len(c.All) < 2 })
	q := url.Values{}
	for i := range v.Choices {
		c := &v.Choices[i]
		if asked := r.URL.Query().Get(c.Name); slices.Contains(c.All, asked) {
			c.Chosen = asked
		}
		q.Set(c.Name, c.Chosen)
	}
	v.Source = "/tests/" + url.PathEscape(t.ID) + "/trend/page?" + q.Encode()
	return reply{page: "framed", title: "Trend: " + t.Name, data: v, filling: true}, nil
}

// newest is the newest result of a test of which anything was measured, without its seconds; nil without any.
func (s *Site) newest(ctx context.Context, t store.Test) (*result.Analysis, error) {
	runs, err := s.Control.Store.SomeRunsOf(ctx, t.ID, 0, mostFollowed)
	if i := slices.IndexFunc(runs, func(run store.Run) bool { return run.Summary != nil }); i >= 0 && err == nil {
		return s.Control.Summary(runs[i])
	}
	return nil, err
}

// mostFollowed is how many of the newest results of a test a trend is made of: each is read anew.
const mostFollowed = 200

// trendPage follows a metric over the results of a test, as `stress trend` does over baselines.
func (s *Site) trendPage(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	runs, err := s.Control.Store.RunsOf(r.Context(), t.ID)
	if err != nil {
		return reply{}, err
	}
	runs = slices.DeleteFunc(runs, func(run store.Run) bool { return run.Summary == nil })
	var entries []result.Entry
	for _, run := range slices.Backward(runs[:min(len(runs), mostFollowed)]) {
		a, err := s.Control.Summary(run)
		if err != nil {
			return reply{}, err
		}
		page := "/tests/" + url.PathEscape(t.ID) + "/results/" + run.ID + "/report"
		entries = append(entries, result.Entry{Name: run.ID, Path: page, Page: page, Machine: history.Machine(a.Run.Machine), Run: a})
	}
	q := r.URL.Query()
	followed, err := followed(entries, q.Get("load"), q.Get("target"), q.Get("metric"))
	if err != nil {
		return reply{}, &codeError{http.StatusUnprocessableEntity, err}
	}
	link := func(path string) string { return path }
	return document(func(w io.Writer) error {
		return report.TrendFormats["html"](w, followed, report.Options{Link: link})
	})
}

// followed is the trend of results on the machine of the newest: machines never mix. Without the name of a load or
// of a target it is of those that stand for the newest.
func followed(entries []result.Entry, load, target, name string) (*result.Trend, error) {
	if len(entries) == 0 {
		return nil, errors.New("nothing was measured yet")
	}
	newest := entries[len(entries)-1]
	entries = slices.DeleteFunc(entries, func(e result.Entry) bool { return e.Machine != newest.Machine })
	answering := newest.Run.Answering()
	if load == "" && len(newest.Run.Loads) > 0 {
		load = answering.Run.Load.Name
	}
	parts, left, err := trend.UnderLoad(entries, load)
	if err != nil {
		return nil, err
	}
	t, err := trend.Of(parts, cmp.Or(target, store.ShownTarget(answering)), name)
	if err == nil {
		t.Warnings = append(t.Warnings, left...)
	}
	return t, err
}
