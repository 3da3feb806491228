package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
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
		{ID: "method", Label: "Method", Kind: "select", Value: "GET", Keys: []string{"request.method", "requests.0.method"}, Options: methods},
		{ID: "host", Label: "Host", Hint: "with a port where it is not the usual one", Kind: "text", Keys: []string{"targets"}},
		{ID: "path", Label: "Path", Kind: "text", Value: "/", Keys: []string{"request", "request.path", "requests.0", "requests.0.path"}},
	}
	methods = []option{{"GET", "GET"}, {"POST", "POST"}, {"PUT", "PUT"}, {"PATCH", "PATCH"}, {"DELETE", "DELETE"}, {"HEAD", "HEAD"}, {"OPTIONS", "OPTIONS"}}
	// requestInputs are those of each request of a pass beside its method and path; their keys are below the request's.
	requestInputs = []input{
		{ID: "headers", Label: "Headers", Hint: "a line each: Name: value", Kind: "area", Keys: []string{"headers"}},
		{ID: "body", Label: "Body", Kind: "area", Keys: []string{"body"}},
		{ID: "user", Label: "User of basic authentication", Kind: "text", Keys: []string{"auth", "auth.user"}},
		{ID: "password", Label: "Its password", Hint: "it is kept, and never shown again", Kind: "password", Keys: []string{"auth.password"}},
		{ID: "status", Label: "Expected status", Hint: "such as 200, 2xx or 200, 302; without one any below 400", Kind: "text", Keys: []string{"expect", "expect.status"}},
		{ID: "expect", Label: "Expected in the body", Hint: "a text; an answer without it is no success", Kind: "text", Keys: []string{"expect.body"}},
		{ID: "json", Label: "Expected values of JSON", Hint: "a line each: $.status = ok", Kind: "area", Keys: []string{"expect.json"}},
		{ID: "capture", Label: "Variables, taken from the answer", Hint: "a line each: token: header X-Token, or cookie NAME, json $.id, match a regular expression; later requests hold {{token}}", Kind: "area", Keys: []string{"capture"}},
		{ID: "payload", Label: "Payload file", Kind: "select", Keys: []string{"payload"}, Options: []option{{"", "adds nothing by itself"}, {feedName, "adds all its columns"}}},
	}
	moreInputs = []input{
		{ID: "payload_url", Label: "Payload file, at the address", Hint: "CSV, JSON lines or loader.io’s; fetched once a run; requests hold {{column}}", Kind: "text", Keys: []string{"feeds"}},
		{ID: "payload_format", Label: "Its format", Kind: "select", Keys: []string{"feeds.0.format"}, Options: []option{
			{"", "by the address’s ending"}, {"csv", "CSV"}, {"jsonl", "JSON lines"}, {"loader.io", "loader.io’s payload file"}}},
		{ID: "payload_order", Label: "Its rows", Kind: "select", Keys: []string{"feeds.0.order"}, Options: []option{
			{"", "one after the other, and again"}, {"random", "in a drawn order"}, {"unique", "none twice"}}},
		{ID: "timeout", Label: "Timeout", Hint: "such as 10s", Kind: "text", Keys: []string{"load.timeout"}},
		{ID: "pause", Label: "Pause after each request", Hint: "such as 2s, or 1s..3s", Kind: "text", Keys: []string{"load.pause"}},
		{ID: "error_threshold", Label: "Error threshold", Hint: "such as 50%: with more failures than that the test is ended", Kind: "text", Keys: []string{"load.error_threshold"}},
		{ID: "stages", Label: "Stages", Hint: "in place of test type, clients and duration, a line each: 30s 100 clients, or 30s 100/s", Kind: "area", Keys: []string{"load.stages"}},
		{ID: "thresholds", Label: "Thresholds", Hint: "a line each, such as p95 < 500ms or error_rate < 1%", Kind: "area", Keys: []string{"thresholds"}},
		{ID: "gate", Label: "Gate", Hint: "a line each, such as p95 worse_by 10% and 5ms, or error_rate max 1%: each result has a page that holds it to them and to the newest result before it; its verdict is by the thresholds alone; “stress gate” holds a run of the exported scenario to the same", Kind: "area", Keys: []string{"gate"}},
		{ID: "second", Label: "A second host, compared with the first", Hint: "such as the same service behind a balancer", Kind: "text", Keys: []string{"targets.1"}},
		{ID: "rounds", Label: "Rounds", Hint: "how often each host has its turn: from about ten on a difference can be told", Kind: "number", Keys: []string{"compare", "compare.rounds"}},
		{ID: "warm_up", Label: "Warm-up before each turn", Hint: "such as 2s; it counts for nothing", Kind: "text", Keys: []string{"compare.warm_up"}},
		{ID: "cool_down", Label: "Pause before each turn", Hint: "such as 5s", Kind: "text", Keys: []string{"compare.cool_down"}},
		{ID: "agents", Label: "Generators: how many agents put the load on", Kind: "number", Keys: []string{"generators", "generators.agents"}},
		{ID: "dsn", Label: "Database with the rows that the service writes", Hint: "user:password@tcp(host:3306)/name; it is kept, and never shown again", Kind: "secret", Keys: []string{"ledger", "ledger.dsn"}},
		{ID: "table", Label: "Its table", Kind: "text", Keys: []string{"ledger.table"}},
		{ID: "column", Label: "Its column with the host that served", Kind: "text", Keys: []string{"ledger.column"}},
	}
	aboutInputs = []input{
		{ID: "tags", Label: "Tags", Hint: "with commas between them", Kind: "text"},
		{ID: "notes", Label: "Notes", Kind: "area"},
		{ID: "callback", Label: "Callback", Hint: "the address that is told when a run has ended", Kind: "text"},
	}
)

// feedName is what the form calls its payload file.
const feedName = "payload"

// mostRequests is how many requests of a pass the form has at most: more of them are written as YAML.
const mostRequests = 10

// requestsOf is how many requests of a pass a form has, the first among them.
func requestsOf(v url.Values) int {
	n, _ := strconv.Atoi(v.Get("requests"))
	return max(1, min(n, mostRequests))
}

// requestID is the identifier of a field of request i of a pass.
func requestID(i int, id string) string {
	if i == 0 {
		return id
	}
	return "r" + strconv.Itoa(i) + "-" + id
}

// inputsOfRequest are the fields of request i of a pass that stand together: the method and the path of the first are
// elsewhere.
func inputsOfRequest(i int) []input {
	var all []input
	if i > 0 {
		all = []input{
			{ID: "method", Label: "Method", Kind: "select", Value: "GET", Options: methods, Keys: []string{"method"}},
			{ID: "path", Label: "Path", Hint: "empty leaves this request out", Kind: "text", Keys: []string{"", "path"}},
		}
	}
	all = slices.Concat(all, requestInputs)
	for n := range all {
		f := &all[n]
		f.ID = requestID(i, f.ID)
		var keys []string
		for _, k := range f.Keys {
			keys = append(keys, strings.TrimSuffix("requests."+strconv.Itoa(i)+"."+k, "."))
			if i == 0 {
				keys = append(keys, "request."+k)
			}
		}
		f.Keys = keys
	}
	return all
}

// inputsFor are all fields of a form that are of the scenario.
func inputsFor(v url.Values) []input {
	all := slices.Concat(firstInputs, moreInputs)
	for i := range requestsOf(v) {
		all = append(all, inputsOfRequest(i)...)
	}
	return all
}

// fieldOf is the field at which a fault of a key stands: the one whose key is the longest of those
// that the fault's begins with.
func fieldOf(key string, inputs []input) (id, label string) {
	id, label = "name", key
	longest := ""
	for _, f := range inputs {
		for _, k := range f.Keys {
			if (key == k || strings.HasPrefix(key, k+".")) && len(k) > len(longest) {
				id, label, longest = f.ID, f.Label, k
			}
		}
	}
	if n, found := strings.CutPrefix(id, "r"); found {
		if n, _, found = strings.Cut(n, "-"); found {
			i, _ := strconv.Atoi(n)
			label = "Request " + strconv.Itoa(i+1) + ", " + label
		}
	}
	return id, label
}

// withoutEmpty is a form without the requests whose path is empty, one behind the other.
func withoutEmpty(v url.Values) url.Values {
	n := 1
	for i := 1; i < requestsOf(v); i++ {
		if strings.TrimSpace(v.Get(requestID(i, "path"))) == "" {
			continue
		}
		for _, f := range inputsOfRequest(i) {
			v[requestID(n, strings.TrimPrefix(f.ID, requestID(i, "")))] = v[f.ID]
		}
		n++
	}
	v.Set("requests", strconv.Itoa(n))
	return v
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
