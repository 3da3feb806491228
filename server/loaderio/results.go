package loaderio

import (
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/server/store"
)

// found is a result as loader.io has it, once there is one.
type found struct {
	ID           string  `json:"result_id"`
	Started      string  `json:"started_at"`
	Status       string  `json:"status"`
	Public       string  `json:"public_results_url"`
	Success      uint64  `json:"success"`
	Error        uint64  `json:"error"`
	TimeoutError uint64  `json:"timeout_error"`
	NetworkError uint64  `json:"network_error"`
	DataSent     uint64  `json:"data_sent"`
	DataReceived uint64  `json:"data_received"`
	AvgResponse  int     `json:"avg_response_time"` // ms
	AvgErrorRate float64 `json:"avg_error_rate"`    // percent
	// Stress is what loader.io never told.
	Stress beyond `json:"stress"`
}

// beyond are figures with their intervals, and what they come to.
type beyond struct {
	Verdict  result.Verdict      `json:"verdict,omitempty"`
	Answer   string              `json:"answer,omitempty"`
	Problem  string              `json:"problem,omitempty"` // why the run could not begin or not go on
	Skipped  uint64              `json:"skipped,omitempty"` // requests behind one that gave no value for them
	Response json.RawMessage     `json:"response_ms,omitempty"`
	Load     string              `json:"load,omitempty"` // whose figures follow, of several
	Figures  []result.KeyFigures `json:"key_figures,omitempty"`
}

// awaited is a result that is not there yet.
type awaited struct {
	ID      string `json:"result_id"`
	Started string `json:"started_at"`
	Status  string `json:"status"`
}

// mostResults bounds a list of results, of which loader.io's API knows no pages: the newest. Any other is
// found by its identifier.
const mostResults = 100

func (a *API) results(r *http.Request, _ asked) (any, error) {
	t, err := a.Control.Store.Test(r.Context(), r.PathValue("test"))
	if err != nil {
		return nil, err
	}
	runs, err := a.Control.Store.SomeRunsOf(r.Context(), t.ID, 0, mostResults)
	list := []any{}
	for _, run := range runs {
		list = append(list, a.resultOf(run))
	}
	return list, err
}

func (a *API) result(r *http.Request, _ asked) (any, error) {
	run, err := a.Control.Store.Run(r.Context(), r.PathValue("result"))
	if err == nil && run.Test != r.PathValue("test") {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return a.resultOf(run), nil
}

func (a *API) resultOf(r store.Run) any {
	started := r.Started
	if started.IsZero() {
		started = r.Asked
	}
	if r.State != store.Ended {
		return awaited{r.ID, started.Format(time.RFC3339), "not_ready"}
	}
	f := found{
		ID: r.ID, Started: started.Format(time.RFC3339), Status: "ready", AvgErrorRate: 100, // of a run that no request came from: nobody's gate passes it
		Stress: beyond{Problem: r.Problem},
	}
	if r.Share != "" {
		f.Public = a.Base + "/reports/" + r.Test + "/results/" + r.Share
	}
	if s := r.Summary; s != nil {
		o := s.Totals.Outcomes
		f.Success, f.Error, f.TimeoutError, f.NetworkError = o.Success, o.HTTP4xx+o.HTTP5xx+o.Unexpected+o.TooSlow, o.Timeout, o.Network
		f.DataSent, f.DataReceived, f.AvgResponse = s.Totals.BytesSent, s.Totals.BytesReceived, int(math.Round(s.Totals.ResponseMS))
		if ended := o.Ended() - o.Cut; ended > 0 {
			f.AvgErrorRate = 100 * float64(o.Failed()) / float64(ended)
		}
		f.Stress.Verdict, f.Stress.Skipped, f.Stress.Response, f.Stress.Load, f.Stress.Figures = s.Index.Verdict, s.Totals.Skipped, s.Response, s.Load(), s.Index.Key
		if s.Index.Answer != nil {
			f.Stress.Answer = s.Index.Answer.Words
		}
	}
	return f
}
