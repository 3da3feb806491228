package scenarios

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/template"
)

// Feed is a source of data for requests.
type Feed struct {
	// Name is unique.
	Name string
	// File is a path; "" where the data are at a URL, which may hold credentials.
	File string
	URL  *url.URL
	feed.Shape
	Order feed.Order
}

// feedSpec is an item of feeds.
type feedSpec struct {
	name, file    at[string]
	url           at[*url.URL]
	format, order at[string]
	columns       at[[]at[string]]
}

var feedForm = sync.OnceValue(func() form[feedSpec] {
	return object(
		field("name", nameOfFolder("small letters, digits, - and _, a letter or digit first"), func(f *feedSpec) *at[string] { return &f.name },
			"What reports and requests call the feed; unique.").required(),
		field("file", anyText("a file name", 1), func(f *feedSpec) *at[string] { return &f.file },
			"The file with the data, relative to the scenario's file. It is read once, before any load."),
		field("url", feedAddress(), func(f *feedSpec) *at[*url.URL] { return &f.url },
			"In place of a file, where the data are fetched, once, before any load: http:// or https://, of an address that may be loaded too."),
		field("format", oneOf(string(feed.CSV), string(feed.JSON), string(feed.Loaderio)), func(f *feedSpec) *at[string] { return &f.format },
			"csv (RFC 4180, in UTF-8, with commas, semicolons or tabs), jsonl (an object a row, all with the same members), or loader.io's payload files of both kinds.").
			or("by the name's ending: .csv or .tsv, .jsonl or .ndjson, .json for loader.io"),
		field("columns", listOf(anyText("the name of a column", 1), "a list of names", 1), func(f *feedSpec) *at[[]at[string]] { return &f.columns },
			"The names of the columns of a CSV whose first row is not names but data.").or("those in the first row"),
		field("order", oneOf(string(feed.Sequential), string(feed.Random), string(feed.Unique)), func(f *feedSpec) *at[string] { return &f.order },
			"Which row a pass gets, by its number. sequential: as they stand, and the first again behind the last. random: in an order drawn from `load.seed`, each row once before any comes again. unique: as they stand, and none twice in a run, which is refused beforehand if there are too few rows; for open loads.").
			or(`"sequential"`),
	)
})

func feedAddress() form[*url.URL] {
	const words = "an address such as https://shop.example.com/users.csv"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: `^` + schemePattern + `.+`})
	return scalar(words, schema, func(s string) (*url.URL, error) {
		u, err := url.Parse(s)
		if err == nil {
			_, err = route.Host(u)
		}
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" || strings.ContainsAny(s, " \t\n") {
			return nil, &refusal{message: "must be " + words}
		}
		return u, nil
	}, text)
}

// formats are the formats by the endings of names.
var formats = map[string]feed.Format{
	".csv": feed.CSV, ".tsv": feed.CSV, ".jsonl": feed.JSON, ".ndjson": feed.JSON, ".json": feed.Loaderio,
}

// feeds are the sources of data, and the names that they give to values.
func (b *builder) feeds(s scenarioSpec) (all []Feed) {
	b.names = names{of: map[string]string{}, added: map[string]bool{}, later: s.captured()}
	for _, r := range append(slices.Clone(s.requests.value), s.request) {
		b.names.added[r.value.payload.value] = true
	}
	for _, f := range s.feeds.value {
		if !f.ok() {
			continue
		}
		w := f.value
		out := Feed{Name: w.name.value, URL: w.url.value, Order: feed.Sequential}
		if w.name.ok() && slices.ContainsFunc(all, func(o Feed) bool { return o.Name == out.Name }) {
			b.fault(w.name.node, "is the name of another feed too", "")
		}
		if w.file.given() == w.url.given() {
			b.fault(f.node, "must have either file or url", "say where the data are: file: users.csv")
			continue
		}
		if w.order.ok() {
			out.Order = feed.Order(w.order.value)
		}
		b.shape(w, &out)
		all = append(all, out)
		if out.Order == feed.Unique {
			b.uniqueRows(s, w.order.node)
		}
	}
	return all
}

// shape is how a feed is read.
func (b *builder) shape(w feedSpec, out *Feed) {
	node, path := w.file.node, w.file.value
	out.Source = b.shown(path)
	if w.url.given() {
		node, path, out.Source = w.url.node, "", "feed "+out.Name
		if w.url.ok() {
			path = w.url.value.Path
		}
	} else {
		out.File = b.beside(path)
	}
	out.Format = formats[strings.ToLower(filepath.Ext(path))]
	if w.format.ok() {
		out.Format = feed.Format(w.format.value)
	}
	for _, c := range w.columns.value {
		if c.ok() && slices.Contains(out.Columns, c.value) {
			b.fault(c.node, "is the name of another column too", "")
		}
		out.Columns = append(out.Columns, c.value)
	}
	switch {
	case node.broken || w.format.given() && !w.format.ok():
		node.broken = true
	case out.Format == "":
		b.fault(node, "does not tell by its ending how the data are written", "say format: csv, jsonl or loader.io")
		node.broken = true
	case w.columns.given() && out.Format != feed.CSV:
		b.fault(w.columns.node, "is for CSV: these data name their columns themselves", "leave it out")
	case w.file.ok():
		b.head(w, *out)
		return
	}
	b.names.open = true // a URL is fetched when a run begins
}

// head reads the names of a file's columns.
func (b *builder) head(w feedSpec, f Feed) {
	file, err := b.open(f.File)
	if err != nil {
		b.unreadable(w.file.node, err)
		b.names.open = true
		return
	}
	defer file.Close()
	head, err := feed.Head(file, f.Shape)
	if err != nil {
		b.fault(w.file.node, "cannot be used: "+err.Error(), "")
		b.names.open = true
		return
	}
	for _, t := range head.Tables {
		if !t.Variables && b.names.added[f.Name] {
			continue
		}
		for _, c := range t.Columns {
			if !template.ValidName(c) {
				b.names.unsayable = append(b.names.unsayable, c)
				continue
			}
			if other, taken := b.names.of[c]; taken {
				b.fault(w.file.node, "has a column "+c+", as "+other+" has", "rename one of them: a name stands for one value")
			}
			b.names.of[c] = "feed " + f.Name
		}
	}
}

// uniqueRows finds loads of which nobody knows beforehand how many rows they take.
func (b *builder) uniqueRows(s scenarioSpec, n *node) {
	if s.capacity.given() {
		b.fault(n, "cannot be unique here: how many rows a search takes is known when it has ended", "write sequential or random")
		return
	}
	written := []loadSpec{s.load.value}
	for _, l := range s.loads.value {
		written = append(written, l.value.loadSpec)
	}
	for _, w := range written {
		kind := loadType(w)
		byClients := kind == plan.Stages && len(w.stages.value) > 0 && !w.stages.value[0].value.rate.given()
		if kind == plan.MaintainClientLoad || byClients {
			b.fault(n, "cannot be unique here: how many rows clients take that are maintained is known when they have ended",
				"write sequential or random, or take a load of clients-per-test, clients-per-second or a rate")
			return
		}
	}
}

// names are the values that requests may name.
type names struct {
	of    map[string]string // the feed or the request that gives a value, by its name
	later map[string]string // the request that captures a value
	added map[string]bool   // feeds whose columns are added to requests, and not named
	open  bool              // there may be others, in feeds that were not read
	// unsayable are columns whose names cannot stand in a text.
	unsayable []string
}

// unknown is the error of a text that names a value which there is not.
func (n names) unknown(t template.Text) error {
	literal := t.With(func(template.Value) string { return "" })
	for _, c := range n.unsayable {
		if form := "{{" + c + "}}"; strings.Contains(literal, form) {
			return fmt.Errorf("holds %s, a column whose name cannot stand there: rename the column, to a letter and then letters, digits and _", form)
		}
	}
	err := t.Unknown(slices.Sorted(maps.Keys(n.of)))
	if early := n.tooEarly(err); early != err || !n.open {
		return early
	}
	return nil // the run finds it, before any load
}

// payload is the feed whose columns are added to a request; "" is none.
func (b *builder) payload(s scenarioSpec, r requestSpec, request attack.Request) string {
	if !r.payload.ok() {
		return ""
	}
	if AddsToBody(request.Method) && (request.Verbatim || len(request.Body) > 0 && request.Header.Get("Content-Type") != FormType) {
		b.fault(r.payload.node, "adds to a form, and the body is none", "write the values into the body, as {{name}}, or say Content-Type: "+FormType+" under headers")
	}
	var known []string
	for _, f := range s.feeds.value {
		known = append(known, f.value.name.value)
	}
	if name := r.payload.value; !slices.Contains(known, name) {
		b.fault(r.payload.node, "is no feed"+r.payload.node.got(), suggestName(name, known))
	}
	return r.payload.value
}

// Adds reports that the columns of a feed are added to requests, and not named.
func (s *Scenario) Adds(f Feed) bool {
	return slices.Contains(slices.Collect(maps.Values(s.Payloads)), f.Name)
}

// FormType is the type of bodies that the columns of a payload are added to.
const FormType = "application/x-www-form-urlencoded"

// AddsToBody reports that a request of a method has the columns of a payload in its body, as a form. Any
// other has them in its query.
func AddsToBody(method string) bool {
	return slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, method)
}
