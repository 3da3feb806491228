package loaderio

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/stress-tool/stress/scenarios/convert"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// begun is the answer to a wish for a run.
type begun struct {
	Message string `json:"message"`
	Test    string `json:"test_id"`
	Status  string `json:"status"`
	Result  string `json:"result_id,omitempty"` // none where nothing runs
}

func (a *API) tests(r *http.Request, _ asked) (any, error) {
	ts, err := a.Control.Store.Tests(r.Context(), r.URL.Query().Get("status") == "active")
	if err != nil {
		return nil, err
	}
	list := []test{}
	for _, t := range ts {
		v, err := a.view(r.Context(), t)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (a *API) test(r *http.Request, _ asked) (any, error) {
	t, err := a.Control.Store.Test(r.Context(), r.PathValue("test"))
	if err != nil {
		return nil, err
	}
	return a.view(r.Context(), t)
}

// addTest keeps a test and, unless it has an hour, runs it.
func (a *API) addTest(r *http.Request, in asked) (any, error) {
	var t store.Test
	t.Mail = in.text("callback_email")
	t.Callback = in.text("callback")
	if err := a.Control.CheckTell(r.Context(), t); err != nil {
		return nil, err
	}
	if at := in.text("scheduled_at"); at != "" {
		var err error
		if t.Scheduled, err = instant(at); err != nil {
			return nil, codeError{http.StatusUnprocessableEntity, fmt.Errorf("scheduled_at: want an instant such as 2026-11-26T22:30:00Z, or as 2026-11-26 22:30:00 in UTC, got %q", at)}
		}
	}
	tags, _ := in["tag_names"].([]any)
	for _, tag := range tags {
		if s, ok := tag.(string); ok {
			t.Tags = append(t.Tags, s)
		}
	}
	t.Name, t.Notes = in.text("name"), in.text("notes")
	src, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	made, err := convert.Loaderio(src, convert.Options{})
	if err != nil {
		return nil, codeError{http.StatusUnprocessableEntity, err}
	}
	if len(made.LeftOut) > 0 { // a load that is another one than was asked for is worse than none
		return nil, codeError{http.StatusUnprocessableEntity, fmt.Errorf("cannot do all of that yet: %s", made.LeftOut[0])}
	}
	if t.Name == "" {
		t.Name = made.File.Name
	}
	t, h, err := a.Control.Keep(r.Context(), made.File, t)
	switch {
	case err != nil:
		return nil, err
	case h.Verified.IsZero():
		return begun{"success", t.ID, "unverified", ""}, nil
	case !t.Scheduled.IsZero():
		return begun{"success", t.ID, "pending", ""}, nil
	}
	return a.run(r, t, store.ByAPI)
}

// instant is an instant by ISO 8601, or as loader.io's documents and its C# client write one, which is in UTC.
func instant(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Parse("2006-1-2 15:04:05", text)
}

func (a *API) runTest(r *http.Request, _ asked) (any, error) {
	t, err := a.Control.Store.Test(r.Context(), r.PathValue("test"))
	if err != nil {
		return nil, err
	}
	return a.run(r, t, store.ByAPI)
}

// runByToken runs a test for whoever has its token.
func (a *API) runByToken(r *http.Request, _ asked) (any, error) {
	t, err := a.Control.Store.Test(r.Context(), r.PathValue("test"))
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(t.Token), []byte(r.PathValue("token"))) != 1 {
		return nil, store.ErrNotFound
	}
	return a.run(r, t, store.ByToken)
}

func (a *API) run(r *http.Request, t store.Test, by store.Source) (any, error) {
	asked, err := a.Control.Run(r.Context(), t, by)
	return begun{"success", t.ID, "running", asked.ID}, err
}

func (a *API) stopTest(r *http.Request, _ asked) (any, error) {
	t, err := a.Control.Store.Test(r.Context(), r.PathValue("test"))
	if err != nil {
		return nil, err
	}
	stopped, err := a.Control.Stop(r.Context(), t)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &control.InvalidError{Err: errors.New("the test is not running")}
	}
	return begun{"success", t.ID, "complete", stopped.ID}, err
}
