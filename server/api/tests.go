package api

import (
	"cmp"
	"context"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// test is a test without what is secret in it.
type test struct {
	ID        string     `json:"id"`
	Host      string     `json:"host"`
	Name      string     `json:"name"`
	Notes     string     `json:"notes"`
	Tags      []string   `json:"tags"`
	Created   time.Time  `json:"created"`
	Archived  *time.Time `json:"archived,omitempty"`
	Scheduled *time.Time `json:"scheduled_at,omitempty"`
	// Secrets are the names of the variables whose values are kept.
	Secrets  []string `json:"secrets"`
	Callback string   `json:"callback,omitempty"` // without its query and password
	Form     string   `json:"form"`
	Signed   bool     `json:"signed"`
	Mail     string   `json:"mail,omitempty"`
	Tell     string   `json:"tell"`
	Badge    string   `json:"badge,omitempty"`
}

func (a *API) testOf(t store.Test) test {
	v := test{
		ID: t.ID, Host: t.Host, Name: t.Name, Notes: t.Notes, Tags: append([]string{}, t.Tags...), Created: t.Created,
		Archived: given(t.Archived), Scheduled: given(t.Scheduled), Secrets: append([]string{}, slices.Sorted(maps.Keys(t.Secrets))...),
		Callback: control.PublicAddress(t.Callback), Form: cmp.Or(string(t.Form), "form"), Signed: t.Secret != "", Mail: t.Mail, Tell: cmp.Or(string(t.Tell), "end"),
	}
	if t.Badge != "" {
		v.Badge = a.Base + "/badges/" + t.Badge + ".svg"
	}
	return v
}

func (a *API) tests(r *http.Request) (any, error) {
	return paged(r, a.testOf, within(a.Control.Store.Tests(r.Context(), r.URL.Query().Get("status") == "active")))
}

func (a *API) testNamed(r *http.Request) (store.Test, error) {
	return a.Control.Store.Test(r.Context(), r.PathValue("test"))
}

func (a *API) test(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	return a.testOf(t), err
}

// settings are who hears of the ends of a test; nil leaves what is.
type settings struct {
	Callback *string `json:"callback"`
	Form     *string `json:"form"`
	Secret   *string `json:"secret"`
	Mail     *string `json:"mail"`
	Tell     *string `json:"tell"`
}

// on is a test with those settings, checked.
func (s settings) on(ctx context.Context, c *control.Control, t store.Test) (store.Test, error) {
	or := func(v *string, is string) string {
		if v == nil {
			return is
		}
		return *v
	}
	t.Callback, t.Secret, t.Mail = or(s.Callback, t.Callback), or(s.Secret, t.Secret), or(s.Mail, t.Mail)
	if t.Form = store.Kind(or(s.Form, string(t.Form))); t.Form == "form" {
		t.Form = store.Form
	}
	if t.Tell = store.Tell(or(s.Tell, string(t.Tell))); t.Tell == "end" {
		t.Tell = store.EveryEnd
	}
	return t, c.CheckTell(ctx, t)
}

// addTest keeps a test: of an object with its scenario, or of the scenario alone, as YAML.
func (a *API) addTest(r *http.Request) (any, error) {
	var in struct {
		settings
		Scenario  string            `json:"scenario"`
		Name      string            `json:"name"`
		Notes     string            `json:"notes"`
		Tags      []string          `json:"tags"`
		Secrets   map[string]string `json:"secrets"`
		Scheduled time.Time         `json:"scheduled_at"`
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/yaml" {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		in.Scenario = string(text)
	} else if err := read(r, &in); err != nil {
		return nil, err
	}
	f, err := scenarios.Document{File: "scenario", Source: []byte(in.Scenario)}.Read(scenarios.Options{})
	if err != nil {
		return nil, &control.InvalidError{Err: err}
	}
	t, err := in.on(r.Context(), a.Control, store.Test{
		Name: cmp.Or(in.Name, f.Name, "unnamed"), Notes: in.Notes, Tags: in.Tags, Secrets: in.Secrets, Scheduled: in.Scheduled,
	})
	if err != nil {
		return nil, err
	}
	t, _, err = a.Control.Keep(r.Context(), f, t)
	return a.testOf(t), err
}

func (a *API) changeTest(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	var in struct {
		settings
		Archived *bool `json:"archived"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if t, err = in.on(r.Context(), a.Control, t); err != nil {
		return nil, err
	}
	if err := a.Control.Store.TellOf(r.Context(), t, control.By(r.Context())); err != nil {
		return nil, err
	}
	if in.Archived != nil && *in.Archived != !t.Archived.IsZero() {
		if t.Archived = (time.Time{}); *in.Archived {
			t.Archived = time.Now().UTC().Truncate(time.Millisecond)
		}
		err = a.Control.Store.ArchiveTest(r.Context(), t.ID, t.Archived, control.By(r.Context()))
	}
	return a.testOf(t), err
}

func (a *API) deleteTest(r *http.Request) (any, error) {
	return nil, a.Control.DeleteTest(r.Context(), r.PathValue("test"))
}

// scenario is a test as YAML: what is secret in it are variables.
func (a *API) scenario(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	return file{"application/yaml; charset=utf-8", []byte(t.Scenario)}, err
}

func (a *API) addBadge(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	t.Badge = store.NewID()
	return a.testOf(t), a.Control.Store.RenewBadge(r.Context(), t.ID, t.Badge, control.By(r.Context()))
}

func (a *API) deleteBadge(r *http.Request) (any, error) {
	return nil, a.Control.Store.RenewBadge(r.Context(), r.PathValue("test"), "", control.By(r.Context()))
}
