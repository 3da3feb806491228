package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// formView is the form of a test: by fields, or as the YAML of its scenario, and never both at once.
type formView struct {
	AsYAML      bool
	From        string // the test that it was made from, whose secrets its variables stand for; "" for none
	First, More []input
	Requests    []requestView // those behind the first
	Room        bool          // for another one
	About       []input       // what is kept beside the scenario
	Named       string
	Source      string
	Faults      []faultView
	Plans       []planView
	Open        bool // the fields behind "More" hold something
}

// requestView is a request of a pass.
type requestView struct {
	N      int // counted from 1
	Inputs []input
}

// faultView is a fault with the field that it stands at.
type faultView struct {
	Field   string // its id
	Where   string // its label, or the place in the YAML
	Text    string
	Hint    string
	Excerpt string
}

func (s *Site) newTest(r *http.Request) (reply, error) {
	q := r.URL.Query()
	values, err := s.beginning(r)
	if err != nil {
		return reply{}, err
	}
	if id := q.Get("from"); id != "" {
		t, err := s.Control.Store.Test(r.Context(), id)
		if err != nil {
			return reply{}, err
		}
		return s.form(r, copyOf(t), http.StatusOK), nil
	}
	if id := q.Get("host"); id != "" {
		h, err := s.Control.Store.Host(r.Context(), id)
		if err != nil {
			return reply{}, err
		}
		values.Set("host", control.InURL(h.Name))
	}
	return s.form(r, draft{values: values, asYAML: q.Get("as") == "yaml"}, http.StatusOK), nil
}

// draft is a test that is not kept yet.
type draft struct {
	asYAML bool
	values url.Values // of the fields, "source" among them
	from   string
	faults []faultView
	plans  []planView
}

// copyOf is the form filled in with a test: by fields where they can say all of it.
func copyOf(t store.Test) draft {
	d := draft{from: t.ID, values: url.Values{"source": {t.Scenario}}, asYAML: true}
	doc := scenarios.Document{File: "scenario", Source: []byte(t.Scenario)}
	if f, err := doc.Read(scenarios.Options{}); err == nil {
		if values, all := fieldsOf(f); all {
			d.values, d.asYAML = values, false
		}
	}
	d.values.Set("name", t.Name)
	d.values.Set("notes", t.Notes)
	d.values.Set("tags", strings.Join(t.Tags, ", "))
	d.values.Set("callback", control.PublicAddress(t.Callback))
	return d
}

// addTest does what the button says that was pressed: draws the plan, goes on as YAML, keeps the test,
// or keeps and runs it.
func (s *Site) addTest(r *http.Request) (reply, error) {
	d := draft{values: withoutEmpty(r.PostForm), asYAML: r.PostForm.Get("as") == "yaml", from: r.PostForm.Get("from")}
	if r.PostForm.Get("do") == "request" {
		n := requestsOf(d.values)
		d.values.Set("requests", strconv.Itoa(min(n+1, mostRequests)))
		for _, f := range inputsOfRequest(n) {
			d.values.Set(f.ID, f.Value)
		}
		return s.form(r, d, http.StatusOK), nil
	}
	t, err := s.unkept(r, d)
	if err != nil {
		return reply{}, err
	}
	f, err := d.file()
	if err == nil && r.PostForm.Get("do") == "yaml" {
		return s.form(r, d.yaml(f), http.StatusOK), nil
	}
	var sc *scenarios.Scenario
	if err == nil {
		sc, err = s.Control.Draft(f, t)
	}
	if err != nil {
		d.faults = faultsOf(err, d)
		return s.form(r, d, http.StatusUnprocessableEntity), nil
	}
	if r.PostForm.Get("do") == "draw" {
		d.plans = plansOf(sc)
		return s.form(r, d, http.StatusOK), nil
	}
	if t.Name == "" {
		t.Name = sc.Name
	}
	kept, _, err := s.Control.Keep(r.Context(), f, t)
	if invalid(err) {
		d.faults = faultsOf(err, d)
		return s.form(r, d, http.StatusUnprocessableEntity), nil
	}
	if err != nil {
		return reply{}, err
	}
	if r.PostForm.Get("do") == "run" {
		return s.begin(r.Context(), kept)
	}
	return goTo("tests", kept.ID)
}

// unkept is what is to be kept beside the scenario of a draft.
func (s *Site) unkept(r *http.Request, d draft) (store.Test, error) {
	t := store.Test{
		Name: strings.TrimSpace(d.values.Get("name")), Notes: d.values.Get("notes"), Callback: strings.TrimSpace(d.values.Get("callback")),
	}
	for tag := range strings.SplitSeq(d.values.Get("tags"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(t.Tags, tag) {
			t.Tags = append(t.Tags, tag)
		}
	}
	if d.from == "" {
		return t, nil
	}
	from, err := s.Control.Store.Test(r.Context(), d.from)
	t.Secrets, t.Form, t.Secret, t.Mail, t.Tell = from.Secrets, from.Form, from.Secret, from.Mail, from.Tell
	if t.Callback == control.PublicAddress(from.Callback) {
		t.Callback = from.Callback // what is secret in it was not shown
	}
	return t, err
}

// file is the scenario of a draft.
func (d draft) file() (scenarios.File, error) {
	if !d.asYAML {
		return fileOf(d.values), nil
	}
	return scenarios.Document{File: "scenario", Source: []byte(d.values.Get("source"))}.Read(scenarios.Options{})
}

// yaml is the draft as YAML in place of fields.
func (d draft) yaml(f scenarios.File) draft {
	text, secret := f.YAML()
	d.asYAML = true
	d.values.Set("source", string(text))
	for _, name := range secret { // what was typed a moment ago is not kept anywhere yet
		d.faults = append(d.faults, faultView{Field: "source", Text: name + " stands for a secret: write its value in its place"})
	}
	return d
}

// faultsOf says what is wrong with a draft, each at its field.
func faultsOf(err error, d draft) []faultView {
	var faults scenarios.Faults
	var at *control.InvalidError
	for errors.As(err, &at) && at.Field == "" {
		err = at.Err
	}
	if at != nil && at.Field != "" && !d.asYAML {
		id, label := fieldOf(at.Field, inputsFor(d.values))
		return []faultView{{Field: id, Where: label, Text: at.Err.Error()}}
	}
	if !errors.As(err, &faults) {
		return []faultView{{Field: map[bool]string{true: "source", false: "name"}[d.asYAML], Text: err.Error()}}
	}
	inputs := inputsFor(d.values)
	var all []faultView
	for _, f := range faults {
		v := faultView{Field: "source", Text: f.Message, Hint: f.Hint}
		switch {
		case !d.asYAML:
			v.Field, v.Where = fieldOf(f.Key, inputs)
		default:
			v.Where, v.Excerpt = strings.TrimSuffix(strings.TrimSuffix(f.Error(), f.Message), ": "), f.Excerpt
		}
		all = append(all, v)
	}
	return all
}

func (s *Site) form(r *http.Request, d draft, code int) reply {
	v := formView{AsYAML: d.asYAML, From: d.from, Named: d.values.Get("name"), Source: d.values.Get("source"), Faults: d.faults, Plans: d.plans}
	if !d.asYAML {
		more := slices.Concat(inputsOfRequest(0), moreInputs)
		hinted(more, "agents", agentsHint(s.Control.Who(r.Context())))
		v.First, v.More = filled(firstInputs, d), filled(more, d)
		n := requestsOf(d.values)
		for i := 1; i < n; i++ {
			v.Requests = append(v.Requests, requestView{i + 1, filled(inputsOfRequest(i), d)})
		}
		v.Room = n < mostRequests
		v.Open = n > 1 || slices.ContainsFunc(more, func(f input) bool { return d.values.Get(f.ID) != f.Value }) ||
			slices.ContainsFunc(v.More, func(f input) bool { return len(f.Faults) > 0 })
	}
	v.About = filled(aboutInputs, d)
	return reply{page: "form", title: "New test", data: v, code: code}
}

// hinted gives an input another hint.
func hinted(inputs []input, id, hint string) {
	for i := range inputs {
		if inputs[i].ID == id {
			inputs[i].Hint = hint
		}
	}
}

// filled are inputs with what a draft has in them, and what is wrong with that.
func filled(inputs []input, d draft) []input {
	all := slices.Clone(inputs)
	for i := range all {
		all[i].Value = d.values.Get(all[i].ID)
		if all[i].Shown() != all[i].Value {
			all[i].Hint = "type it again: what is secret is never sent back"
		}
		for _, f := range d.faults {
			if f.Field == all[i].ID {
				all[i].Faults = append(all[i].Faults, f.Text)
			}
		}
	}
	return all
}
