package scenarios

import (
	"encoding/json"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/internal/golden"
)

func TestSchemaIsFresh(t *testing.T) { golden.Check(t, "schema.json", Schema()) }

func resolvedSchema(t testing.TB) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// asJSON is a YAML text as a schema validator sees it.
func asJSON(t testing.TB, src string) any {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaAcceptsTheCatalogue(t *testing.T) {
	schema := resolvedSchema(t)
	for _, e := range Catalogue() {
		if err := schema.Validate(asJSON(t, e.Source)); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

// What the schema says of a single value, Parse says too: both come from the same
// table, and this holds the halves of each row together.
func TestSchemaAndParseAgree(t *testing.T) {
	schema := resolvedSchema(t)
	for _, c := range []struct {
		key, value string
		good       bool
	}{
		{"name", `"x"`, true}, {"name", `""`, false}, {"name", `5`, false}, {"name", `[a]`, false},
		{"engine", `auto`, true}, {"engine", `nethttp`, true}, {"engine", `rawhttp`, true}, {"engine", `curl`, false}, {"engine", `"${E:-auto}"`, true},
		{"nonsense", `1`, false},
		{"load.type", `per-test`, true}, {"load.type", `non-cycling`, true}, {"load.type", `per-hour`, false},
		{"load.clients", `50`, true}, {"load.clients", `"50"`, false}, {"load.clients", `"${N:-50}"`, true},
		{"load.clients", `0`, false}, {"load.clients", `-1`, false}, {"load.clients", `1.5`, false}, {"load.clients", `1000000001`, false},
		{"load.clients", `true`, false}, {"load.clients", `null`, false}, {"load.clients", `[1]`, false}, {"load.clients", `{a: 1}`, false},
		{"load.duration", `90s`, true}, {"load.duration", `1m30s`, true}, {"load.duration", `1.5h`, true}, {"load.duration", `.5s`, true},
		{"load.duration", `60`, false}, {"load.duration", `"60"`, false}, {"load.duration", `1 m`, false}, {"load.duration", `-1s`, false},
		{"load.timeout", `500ms`, true}, {"load.timeout", `5d`, false},
		{"load.error_threshold", `50%`, true}, {"load.error_threshold", `0%`, true}, {"load.error_threshold", `12.5%`, true},
		{"load.error_threshold", `101%`, false}, {"load.error_threshold", `0.5`, false}, {"load.error_threshold", `"50"`, false},
		{"load.connections", `shared`, true}, {"load.connections", `none`, false},
		{"load.arrivals", `poisson`, true}, {"load.arrivals", `random`, false},
		{"load.seed", `7`, true}, {"load.seed", `-7`, false},
		{"request.method", `POST`, true}, {"request.method", `post`, false},
		{"request.path", `/x?a=b`, true}, {"request.path", `""`, false},
		{"request.follow", `3`, true}, {"request.follow", `51`, false},
		{"request.headers", `{X-A: b, Accept: 1, X-B: true}`, true}, {"request.headers", `{X-A: [b]}`, false}, {"request.headers", `[a]`, false},
		{"request.auth", `{user: a, password: b}`, true}, {"request.auth", `{user: a}`, false}, {"request.auth", `{user: a, password: b, realm: c}`, false},
		{"request.expect", `{status: 200}`, true}, {"request.expect", `{status: "200"}`, true}, {"request.expect", `{status: [200, 201, "300-399", 2xx]}`, true},
		{"request.expect", `{status: 600}`, false}, {"request.expect", `{status: 20x}`, false}, {"request.expect", `{status: []}`, false},
		{"request.expect", `{status: 2xx-3xx}`, false},
		{"request.expect", `{header: {X-A: b, X-B: ""}}`, true}, {"request.expect", `{body: ""}`, false},
		{"targets", `[]`, false}, {"targets", `[{name: a, url: "http://h"}]`, true}, {"targets", `[{name: A, url: "http://h"}]`, false},
		{"targets", `[{name: a, url: "unix:/run/x.sock"}]`, true}, {"targets", `[{name: a, url: "ftp://h"}]`, false},
		{"targets", `[{name: a, url: "http://h", insecure: true, http2: false, replicas: 3}]`, true},
		{"targets", `[{name: a, url: "http://h", insecure: yes}]`, false}, {"targets", `[{name: a}]`, false}, {"targets", `{name: a, url: "http://h"}`, false},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", table: t, column: c}`, true}, {"ledger", `{dsn: "u:p@tcp(h:1)/d", table: d.t, column: c}`, true},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", table: "a.b.c", column: c}`, false}, {"ledger", `{dsn: "u:p@tcp(h:1)/d", table: t, column: d.c}`, false},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", table: t}`, false}, {"ledger", `{dsn: "u:p@tcp(h:1)/d"}`, false},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", query: "SELECT h, COUNT(*) FROM t GROUP BY h"}`, true}, {"ledger", `{dsn: "postgres://u:p@h/d", query: "WITH x AS (SELECT 1) SELECT * FROM x;"}`, true},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", query: ""}`, false}, {"ledger", `{dsn: "u:p@tcp(h:1)/d", query: "SELECT 1", table: t, column: c}`, false},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", query: "SELECT 1", table: t}`, false}, {"ledger", `{dsn: "u:p@tcp(h:1)/d", query: "SELECT 1", column: c}`, false},
		{"ledger", `{dsn: "u:p@tcp(h:1)/d", query: "SELECT 1", claim: {column: n, request: query x}}`, false},
		{"thresholds", `[p95 < 1s]`, true}, {"thresholds", `[]`, true}, {"thresholds", `p95 < 1s`, false}, {"thresholds", `[5]`, false},
		{"compare", `{rounds: 0}`, false}, {"compare", `{rounds: 1, baseline: 5}`, false}, {"compare", `{rounds: 1001}`, false},
		{"compare", `{rounds: 10, seed: 7, cool_down: 5s, warm_up: 2s, budget: 10m}`, true}, {"compare", `{}`, true},
		{"compare", `{seed: -1}`, false}, {"compare", `{cool_down: 5}`, false}, {"compare", `{budget: soon}`, false},
		{"gate", `{}`, true}, {"gate", `{p95: {worse_by: 10%, and: 5ms, max: 1m0.5s}}`, true}, {"gate", `{p97: {max: 5ms}}`, false},
		{"gate", `{rate_rps: {worse_by: 1000%, min: 200, max: 300/s}}`, true}, {"gate", `{mean: {worse_by: 1001%}}`, false},
		{"gate", `{mean: {worse_by: 10}}`, false}, {"gate", `{mean: {and: -5ms}}`, false}, {"gate", `{mean: {and: 5 ms}}`, false},
		{"gate", `{error_rate: {and: 0.5%, max: "${SHARE:-1%}"}}`, true}, {"gate", `{error_rate: {max: 101%}}`, false},
		{"gate", `{p95: 10%}`, false}, {"gate", `[p95]`, false}, {"gate", `{p95: {better_by: 10%}}`, false},
	} {
		doc := map[string]any{
			"load":    map[string]any{"type": "clients-per-test", "clients": 50, "duration": "1m"},
			"request": map[string]any{"path": "/"},
			"targets": []any{map[string]any{"name": "one", "url": "http://127.0.0.1"}},
		}
		set(doc, c.key, asJSON(t, c.value))
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(t, string(raw))); (err == nil) != c.good {
			t.Errorf("%s: %s: the schema says %v", c.key, c.value, err)
		}
		if _, err := Parse("a.yaml", raw, Options{}); (err == nil) != c.good {
			t.Errorf("%s: %s: Parse says %v", c.key, c.value, err)
		}
	}
}

// set puts a value under "key" or "mapping.key".
func set(doc map[string]any, path string, value any) {
	for i := range len(path) {
		if path[i] == '.' {
			set(doc[path[:i]].(map[string]any), path[i+1:], value)
			return
		}
	}
	doc[path] = value
}
