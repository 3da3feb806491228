package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What single values may be, the schema says as check does. These alone only check can
// know: what depends on other values, on files, or on a grammar that no pattern has.
var onlyCheckKnows = map[string]string{
	"request.body_file":    "whether the file is there",
	"compare.baseline":     "which targets there are",
	"compare.candidate":    "which targets there are",
	"request.expect.match": "whether it is a regular expression: their grammar is not regular",

	"load.pause":               "whether a pause goes from a shorter to a longer one",
	"request.pause":            "the same",
	"targets.0.host_from.body": "whether it is a regular expression",
}

// kitchen is a scenario with every key that goes with an open load.
const kitchen = `{
	"name": "all of it", "engine": "auto",
	"load": {"type": "clients-per-test", "clients": 50, "duration": "1m", "arrivals": "poisson", "seed": 7, "timeout": "5s",
		"error_threshold": "50%", "connections": "shared", "max_connections": 100, "pacing": "batch", "local_addresses": ["127.0.0.1"]},
	"request": {"name": "one", "method": "POST", "path": "a", "headers": {"X-A": "b", "Host": "h"}, "body": "b", "follow": 1,
		"auth": {"user": "u", "password": "p"}, "expect": {"status": [200, "2xx"], "body": "x", "match": "a+", "header": {"X-B": "c"}}},
	"targets": [{"name": "single", "url": "http://h", "replicas": 1, "insecure": false, "http2": false}, {"name": "cluster", "url": "http://h:81"}],
	"ledger": {"dsn": "u:p@tcp(h:1)/d", "table": "t", "column": "c"},
	"cluster": {"docker": ["unix:///run/d.sock", "tcp://h:2375"], "service": "web"}, "allow_faults": true,
	"faults": [{"at": "0s", "kill": "one"}, {"at": "0s", "scale": 5}],
	"compare": {"baseline": "single", "candidate": "cluster", "rounds": 2, "most_rounds": 8, "seed": 1, "cool_down": "1s", "warm_up": "1s", "budget": "10m"},
	"thresholds": ["p95 < 1s"], "decide": "interval",
	"gate": {"p95": {"worse_by": "10%", "and": "5ms", "max": "1s"}, "rate_rps": {"worse_by": "10%", "and": 5, "min": 1, "max": 9}, "error_rate": {"and": "1%", "max": "1%"}, "lost": {"max": 0}, "outage": {"max": "2s"}}, "outage": "5s"}`

// mutant is a value at a path in one of the loads.
type mutant struct{ load, path, value string }

func mutants() []mutant {
	const open, maintain, rate, stages = `{"type": "per-test", "clients": 50, "duration": "1m"}`,
		`{"type": "maintain-client-load", "from": 0, "clients": 50, "duration": "1m"}`, `{"type": "rate", "rate": 5, "duration": "1m"}`,
		`{"type": "stages", "stages": [{"duration": "1m", "rate": 5}, {"duration": "0s", "rate": 5}]}`
	times := []string{`"90s"`, `"1m30s"`, `"1.5h"`, `".5s"`, `"+5s"`, `"500ms"`, `"0s"`, `"0h0m"`, `"1us"`, `"999us"`, `"1µs"`, `"1μs"`, `"0.5ms"`, `"0.0009s"`, `"1ns"`, `"0.9ns"`,
		`"0.0000000001s"`, `"744h"`, `"745h"`, `"800h"`, `"9999999h"`, `"44640m"`, `"44641m"`, `"2678400s"`, `"2678401s"`, `"-1s"`, `"1 s"`, `"1m 30s"`, `"30s1m"`, `"1s1s"`, `"5d"`, `"2 minutes"`, `"1e3s"`, `"s"`, `"."`, `"1.s"`, `90`, `"90"`}
	counts := []string{`1`, `2`, `1.0`, `2.5`, `1e2`, `1e30`, `50.0`, `-1`, `0`, `1000000000`, `1000000001`, `2147483647`, `2147483648`, `"1"`, `100000`, `100001`, `50`, `51`, `1000`, `1001`, `1000000`, `1000001`}
	shares := []string{`"0%"`, `"50%"`, `"12.5%"`, `"100%"`, `"100.0%"`, `"100.5%"`, `"101%"`, `"50 %"`, `"50  %"`, `"1000%"`, `"1001%"`, `"-1%"`, `0.5`, `50`, `"50"`, `"1,5%"`, `"5e1%"`, `".5%"`}
	rates := []string{`200`, `0.5`, `0.3333333333333333`, `"200"`, `"200/s"`, `".5/s"`, `"0"`, `"0.0/s"`, `"0.000001"`, `0`, `1e3`, `1e9`, `1.5e9`, `"1000000000/s"`, `"1000000001/s"`, `"1e3"`, `-1`, `"-1"`, `"30/m"`, `"1/60"`, `"200 /s"`, `"1.5.5"`}
	status := []string{`200`, `200.0`, `99`, `600`, `100`, `599`, `"200"`, `"2xx"`, `"6xx"`, `"2XX"`, `"20x"`, `20`, `"300-399"`, `"399-300"`, `"300-600"`, `"099-200"`, `"2xx-3xx"`, `[200, "3xx"]`, `[]`, `[[200]]`, `["200 OK"]`}
	names := []string{`"a"`, `"-"`, `" a"`, `"a "`, `"a b"`, `"\u00a0"`, `"\u200b"`, `"a\u00a0b"`, `"a\tb"`, `"a\u2028b"`, `"a\u007fb"`, `"日本"`, `"👩‍🚀"`, quote(strings.Repeat("ü", 100)), quote(strings.Repeat("x", 101)), quote(strings.Repeat("x", 64)), quote(strings.Repeat("x", 65)), `"A"`, `"_a"`, `"a-b_c"`}
	addresses := []string{`"http://127.0.0.1:8080"`, `"HTTP://h"`, `"hTTps://H.example/"`, `"http://h/app/"`, `"http://h/app"`, `"http://h?x"`, `"http://h/?"`, `"http://h#f"`, `"http://h/#"`, `"http://"`, `"http:///x/"`,
		`"http://h:0"`, `"http://h:1"`, `"http://h:65535"`, `"http://h:65536"`, `"http://h:99999"`, `"http://h:"`, `"http://h:x"`, `"http://h:080"`, `"http://[::1]:80/"`, `"http://[fe80::1%25lo]"`, `"http://::1"`, `"http://[::1"`, `"http://h\n"`, `"http://h h"`, `" http://h"`,
		`"http://u:p@h"`, `"http://h/a%20b/"`, `"http://h/%zz/"`, `"http://h//"`, `"http://bücher.example"`, `"http://a_b"`, `"ftp://h"`, `"h:80"`, `"//h"`, `"localhost"`, `"unix:/run/x.sock"`, `"unix:///run/x"`, `"unix:/"`, `"unix:run/x"`, `"unix:"`, `"UNIX:/x"`, `"unix:/a b"`}
	paths := []string{`"/"`, `"/x?a=b"`, `"x"`, `"x/y:z"`, `"a:b"`, `"1:b"`, `"?x=1"`, `"//evil"`, `"///x"`, `"/x//y"`, `"#frag"`, `"/x#"`, `"/x#f"`, `"/%zz"`, `"/%2"`, `"/%20"`, `"/x?%zz"`, `"/a b"`, `"/ä"`, `"/x\n"`, `"/x?\n"`, `"/x?a#"`,
		`"http://h"`, `"HTTPS://h/x?y"`, `"http://u@h/"`, `"http://u:p@h/"`, `"http://"`, `"http://h:99999/"`, `"http://h:80/a%2Fb"`, `"ftp://h/"`, `"mailto:x"`, `"./x"`, `"../x"`, `"*"`, `"/[1]"`, `"/x?[1]&y=;"`, `"http:x"`, `"http:/x"`, `"https://[::1]/x"`,
		`"/%{1, 2}"`, `"/x?a=%{1:100:2}"`, `"%{*:1-5}/x"`, `"/%{}"`, `"/%%{1}"`, `"/{{$client}}/{{$random:1:5}}?id={{$uuid}}"`, `"{{$random:1:5}}"`, `"http://h/%{1}"`, `"http://{{$client}}/"`, `"http://h:%{1}/"`}
	hosts := []string{`{"Host": "a b"}`, `{"hOsT": "a b"}`, `{"Host": ""}`, `{"Host": "h:80"}`, `{"Host": "h:"}`, `{"Host": "h:99x"}`, `{"Host": "u@h"}`, `{"Host": "a/b"}`, `{"Host": "[::1]:80"}`, `{"Host": "http://a"}`, `{"Host": 5}`, `{"Host": "bücher"}`}
	targetHosts := []string{`"h"`, `"h:80"`, `"h:"`, `"h:99x"`, `"u@h"`, `"a b"`, `"a/b"`, `"[::1]"`, `"[::1]:80"`, `"::1"`, `"http://a"`, `"bücher"`, `"h?x"`, `"h#x"`, `""`}
	headers := []string{`{}`, `{"X A": "b"}`, `{"": "b"}`, `{"X-Ä": "b"}`, `{"X:A": "b"}`, `{"x-a": "a\tb"}`, `{"X": "a\rb"}`, `{"X": "a\nb"}`, `{"X": "\u0000"}`, `{"X": "\u0001"}`, `{"X": "\u007f"}`, `{"X": "é"}`, `{"X": ""}`, `{"X": 1.5}`, `{"X": true}`, `{"X": null}`, `{"X": ["a"]}`, `{"X": {}}`,
		`{"content-LENGTH": "5"}`, `{"Transfer-Encoding": "chunked"}`, `{"Trailer": "X"}`, `{"Connection": "close"}`, `{"!#$%&'*+.^_|~-9": "x"}`}
	thresholds := []string{`[]`, `["p95 < 500ms"]`, `["p95<500ms"]`, `["  p95  <  500 ms "]`, `["p95 < 500"]`, `["p95 < -1s"]`, `["P95 < 1s"]`, `["p100 < 1s"]`, `["p0 < 1s"]`, `["p00.0 < 1s"]`, `["p00.05 < 1s"]`, `["p5 < 1s"]`, `["p99.99 < 1us"]`, `["p999 < 1µs"]`, `["p9999.9 < 1s"]`, `["p99999 < 1s"]`, `["p500 < 1s"]`,
		`["single.p95 < 1s"]`, `["single.service.mean >= 1ms"]`, `["response.max == 5s"]`, `["service.error_rate < 1%"]`, `["single.lost == 0"]`, `["error_rate < 1%"]`, `["error_rate < 1"]`, `["error_rate < 0"]`, `["error_rate < 0.0"]`, `["error_rate < 0.5%"]`, `["error_rate <= 1 %"]`, `["errors < 1%"]`, `["max_deviation != 5%"]`,
		`["rate > 5"]`, `["rate_rps > 5/s"]`, `["success_rps > 5 /s"]`, `["rate > 5%"]`, `["lost = 0"]`, `["lost == 0"]`, `["lost == 0.0"]`, `["lost == 0.5"]`, `["lost == 0%"]`, `["hosts >= 3"]`, `["dropped =< 3"]`, `["extra <> 3"]`, `["extra < 1e3"]`, `["mean < 1h"]`, `["mean < 999999999999s"]`, `["mean < 1000000000000s"]`, `["mean < 1m"]`, `[""]`, `["p95"]`, `["p95 <"]`, `["< 1s"]`, `[5]`, `[null]`, `"p95 < 1s"`, `{}`}
	dsns := []string{`"u:p@tcp(h:1)/d"`, `"u@tcp/d"`, `"u@/d"`, `"/d"`, `"u:p@unix(/run/m.sock)/d?x=1"`, `"u:p@tcp(h:1)/"`, `"u:p@tcp(h:1)"`, `"u:p@h:1/d"`, `"u:p@(h:1)/d"`, `"u:p/@#:x@tcp(h:1)/d"`, `"u:p@tcp(h:1/d"`, `"mysql://u:p@h:1/d"`, `"d"`, `"u:p@tcp(h:1)/d%2Fe"`, `"u:p@tcp(h:1)/d%zz"`, `"u:p@tcp(h:1)/d?tls=true&readTimeout=5s"`,
		`"postgres://u:p@h/d"`, `"postgresql://u@h:5432/d?sslmode=disable"`, `"postgres://u:p@[::1]:5433/d"`, `"postgres://u@/d?host=/run/postgresql"`, `"postgres://u:p@h/"`, `"postgres://u:p@h"`, `"postgres://h/d"`, `"postgres://u:p@h,i/d"`, `"postgres://u:p@h:x/d"`, `"postgres://u:p@h/d/e"`, `"postgres://u:p@h/d#x"`}
	ips := []string{`["127.0.0.1"]`, `["127.0.0.2", "::1"]`, `["::"]`, `["::ffff:1.2.3.4"]`, `["1::"]`, `["1:2:3:4:5:6:7:8"]`, `["1:2:3:4:5:6:7::"]`, `["::2:3:4:5:6:7:8"]`, `["1:2:3:4:5:6:1.2.3.4"]`, `["1:2:3:4:5:6:7:8:9"]`, `["1:2"]`, `["fe80::1%lo"]`, `["fe80::1%"]`, `["127.0.0.256"]`, `["127.0.0.01"]`, `["127.1"]`, `["localhost"]`, `["127.0.0.1:80"]`, `[""]`, `["12345::"]`, `["1::2::3"]`, `[5]`}
	amounts := slices.Concat(times[:18], counts[:12], shares, rates, []string{`2e9`, `"+5s"`, `"5 ms"`})

	var all []mutant
	at := func(load string, values []string, paths ...string) {
		for _, path := range paths {
			for _, value := range slices.Concat(values, anything) {
				all = append(all, mutant{load, path, value})
			}
		}
	}
	at("", nil, "engine", "load", "load.type", "load.arrivals", "load.connections", "load.pacing", "request", "request.method", "request.body", "request.body_file", "request.auth", "request.auth.user", "request.auth.password",
		"request.expect", "request.expect.body", "targets", "targets.0", "targets.0.insecure", "targets.0.http2", "ledger", "cluster", "compare", "gate", "x-any", "X-any", "nonsense", "load.nonsense", "requests")
	at("", []string{`[{"name": "a", "rate": 5, "duration": "1s"}]`, `[{"rate": 5, "duration": "1s"}]`, `[{"name": "a"}]`}, "loads")
	at("", nil, "loads.0.type", "loads.0.nonsense")
	at("", names, "loads.0.name")
	at("", counts, "loads.0.clients")
	at("", thresholds, "loads.0.thresholds")
	at("", []string{`"GET"`, `"get"`, `"auto"`, `"even"`, `"precise"`, `"shared"`, `"rawhttp"`}, "request.method", "engine", "load.arrivals")
	at("", names, "name", "request.name", "targets.0.name", "compare.baseline", "compare.candidate")
	at(open, counts, "load.clients", "load.seed")
	at("", counts, "load.max_connections", "request.follow", "targets.0.replicas", "compare.rounds", "compare.seed")
	at(open, times, "load.duration", "load.timeout", "compare.cool_down", "compare.warm_up", "compare.budget")
	pauses := slices.Concat(times, []string{`"1s..3s"`, `"1s..1s"`, `"3s..1s"`, `"0s..1ns"`, `".5s...7s"`, `"1s .. 3s"`, `"1..3"`, `"1s..3"`, `"1s.."`, `"..3s"`, `".."`, `"1s..2s..3s"`, `"+1s..+3s"`, `"0s..744h"`, `"0s..745h"`,
		`"exponential 2s"`, `"exponential 0s"`, `"exponential 1s..2s"`, `"exponential"`, `"exponential  2s"`, `"Exponential 2s"`, `"exponential -2s"`, `"uniform 1s"`})
	at("", pauses, "load.pause", "request.pause")
	at(maintain, times, "load.every")
	at(open, append(targetHosts, `"h\r\nX: y"`), "targets.0.host")
	at("", counts, "load.requests_per_connection")
	at("", nil, "load.keep_alive")
	at(maintain, counts, "load.from", "load.initial", "load.total")
	at(rate, rates, "load.rate")
	at(stages, times, "load.stages.1.duration")
	at(stages, rates, "load.stages.1.rate")
	at(stages, nil, "load.stages", "load.stages.0")
	at("", shares, "load.error_threshold")
	at("", status, "request.expect.status")
	at("", paths, "request.path")
	at("", slices.Concat(headers, hosts), "request.headers", "request.expect.header")
	at("", []string{`"("`, `"a{1001}"`, `"a(?=b)"`}, "request.expect.match")
	at("", []string{`{}`, `{"header": "X-A"}`, `{"body": "a(b)"}`, `{"header": "X-A", "body": "b"}`, `{"header": "X A"}`, `{"header": "tRAILER"}`, `{"header": 5}`, `{"body": 5}`}, "targets.0.host_from")
	captures := []string{`{"v": {"header": "X-V"}, "w_2": {"cookie": "w"}}`, `{"v": {"header": "X-V", "cookie": "v"}}`, `{"v": {}}`, `{"2v": {"header": "X-V"}}`, `{"v": {"header": "Trailer"}}`, `{"v": {"cookie": "a b"}}`, quote("X"), `{"v": "X-V"}`, `{"v": {"heder": "X-V"}}`}
	for _, path := range []string{"", "a", "$", "$.", "$.a.é_1", "$.a-b", "$.2", "$[0]", "$[01]", "$[-1]", "$[*]", "$..a", "$['a b']", "$['a'", `$['it\\'s'].x`, `$[\"a\"][1]`, "$a", "$.a "} {
		captures = append(captures, `{"v": {"json": `+quote(path)+`}}`)
	}
	at("", captures, "request.capture")
	at("", addresses, "targets.1.url")
	at("", dsns, "ledger.dsn")
	dockers := []string{`"unix:///run/d.sock"`, `"unix://d.sock"`, `"/run/d.sock"`, `"tcp://h:2375"`, `"tcp://h"`, `"tcp://[::1]:2375"`, `"tcp://h:2375/x"`, `"ssh://u@h"`, `"ssh://h:22"`, `"ssh://-oProxyCommand=x"`, `"http://h:2375"`, `"h"`, `"tcp://h:1,unix:///x"`, `"tcp://h:1,"`}
	at("", append(dockers, `["ssh://h"]`, `["h"]`, `[]`), "cluster.docker", "cluster.docker.0")
	at("", []string{`"web"`, `"shop_web-1.x"`, `"-web"`, `"web "`, `"a b"`, `"é"`}, "cluster.service")
	at("", []string{`"one"`, `"web.2"`, `"-x"`, `"a b"`}, "faults.0.kill")
	at("", counts, "faults.1.scale")
	at("", []string{`"t"`, `"d.t"`, `"d.t.c"`, `"t;"`, `"` + strings.Repeat("t", 65) + `"`, `"$_9"`, `"é"`}, "ledger.table", "ledger.column")
	at("", thresholds, "thresholds")
	at("", ips, "load.local_addresses")
	for _, metric := range []string{"p95", "success_rps", "error_rate", "extra"} {
		at("", []string{`{"worse_by": "10%"}`, `{"max": 0, "min": 0}`, `{"better_by": 1}`}, "gate."+metric)
		for _, key := range []string{"worse_by", "and", "max", "min"} {
			for _, value := range amounts {
				all = append(all, mutant{"", "gate." + metric, fmt.Sprintf(`{%q: %s}`, key, value)})
			}
		}
	}
	at("", nil, "gate.p97")
	return all
}

// anything is what may be written anywhere by mistake.
var anything = []string{`null`, `true`, `false`, `0`, `1`, `-1`, `1.0`, `1.5`, `1e3`, `1e12`, `""`, `" "`, `"x"`, `"5"`, `"yes"`, `"a\nb"`, `"\u0000"`, `"10s"`, `"10%"`, `"10/s"`,
	`[]`, `[1]`, `["x"]`, `[null]`, `{}`, `{"a": 1}`, quote(strings.Repeat("x", 5000))}

func quote(s string) string { return `"` + s + `"` }

// put sets a value at a dotted path of a JSON document.
func put(doc any, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	if l, ok := doc.([]any); ok {
		i, _ := strconv.Atoi(name)
		if deeper {
			put(l[i], rest, value)
		} else {
			l[i] = value
		}
		return
	}
	m := doc.(map[string]any)
	if deeper {
		put(m[name], rest, value)
	} else {
		m[name] = value
	}
}

func TestSchemaAndCheckAgreeOnMutants(t *testing.T) {
	schema := resolvedSchema(t)
	tried, refused := 0, 0
	for _, m := range mutants() {
		var doc, value any
		unmarshal(t, kitchen, &doc)
		if m.load != "" {
			var load any
			unmarshal(t, m.load, &load)
			put(doc, "load", load)
		}
		unmarshal(t, m.value, &value)
		if strings.HasPrefix(m.path, "loads.") {
			put(doc, "loads", []any{map[string]any{"name": "a", "type": "per-test", "clients": 50, "duration": "1m"}})
		}
		put(doc, m.path, value)
		switch m.path { // other spellings of what is there, and keys that stand alone
		case "load.total":
			delete(doc.(map[string]any)["load"].(map[string]any), "clients")
		case "load.initial":
			delete(doc.(map[string]any)["load"].(map[string]any), "from")
		case "targets.0.name":
			delete(doc.(map[string]any), "compare")
		case "loads", "loads.0.type", "loads.0.name", "loads.0.clients", "loads.0.thresholds", "loads.0.nonsense":
			delete(doc.(map[string]any), "load")
		case "requests":
			delete(doc.(map[string]any), "request")
		case "request.body_file":
			delete(doc.(map[string]any)["request"].(map[string]any), "body")
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		bySchema := schema.Validate(doc)
		_, byCheck := Parse("a.yaml", raw, Options{})
		tried++
		if byCheck != nil {
			refused++
		}
		if (bySchema == nil) != (byCheck == nil) && onlyCheckKnows[m.path] == "" {
			t.Errorf("%s = %.80s\n  schema: %.200v\n  check:  %.200v", m.path, m.value, bySchema, byCheck)
		}
	}
	t.Logf("%d mutants, of which check refuses %d", tried, refused)
	if tried < 2000 || refused < 1000 || tried-refused < 300 {
		t.Errorf("only %d mutants, of which check refuses %d", tried, refused)
	}
}

func unmarshal(t *testing.T, src string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(src), into); err != nil {
		t.Fatalf("%v in %s", err, src)
	}
}
