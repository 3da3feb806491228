package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// defaultable are the fields of a test that may begin otherwise; the others are of one test alone, or secret.
var defaultable = []string{"type", "clients", "duration", "unit", "protocol", "method", "path", "status", "timeout", "pause", "error_threshold", "thresholds", "gate"}

// beginning is what the fields of a new test hold to begin with.
func (s *Site) beginning(r *http.Request) (url.Values, error) {
	values := url.Values{}
	for _, f := range inputsFor(values) {
		values.Set(f.ID, f.Value)
	}
	set := map[string]string{}
	err := s.Control.Store.Setting(r.Context(), store.DefaultsSetting, &set)
	for _, id := range defaultable {
		if v, is := set[id]; is {
			values.Set(id, v)
		}
	}
	return values, err
}

func (s *Site) defaults(r *http.Request) (reply, error) {
	values, err := s.beginning(r)
	return defaultsWith(draft{values: values}, ""), err
}

func defaultsWith(d draft, done string) reply {
	inputs := slices.DeleteFunc(inputsFor(d.values), func(f input) bool { return !slices.Contains(defaultable, f.ID) })
	v := struct {
		Inputs []input
		Faults []faultView
	}{filled(inputs, d), d.faults}
	out := settingsPage("defaults", "Defaults of a new test", settingsView{Data: v, Done: done})
	if len(d.faults) > 0 {
		out.code = http.StatusUnprocessableEntity
	}
	return out
}

// saveDefaults keeps what makes a test, with a host in the place of the one that is asked for each time.
func (s *Site) saveDefaults(r *http.Request) (reply, error) {
	values, set := url.Values{"host": {"127.0.0.1"}}, map[string]string{}
	for _, id := range defaultable {
		set[id] = r.PostForm.Get(id)
		values.Set(id, set[id])
	}
	if _, err := s.Control.Draft(fileOf(values), store.Test{}); err != nil {
		d := draft{values: values}
		d.faults = faultsOf(err, d)
		return defaultsWith(d, ""), nil
	}
	if err := s.Control.Store.Set(r.Context(), store.DefaultsSetting, set, control.By(r.Context()), store.DefaultsChanged); err != nil {
		return reply{}, err
	}
	return defaultsWith(draft{values: values}, "New tests begin with this."), nil
}
