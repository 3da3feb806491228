package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// run is a run, and what it came to once it has ended.
type run struct {
	ID       string              `json:"id"`
	Test     string              `json:"test"`
	State    store.State         `json:"state"`
	Source   store.Source        `json:"source"`
	Asked    time.Time           `json:"asked"`
	Started  *time.Time          `json:"started,omitempty"`
	Ended    *time.Time          `json:"ended,omitempty"`
	Problem  string              `json:"problem,omitempty"` // why it could not begin or not go on
	Verdict  result.Verdict      `json:"verdict,omitempty"`
	Answer   string              `json:"answer,omitempty"`
	Totals   *store.Totals       `json:"totals,omitempty"`
	Response json.RawMessage     `json:"response_ms,omitempty"` // of a run of one leg
	Load     string              `json:"load,omitempty"`        // whose figures follow, of several
	Figures  []result.KeyFigures `json:"key_figures,omitempty"`
	Report   string              `json:"report,omitempty"`
}

func (a *API) runOf(r store.Run) run {
	v := run{
		ID: r.ID, Test: r.Test, State: r.State, Source: r.Source, Asked: r.Asked, Started: given(r.Started), Ended: given(r.Ended),
		Problem: r.Problem, Verdict: r.Verdict(),
	}
	if s := r.Summary; s != nil {
		v.Totals, v.Response, v.Load, v.Figures = &s.Totals, s.Response, s.Load(), s.Index.Key
		v.Answer = result.Answers(s.Index.Verdict, s.Index.Answer)
		if r.Share != "" {
			v.Report = a.Base + "/reports/" + r.Test + "/results/" + r.Share
		}
	}
	return v
}

func (a *API) runsOf(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	return paged(r, a.runOf, func(offset, most int) ([]store.Run, error) {
		return a.Control.Store.SomeRunsOf(r.Context(), t.ID, offset, most)
	})
}

// waiting are the runs that have not ended, in the order in which they are performed.
func (a *API) waiting(r *http.Request) (any, error) {
	return paged(r, a.runOf, within(a.Control.Store.Waiting(r.Context())))
}

func (a *API) addRun(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	asked, err := a.Control.Run(r.Context(), t, store.ByAPI)
	return a.runOf(asked), err
}

func (a *API) run(r *http.Request) (any, error) {
	found, err := a.Control.Store.Run(r.Context(), r.PathValue("run"))
	return a.runOf(found), err
}

// stopRun ends a run in order; it is there as soon as that is asked for.
func (a *API) stopRun(r *http.Request) (any, error) {
	found, err := a.Control.Store.Run(r.Context(), r.PathValue("run"))
	if err != nil {
		return nil, err
	}
	if err = a.Control.Queue.Stop(r.Context(), found.ID); errors.Is(err, store.ErrNotFound) {
		return nil, &control.InvalidError{Err: errors.New("the run has ended")}
	}
	if err != nil {
		return nil, err
	}
	return a.run(r)
}

// summary is summary.json of a run's directory, as `stress report` writes it.
func (a *API) summary(r *http.Request) (any, error) {
	found, err := a.Control.Store.Run(r.Context(), r.PathValue("run"))
	if err != nil {
		return nil, err
	}
	if found.Summary == nil {
		return nil, store.ErrNotFound
	}
	f, err := untrusted.OpenIn(a.Control.Store.Dir(found), result.SummaryFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	return file{"application/json; charset=utf-8", text}, err
}

// live tells of a run while it goes on, as long as the key is good.
func (a *API) live(r *http.Request) (any, error) {
	found, err := a.Control.Store.Run(r.Context(), r.PathValue("run"))
	return stream(func(w http.ResponseWriter, r *http.Request) error {
		ctx, done := a.Control.Store.WhileKey(r.Context(), keyOf(r))
		defer done()
		return a.Control.Follow(w, r.WithContext(ctx), found.ID)
	}), err
}

// compare holds two judged runs against each other, as `stress compare` does.
func (a *API) compare(r *http.Request) (any, error) {
	q := r.URL.Query()
	var picks []compare.Pick
	var compared report.Compared
	for _, side := range []string{"baseline", "candidate"} {
		judged, err := a.judged(r.Context(), q.Get(side))
		if err != nil {
			return nil, err
		}
		picks = append(picks, compare.Pick{Run: judged, Label: q.Get(side)})
		compared.Runs = append(compared.Runs, judged)
	}
	pairs, err := compare.PairsAcross(picks[0], picks[1], nil)
	if err != nil {
		return nil, err
	}
	if compared.Comparisons, err = compare.All(pairs, q.Get("anyway") == "true"); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = report.ComparisonFormats["json"](&text, compared, report.Options{})
	return file{"application/json; charset=utf-8", text.Bytes()}, err
}

func (a *API) judged(ctx context.Context, id string) (*result.Analysis, error) {
	r, err := a.Control.Store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Summary == nil {
		return nil, store.ErrNotFound
	}
	return a.Judged(ctx, r)
}
