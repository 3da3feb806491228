package loaderio

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// test is a test as loader.io has it. What a scenario has beyond one is not in it.
type test struct {
	ID             string     `json:"test_id"`
	Name           string     `json:"name"`
	Notes          string     `json:"notes"`
	Domain         string     `json:"domain"`
	Status         string     `json:"status"`
	Type           string     `json:"test_type"`
	Duration       int        `json:"duration"` // seconds
	Initial        int        `json:"initial"`
	Total          int        `json:"total"`
	Timeout        int        `json:"timeout"`         // ms
	ErrorThreshold float64    `json:"error_threshold"` // percent
	Callback       *string    `json:"callback"`
	CallbackMail   *string    `json:"callback_email"`
	Scheduled      *time.Time `json:"scheduled_at"`
	URLs           []testURL  `json:"urls"`
	// Stress is there of a test that cannot be read alone.
	Stress *unreadable `json:"stress,omitempty"`
}

// unreadable says what is wrong with a test that is kept.
type unreadable struct {
	Problem string `json:"problem"`
}

type testURL struct {
	URL            string            `json:"url"`
	Method         string            `json:"request_type"`
	Headers        map[string]string `json:"headers"`
	Params         struct{}          `json:"request_params"` // they are part of the URL, or of the body
	Body           *string           `json:"raw_post_body"`
	Payload        *string           `json:"payload_file_url"` // without credentials and query
	Authentication authentication    `json:"authentication"`
	Variables      []variable        `json:"variables,omitempty"`
}

// variable is a value of an answer, which the requests after it use by its name.
type variable struct {
	Name     string `json:"name"`
	Property string `json:"property"`
	Source   string `json:"source"`
}

// authentication is an empty object where there is none.
type authentication struct {
	Login    string `json:"login,omitempty"`
	Password string `json:"password,omitempty"`
	Type     string `json:"type,omitempty"`
}

// unlessEmpty is what loader.io has null for.
func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// given stands where a secret is kept: nobody reads it again.
const given = "(set)"

// typeNames are what loader.io answers for the types that it takes.
var typeNames = map[plan.Type]string{
	plan.ClientsPerTest: "Non-Cycling", plan.ClientsPerSecond: "Clients per second", plan.MaintainClientLoad: "Cycling",
}

func (a *API) view(ctx context.Context, t store.Test) (test, error) {
	h, err := a.Control.Store.Host(ctx, t.Host)
	if err != nil {
		return test{}, err
	}
	runs, err := a.Control.Store.SomeRunsOf(ctx, t.ID, 0, 1)
	if err != nil {
		return test{}, err
	}
	masked := t
	masked.Secrets = map[string]string{}
	for name := range t.Secrets {
		masked.Secrets[name] = given
	}
	v := test{
		ID: t.ID, Name: t.Name, Notes: t.Notes, Domain: h.Name, Status: a.statusOf(h, runs),
		Callback: unlessEmpty(control.PublicAddress(t.Callback)), CallbackMail: unlessEmpty(t.Mail), URLs: []testURL{},
	}
	if !t.Scheduled.IsZero() {
		v.Scheduled = &t.Scheduled
	}
	sc, err := control.Scenario(masked)
	if err != nil { // another version kept it: the others are served all the same
		v.Status, v.Stress = "unreadable", &unreadable{err.Error()}
		return v, nil
	}
	load := sc.Loads[0]
	v.Type, v.Duration, v.Initial, v.Total = cmp.Or(typeNames[load.Type], string(load.Type)), int(load.Duration/time.Second), load.From, load.Clients
	v.Timeout, v.ErrorThreshold = int(load.Timeout/time.Millisecond), 100*load.ErrorThreshold
	for i, r := range sc.Requests {
		u, err := urlOf(sc.Targets[0], r)
		if err != nil {
			return test{}, err
		}
		for _, f := range sc.Feeds {
			if f.Name == sc.Payloads[i] && f.URL != nil {
				u.Payload = unlessEmpty(f.URL.Scheme + "://" + f.URL.Host + f.URL.EscapedPath())
			}
		}
		v.URLs = append(v.URLs, u)
	}
	return v, nil
}

// statusOf is how far the newest run of a test has come. Where runs do not wait for each other, one that is
// asked for is running, as the answer to that has it.
func (a *API) statusOf(h store.Host, runs []store.Run) string {
	switch {
	case h.Verified.IsZero():
		return "unverified"
	case len(runs) == 0 || runs[0].State == store.Queued && !a.Control.Alone:
		return "pending"
	case runs[0].State == store.Queued || runs[0].State == store.Running:
		return "running"
	}
	return "complete"
}

func urlOf(t scenarios.Target, r attack.Request) (testURL, error) {
	at, err := wire.Resolve(t.URL, r.Path)
	if err != nil {
		return testURL{}, err
	}
	u := testURL{URL: at.String(), Method: cmp.Or(r.Method, http.MethodGet), Headers: map[string]string{}, Body: unlessEmpty(string(r.Body))}
	for name, values := range r.Header {
		u.Headers[name] = strings.Join(values, ", ")
	}
	if r.User != "" {
		u.Authentication = authentication{r.User, r.Password, "basic"}
	}
	for _, c := range r.Captures {
		if c.Header != "" {
			u.Variables = append(u.Variables, variable{c.Name, c.Header, "header"})
		}
	}
	return u, nil
}
