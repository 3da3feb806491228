package web

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/scenarios"
)

// input is a field of the form of a test.
type input struct {
	ID, Label, Hint string
	Kind            string // of the element: "text", "number", "password", "secret", "select", "area"
	Options         []option
	Value           string // what it holds to begin with
	Keys            []string
	Faults          []string
}

// Shown is the value that the page holds: of a secret a variable alone, which stands for one that is kept.
func (f input) Shown() string {
	if (f.Kind == "password" || f.Kind == "secret") && !variable().MatchString(f.Value) {
		return ""
	}
	return f.Value
}

var variable = lazy.Regexp(`^\$\{\w+\}$`)

type option struct{ Value, Label string }

// The fields, in their order; the first are those of loader.io. Keys are those of the scenario whose
// faults stand at the field: of several that fit, the longest.
var (
	firstInputs = []input{
		{ID: "name", Label: "Name", Kind: "text", Keys: []string{"name"}},
		{ID: "type", Label: "Test type", Kind: "select", Value: "clients-per-test", Keys: []string{"load.type"}, Options: []option{
			{"clients-per-test", "Clients per test"}, {"clients-per-second", "Clients per second"}, {"maintain-client-load", "Maintain client load"}}},
		{ID: "from_clients", Label: "Clients, from", Hint: "for “Maintain client load” that goes from one number to another; else leave it empty", Kind: "number", Keys: []string{"load.from"}},
		{ID: "clients", Label: "Clients", Kind: "number", Value: "50", Keys: []string{"load.clients", "load"}},
		{ID: "duration", Label: "Duration", Kind: "number", Value: "1", Keys: []string{"load.duration"}},
		{ID: "unit", Label: "Unit of the duration", Kind: "select", Value: "m", Options: []option{{"s", "seconds"}, {"m", "minutes"}, {"h", "hours"}}},
		{ID: "protocol", Label: "Protocol", Kind: "select", Value: "http", Options: []option{{"http", "HTTP"}, {"https", "HTTPS"}}},
		{ID: "method", Label: "Method", Kind: "select", Value: "GET", Keys: []string{"request.method"}, Options: methods},
		{ID: "host", Label: "Host", Hint: "with a port where it is not the usual one", Kind: "text", Keys: []string{"targets"}},
		{ID: "path", Label: "Path", Kind: "text", Value: "/", Keys: []string{"request", "request.path"}},
	}
	moreInputs = []input{
		{ID: "urls", Label: "Further requests of a pass", Hint: "a line each: a method and a path, such as POST /save", Kind: "area", Keys: []string{"requests"}},
		{ID: "headers", Label: "Headers", Hint: "a line each: Name: value", Kind: "area", Keys: []string{"request.headers"}},
		{ID: "body", Label: "Body", Kind: "area", Keys: []string{"request.body"}},
		{ID: "user", Label: "User of basic authentication", Kind: "text", Keys: []string{"request.auth", "request.auth.user"}},
		{ID: "password", Label: "Its password", Hint: "it is kept, and never shown again", Kind: "password", Keys: []string{"request.auth.password"}},
		{ID: "status", Label: "Expected status", Hint: "such as 200, 2xx or 200, 302; without one any below 400", Kind: "text", Keys: []string{"request.expect", "request.expect.status"}},
		{ID: "expect", Label: "Expected in the body", Hint: "a text; an answer without it is no success", Kind: "text", Keys: []string{"request.expect.body"}},
		{ID: "timeout", Label: "Timeout", Hint: "such as 10s", Kind: "text", Keys: []string{"load.timeout"}},
		{ID: "error_threshold", Label: "Error threshold", Hint: "such as 50%: with more failures than that the test is ended", Kind: "text", Keys: []string{"load.error_threshold"}},
		{ID: "stages", Label: "Stages", Hint: "in place of test type, clients and duration, a line each: 30s 100 clients, or 30s 100/s", Kind: "area", Keys: []string{"load.stages"}},
		{ID: "thresholds", Label: "Thresholds", Hint: "a line each, such as p95 < 500ms or error_rate < 1%", Kind: "area", Keys: []string{"thresholds"}},
		{ID: "dsn", Label: "Database with the rows that the service writes", Hint: "user:password@tcp(host:3306)/name; it is kept, and never shown again", Kind: "secret", Keys: []string{"ledger", "ledger.dsn"}},
		{ID: "table", Label: "Its table", Kind: "text", Keys: []string{"ledger.table"}},
		{ID: "column", Label: "Its column with the host that served", Kind: "text", Keys: []string{"ledger.column"}},
	}
	aboutInputs = []input{
		{ID: "tags", Label: "Tags", Hint: "with commas between them", Kind: "text"},
		{ID: "notes", Label: "Notes", Kind: "area"},
		{ID: "callback", Label: "Callback", Hint: "the address that is told when a run has ended", Kind: "text"},
	}
	methods = []option{{"GET", "GET"}, {"POST", "POST"}, {"PUT", "PUT"}, {"PATCH", "PATCH"}, {"DELETE", "DELETE"}, {"HEAD", "HEAD"}, {"OPTIONS", "OPTIONS"}}
)

// fieldOf is the field at which a fault of a key stands: the one whose key is the longest of those
// that the fault's begins with.
func fieldOf(key string) (id, label string) {
	key = strings.Replace(key, "requests.0.", "request.", 1)
	id, label = "name", key
	longest := ""
	for _, f := range slices.Concat(firstInputs, moreInputs) {
		for _, k := range f.Keys {
			if (key == k || strings.HasPrefix(key, k+".")) && len(k) > len(longest) {
				id, label, longest = f.ID, f.Label, k
			}
		}
	}
	return id, label
}

// fileOf is the scenario that fields ask for. Whether it is a good one, [scenarios.Parse] says.
func fileOf(v url.Values) scenarios.File {
	at := func(id string) string { return strings.TrimSpace(v.Get(id)) }
	load := scenarios.FileLoad{Timeout: at("timeout"), ErrorThreshold: at("error_threshold")}
	if stages := lines(v, "stages"); len(stages) > 0 {
		load.Type, load.Stages = "stages", stagesOf(stages)
	} else {
		load.Type, load.Clients, load.From, load.Duration = at("type"), at("clients"), at("from_clients"), at("duration")+at("unit")
	}
	host := at("host")
	f := scenarios.File{
		Name: at("name"), Load: &load, Thresholds: lines(v, "thresholds"),
		Targets: []scenarios.FileTarget{{Name: scenarios.TargetName("://" + host), URL: at("protocol") + "://" + host}},
	}
	first := scenarios.FileRequest{Method: at("method"), Path: rooted(at("path")), Headers: headersOf(lines(v, "headers")), Body: v.Get("body")}
	if at("user") != "" || v.Get("password") != "" {
		first.Auth = &scenarios.FileAuth{User: at("user"), Password: v.Get("password")}
	}
	if status, text := at("status"), v.Get("expect"); status != "" || text != "" {
		first.Expect = &scenarios.FileExpect{Body: text}
		for part := range strings.FieldsFuncSeq(status, func(r rune) bool { return r == ',' || r == ' ' }) {
			first.Expect.Status = append(first.Expect.Status, part)
		}
	}
	if further := lines(v, "urls"); len(further) == 0 {
		f.Request = &first
	} else {
		f.Requests = []scenarios.FileRequest{first}
		for _, l := range further {
			method, path, found := strings.Cut(l, " ")
			if !found {
				method, path = "GET", l
			}
			f.Requests = append(f.Requests, scenarios.FileRequest{Method: method, Path: rooted(strings.TrimSpace(path))})
		}
	}
	if dsn, table, column := at("dsn"), at("table"), at("column"); dsn != "" || table != "" || column != "" {
		f.Ledger = &scenarios.FileLedger{DSN: dsn, Table: table, Column: column}
	}
	return f
}

// lines are those of an area that hold anything.
func lines(v url.Values, id string) []string {
	var all []string
	for l := range strings.Lines(v.Get(id)) {
		if l = strings.TrimSpace(l); l != "" {
			all = append(all, l)
		}
	}
	return all
}

// rooted is a path as loader.io takes it, with or without its first slash.
func rooted(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path
}

func headersOf(lines []string) map[string]string {
	if len(lines) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		all[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return all
}

// stagesOf are stages by their lines: a time, and a number of clients or of starts per second.
func stagesOf(lines []string) []scenarios.FileStage {
	var all []scenarios.FileStage
	for _, l := range lines {
		duration, level, _ := strings.Cut(l, " ")
		level = strings.TrimSpace(level)
		if rate, perSecond := strings.CutSuffix(level, "/s"); perSecond {
			all = append(all, scenarios.FileStage{Duration: duration, Rate: rate})
			continue
		}
		all = append(all, scenarios.FileStage{Duration: duration, Clients: strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(level, "s"), "client"))})
	}
	return all
}

var wholeDuration = lazy.Regexp(`^([0-9]+)([smh])$`)

// fieldsOf are the fields that ask for a scenario; all reports that they say the whole of it.
func fieldsOf(f scenarios.File) (v url.Values, all bool) {
	v = url.Values{}
	set := func(id, value string) { v.Set(id, value) }
	if f.Load == nil || len(f.Targets) != 1 {
		return v, false
	}
	load := f.Load
	set("type", load.Type)
	set("clients", load.Clients)
	set("from_clients", load.From)
	set("timeout", load.Timeout)
	set("error_threshold", load.ErrorThreshold)
	if m := wholeDuration().FindStringSubmatch(load.Duration); m != nil {
		set("duration", m[1])
		set("unit", m[2])
	}
	var stages []string
	for _, s := range load.Stages {
		level := s.Clients + " clients"
		if s.Rate != "" {
			level = s.Rate + "/s"
		}
		stages = append(stages, s.Duration+" "+level)
	}
	set("stages", strings.Join(stages, "\n"))
	protocol, host, _ := strings.Cut(f.Targets[0].URL, "://")
	set("protocol", protocol)
	set("host", host)
	set("thresholds", strings.Join(f.Thresholds, "\n"))
	requests := f.Requests
	if f.Request != nil {
		requests = []scenarios.FileRequest{*f.Request}
	}
	if len(requests) == 0 {
		return v, false
	}
	requestFields(v, requests)
	if l := f.Ledger; l != nil {
		set("dsn", l.DSN)
		set("table", l.Table)
		set("column", l.Column)
	}
	back := fileOf(v)
	f.Name, back.Name = "", ""
	f.Targets[0].Name, back.Targets[0].Name = "", ""
	return v, reflect.DeepEqual(f, back)
}

func requestFields(v url.Values, requests []scenarios.FileRequest) {
	first := requests[0]
	v.Set("method", first.Method)
	v.Set("path", first.Path)
	v.Set("body", first.Body)
	var headers, further []string
	for _, name := range slices.Sorted(maps.Keys(first.Headers)) {
		headers = append(headers, name+": "+first.Headers[name])
	}
	v.Set("headers", strings.Join(headers, "\n"))
	if first.Auth != nil {
		v.Set("user", first.Auth.User)
		v.Set("password", first.Auth.Password)
	}
	if first.Expect != nil {
		v.Set("status", strings.Join(first.Expect.Status, ", "))
		v.Set("expect", first.Expect.Body)
	}
	for _, r := range requests[1:] {
		further = append(further, fmt.Sprintf("%s %s", r.Method, r.Path))
	}
	v.Set("urls", strings.Join(further, "\n"))
}
