package convert

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/scenarios"
)

// loaderioTest is a test as loader.io's API has it (GET and POST /v2/tests). The API's first version, which the
// Ruby gem speaks, has one URL in the test itself.
type loaderioTest struct {
	loaderioURL
	Load           string        `json:"load"` // "FROM-TO-SECONDS" of the first version: clients at work
	ID             string        `json:"test_id"`
	Name           string        `json:"name"`
	Notes          string        `json:"notes"`
	Type           string        `json:"test_type"`
	Duration       int           `json:"duration"` // seconds
	Initial        int           `json:"initial"`
	Total          int           `json:"total"`
	Timeout        int           `json:"timeout"`         // ms
	ErrorThreshold *float64      `json:"error_threshold"` // percent
	URLs           []loaderioURL `json:"urls"`
}

type loaderioURL struct {
	URL            string             `json:"url"`
	Method         string             `json:"request_type"`
	Headers        pairs              `json:"headers"`
	Params         pairs              `json:"request_params"`
	Body           string             `json:"raw_post_body"`
	OldBody        string             `json:"post_body"` // the same, as it was called in 2013
	PayloadFile    string             `json:"payload_file_url"`
	Authentication login              `json:"authentication"`
	Credentials    login              `json:"credentials"` // the same, as the documents of POST call it
	Variables      []loaderioVariable `json:"variables"`
}

type login struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

// pairs are names with a text each: an object, or as the first version has it a list of objects with key
// and value.
type pairs map[string]string

func (p *pairs) UnmarshalJSON(src []byte) error {
	*p = pairs{}
	if !bytes.HasPrefix(src, []byte("[")) {
		var members map[string]scalar
		err := json.Unmarshal(src, &members)
		for name, value := range members {
			(*p)[name] = string(value)
		}
		return err
	}
	var list []struct {
		Key   string `json:"key"`
		Value scalar `json:"value"`
	}
	err := json.Unmarshal(src, &list)
	for _, of := range list {
		(*p)[of.Key] = string(of.Value)
	}
	return err
}

// scalar is the text of a JSON string, or of what a program wrote as the number or truth value that it is.
type scalar string

func (s *scalar) UnmarshalJSON(src []byte) error {
	switch src[0] {
	case '"':
		return json.Unmarshal(src, (*string)(s))
	case '{', '[':
		return &json.UnmarshalTypeError{Value: "list or object", Type: reflect.TypeFor[string]()}
	case 'n': // null
		*s = ""
	default:
		*s = scalar(src)
	}
	return nil
}

// loaderioVariable is a value of an answer, by a name of letters, digits and _.
type loaderioVariable struct {
	Name     string `json:"name"`
	Property string `json:"property"`
	Source   string `json:"source"` // "header", the only one that there is
}

// loaderioTypes are the types of loader.io's API, in small letters: those that it takes, and those
// that it gives.
var loaderioTypes = map[string]string{
	"per-test": "clients-per-test", "non-cycling": "clients-per-test", "clients per test": "clients-per-test",
	"per-second": "clients-per-second", "clients per second": "clients-per-second",
	"maintain-load": "maintain-client-load", "cycling": "maintain-client-load", "maintain client load": "maintain-client-load",
}

// Loaderio makes a scenario of a test as loader.io's API has it: what GET /v2/tests or
// GET /v2/tests/ID answers, or what POST /v2/tests is sent.
func Loaderio(src []byte, o Options) (*Scenario, error) {
	test, err := chooseTest(src, o.Test)
	if err != nil {
		return nil, err
	}
	if o.Name == "" {
		o.Name = test.Name
	}
	if err := test.modern(); err != nil {
		return nil, err
	}
	b := newBuilder(o)
	if err := b.loaderioLoad(test); err != nil {
		return nil, err
	}
	b.notes = plain.Line(test.Notes)
	b.payload = slices.ContainsFunc(test.URLs, func(u loaderioURL) bool { return u.PayloadFile != "" })
	for i, u := range test.URLs {
		if err := b.loaderioRequest(u); err != nil {
			return nil, fmt.Errorf("urls.%d: %w", i, err)
		}
	}
	return b.scenario()
}

// chooseTest is the only test of a text, or the one of a name or id.
func chooseTest(src []byte, wanted string) (loaderioTest, error) {
	var tests []loaderioTest
	if bytes.HasPrefix(bytes.TrimSpace(src), []byte("[")) {
		if err := decodeJSON(src, &tests); err != nil {
			return loaderioTest{}, err
		}
	} else {
		var one loaderioTest
		if err := decodeJSON(src, &one); err != nil {
			return loaderioTest{}, err
		}
		tests = append(tests, one)
	}
	var names []string
	var found []loaderioTest
	for _, t := range tests {
		names = append(names, fmt.Sprintf("%q (%s)", t.Name, t.ID))
		if wanted == "" || wanted == t.Name || wanted == t.ID {
			found = append(found, t)
		}
	}
	switch {
	case len(tests) == 0:
		return loaderioTest{}, errEmpty
	case len(found) == 1:
		return found[0], nil
	}
	return loaderioTest{}, fmt.Errorf("holds %d tests: name one of them by --test: %s", len(tests), strings.Join(names, ", "))
}

var errLoad = errors.New("load must be FROM-TO-SECONDS, such as 0-10-60")

// modern gives a test of the API's first version the form of its second.
func (t *loaderioTest) modern() error {
	if len(t.URLs) == 0 && t.URL != "" {
		t.URLs = []loaderioURL{t.loaderioURL}
	}
	if t.Load == "" {
		return nil
	}
	parts := strings.Split(t.Load, "-")
	if len(parts) != 3 {
		return errLoad
	}
	for i, n := range []*int{&t.Initial, &t.Total, &t.Duration} {
		var err error
		if *n, err = strconv.Atoi(parts[i]); err != nil {
			return errLoad
		}
	}
	t.Type = "cycling"
	return nil
}

func (b *builder) loaderioLoad(t loaderioTest) error {
	kind, known := loaderioTypes[strings.ToLower(t.Type)]
	if !known {
		return fmt.Errorf("test_type must be one of loader.io's, got %q", t.Type)
	}
	l := b.file.Load
	l.Type, l.Clients, l.Duration = kind, strconv.Itoa(t.Total), strconv.Itoa(t.Duration)+"s"
	if kind == "maintain-client-load" {
		l.From = strconv.Itoa(t.Initial)
	}
	if t.Timeout > 0 {
		l.Timeout = strconv.Itoa(t.Timeout) + "ms"
	}
	if t.ErrorThreshold != nil {
		l.ErrorThreshold = strconv.FormatFloat(*t.ErrorThreshold, 'f', -1, 64) + "%"
	}
	return nil
}

func (b *builder) loaderioRequest(u loaderioURL) error {
	if u.Method == "" {
		u.Method = http.MethodGet
	}
	u.URL, _, _ = strings.Cut(u.URL, "#") // parameters belong before it, and it is not sent
	u.Body = cmp.Or(u.Body, u.OldBody)
	e := exchange{method: strings.ToUpper(u.Method), address: u.URL, body: u.Body, values: true}
	for _, name := range slices.Sorted(maps.Keys(u.Headers)) {
		e.header = append(e.header, field{name, u.Headers[name]})
	}
	if proof := cmp.Or(u.Authentication, u.Credentials); proof.Login != "" {
		e.user, e.password = proof.Login, proof.Password
	}
	if len(u.Params) > 0 {
		if err := b.addParams(&e, u.Params); err != nil {
			return err
		}
	}
	if u.PayloadFile != "" {
		feed := b.payloadFile(u.PayloadFile)
		if u.Body == "" { // which columns could be added to: a raw body only names them
			e.payload = feed
		}
	}
	if err := b.add(e, literal); err != nil {
		return err
	}
	b.variables(u.Variables)
	return nil
}

// payloadFile is the name of the feed of a payload file.
func (b *builder) payloadFile(address string) string {
	for _, f := range b.file.Feeds {
		if f.URL == literal(address) {
			return f.Name
		}
	}
	f := scenarios.FileFeed{Name: "payload", URL: literal(address), Format: "loader.io", Order: "random"}
	if n := len(b.file.Feeds); n > 0 {
		f.Name += "-" + strconv.Itoa(n+1)
	}
	b.file.Feeds = append(b.file.Feeds, f)
	return f.Name
}

// addParams puts parameters where loader.io does: into the query, or into the body of a request
// that has one.
func (b *builder) addParams(e *exchange, params map[string]string) error {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		value, err := b.escaped(params[name])
		if err != nil {
			return err
		}
		pairs = append(pairs, url.QueryEscape(name)+"="+value)
	}
	values := strings.Join(pairs, "&")
	if slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, e.method) {
		if e.body != "" {
			return errors.New("request_params beside raw_post_body")
		}
		e.body = values
		if !slices.ContainsFunc(e.header, func(h field) bool { return strings.EqualFold(h.name, "Content-Type") }) {
			e.header = append(e.header, field{"Content-Type", "application/x-www-form-urlencoded"})
		}
		return nil
	}
	before := "?"
	if strings.Contains(e.address, "?") {
		before = "&"
	}
	e.address += before + values
	return nil
}

// expression is one of loader.io's, which scenarios have too, or a name.
var expression = lazy.Regexp(`%\{[^{}]*\}|\{\{ *[A-Za-z0-9_]+ *\}\}`)

// escaped is a text as a query has it, its expressions and the names of values as they are.
func (b *builder) escaped(s string) (string, error) {
	if _, err := template.Parse(s); err != nil {
		return "", err
	}
	var out strings.Builder
	for s != "" {
		at := expression().FindStringIndex(s)
		if at == nil {
			break
		}
		form := s[at[0]:at[1]]
		if name, isName := strings.CutPrefix(form, "{{"); isName && b.meaning(strings.Trim(name, " }")) == "" {
			form = url.QueryEscape(form)
		}
		out.WriteString(url.QueryEscape(s[:at[0]]) + form)
		s = s[at[1]:]
	}
	return out.String() + url.QueryEscape(s), nil
}
