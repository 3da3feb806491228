package convert_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/scenarios/convert"
)

type reader = func([]byte, convert.Options) (*convert.Scenario, error)

// Files as other tools write them become the scenarios of the golden files.
func TestGoldenImports(t *testing.T) {
	for file, read := range map[string]struct {
		reader
		convert.Options
	}{
		"chrome.sh": {reader: convert.Curl}, "firefox.sh": {reader: convert.Curl}, "typed.sh": {reader: convert.Curl},
		"shop.har": {reader: convert.HAR}, "loaderio-list.json": {reader: convert.Loaderio}, "loaderio-test.json": {reader: convert.Loaderio},
		"loaderio-first.json": {reader: convert.Loaderio, Options: convert.Options{Name: "first version"}},
		"targets.http":        {reader: convert.Vegeta}, "targets.jsonl": {reader: convert.Vegeta},
	} {
		t.Run(file, func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			s, err := read.reader(src, read.Options)
			if err != nil {
				t.Fatal(err)
			}
			text, variables := s.YAML()
			golden.Check(t, filepath.Join("testdata", file+".yaml"), append(text, "# variables: "+strings.Join(variables, ", ")+"\n"...))
			parses(t, text)
		})
	}
}

// parses requires that a text is a scenario.
func parses(t *testing.T, text []byte) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("x.yaml", text, scenarios.Options{Lookup: func(string) (string, bool) { return "value", true }})
	if err != nil {
		t.Fatalf("%v of\n%s", err, text)
	}
	return s
}

// What a recording has beside the requests of its site is taken over where it is asked for.
func TestWhatOfAHARIsTaken(t *testing.T) {
	src, err := os.ReadFile("testdata/shop.har")
	if err != nil {
		t.Fatal(err)
	}
	for o, want := range map[convert.Options]string{
		{}:                                 "/ /api/cart?user=1 /login.php /account /api/orders /missing",
		{Assets: true}:                     "/ /style.css /app.js /logo.png /api/cart?user=1 /login.php /account /api/orders /missing",
		{Assets: true, ThirdParties: true}: "/ /style.css /app.js /logo.png http://localhost:8380/pixel.gif /api/cart?user=1 /login.php /account /api/orders /missing",
	} {
		s, err := convert.HAR(src, o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range s.File.Requests {
			got = append(got, r.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %q, want %s", o, got, want)
		}
	}
}

// Who types an address without its scheme is sent to https:// first. Secrets go to the target alone, so that
// is what is loaded.
func TestARecordingIsOfThePageBehindTheRedirect(t *testing.T) {
	s, err := convert.HAR([]byte(`{"log": {"entries": [
		{"request": {"method": "GET", "url": "http://shop.example/"}, "response": {"status": 301, "content": {}}},
		{"request": {"method": "GET", "url": "https://Shop.example/"}, "response": {"status": 200, "content": {"mimeType": "text/html"}}},
		{"request": {"method": "GET", "url": "https://shop.example/api"}, "response": {"status": 200, "content": {"mimeType": "application/json"}}}]}}`), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.File.Requests {
		got = append(got, r.Path)
	}
	if url := s.File.Targets[0].URL; url != "https://shop.example" || strings.Join(got, " ") != "http://shop.example/ / /api" {
		t.Errorf("%s at %s", got, url)
	}
}

// A body is what was sent, or it is left out, and the scenario says so.
func TestBodiesOfARecording(t *testing.T) {
	for data, want := range map[string]struct{ body, leftOut string }{
		`"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a", "value": "1"}]`:       {leftOut: "the body of POST /up: the recording has its fields alone"},
		`"mimeType": "multipart/form-data; boundary=x", "text": "--x--", "params": [{"name": "a"}]`:    {body: "--x--"},
		`"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "1&2"}]`: {body: "a+b=1%262"},
		`"mimeType": "text/plain", "text": "w6k=", "encoding": "base64"`:                               {body: "é"},
		`"mimeType": "application/octet-stream", "text": "/w==", "encoding": "base64"`:                 {leftOut: "it is no text"},
		`"mimeType": "application/octet-stream", "text": "?", "encoding": "base64"`:                    {leftOut: "the body of POST /up: illegal base64"},
	} {
		s, err := convert.HAR([]byte(`{"log": {"entries": [{"request": {"method": "POST", "url": "http://127.0.0.1/up", "postData": {`+data+`}}, "response": {"status": 200}}]}}`), convert.Options{})
		if err != nil {
			t.Fatal(err)
		}
		leftOut := strings.Join(s.LeftOut, "\n")
		if s.File.Request.Body != want.body || strings.Contains(leftOut, "the body") != (want.leftOut != "") || !strings.Contains(leftOut, want.leftOut) {
			t.Errorf("%s: %q, left out %q", data, s.File.Request.Body, leftOut)
		}
	}
}

func TestOneTestOfSeveral(t *testing.T) {
	const url = `"urls": [{"url": "http://127.0.0.1/"}]`
	src := []byte(`[{"name": "a", "test_id": "1", "test_type": "per-second", "total": 3, "duration": 5, ` + url + `},
		{"name": "b", "test_id": "2", "test_type": "per-test", "total": 4, "duration": 6, ` + url + `}]`)
	if _, err := convert.Loaderio(src, convert.Options{}); err == nil || !strings.Contains(err.Error(), `holds 2 tests: name one of them by --test: "a" (1), "b" (2)`) {
		t.Errorf("no test named: %v", err)
	}
	for _, name := range []string{"b", "2"} {
		s, err := convert.Loaderio(src, convert.Options{Test: name})
		if err != nil || s.File.Name != "b" || s.File.Load.Type != "clients-per-test" || s.File.Load.Clients != "4" || s.File.Load.Duration != "6s" {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// What would be other requests than those of the source is refused, and no message repeats a secret.
func TestRefusals(t *testing.T) {
	const secret = "s3gredo-de-ana"
	for _, c := range []struct {
		read      reader
		src, want string
	}{
		{convert.Curl, "wget http://127.0.0.1/" + secret, "command 1 is not curl"},
		{convert.Curl, "curl http://127.0.0.1/?a=1&token=" + secret, "command 2 is not curl; an address with & stands in quotes"},
		{convert.Curl, "curl 'http://127.0.0.1/" + secret, "line 1, column"},
		{convert.Curl, `curl ^"http://127.0.0.1/^" -H ^"X: ` + secret + `^"`, "is a command for cmd.exe"},
		{convert.Curl, "curl http://127.0.0.1/ -u ana:$(cat " + secret + ")", "line 1, column 31: a part that only a shell can fill in"},
		{convert.Curl, "curl http://127.0.0.1/ -u ana:${A#" + secret + "}", "a variable in a form that scenarios do not have"},
		{convert.Curl, "if true; then curl http://127.0.0.1/; fi", "is no plain command"},
		{convert.Curl, "curl --digest http://127.0.0.1/", "the option --digest: no scenario can say it"},
		{convert.Curl, "curl --user=" + secret + " http://127.0.0.1/", "the option --user: no scenario can say it"},
		{convert.Curl, "curl -sT", "the option -T has no value"},
		{convert.Curl, "curl http://127.0.0.1/[1-9]", "of which curl makes several"},
		{convert.Curl, "curl -F f=@" + secret + " http://127.0.0.1/", "a file in a form"},
		{convert.Curl, "curl -F 'f=" + secret + ";filename=a.txt' http://127.0.0.1/", "a part of a form with a name of a file"},
		{convert.Curl, "curl -F " + secret + " http://127.0.0.1/", "must be NAME=VALUE"},
		{convert.Curl, "curl -T - http://127.0.0.1/", "the standard input"},
		{convert.Curl, "curl --path-as-is http://127.0.0.1/a/../" + secret, "a scenario's path is without them"},
		{convert.Curl, "curl -H X:y", "no address"},
		{convert.Curl, "curl ftp://127.0.0.1/" + secret, "begins neither with http:// nor with https://"},
		{convert.Curl, "curl -X BREW http://127.0.0.1/", `the method "BREW"`},
		{convert.Curl, "curl http://127.0.0.1/100%", `an address that is none: invalid URL escape "%"`},
		{convert.Curl, "", "holds no request to make"},
		{convert.HAR, `{"log": {"entries": []}}`, "holds no request to make"},
		{convert.HAR, `{}`, "is no HAR"},
		{convert.HAR, "{\n\n\"log\": [", "line 3: is no JSON"},
		{convert.HAR, `{"log": {"entries": [{"request": {"method": 5}}]}}`, "must not be a JSON number"},
		{convert.Loaderio, `[]`, "holds no request to make"},
		{convert.Loaderio, `{"test_type": "spike", "urls": []}`, `test_type must be one of loader.io's, got "spike"`},
		{convert.Loaderio, `{"test_type": "cycling", "total": 0, "duration": 5, "urls": [{"url": "http://127.0.0.1/"}]}`, "load.clients: must be at least 1"},
		{convert.Loaderio, `{"test_type": "cycling", "total": 5, "duration": 5, "urls": [{"url": "http://127.0.0.1/", "request_params": {"a": "%{x}"}}]}`, "urls.0: holds %{ that begins no expression"},
		{convert.Loaderio, `{"url": "http://127.0.0.1/", "load": "10-60"}`, "load must be FROM-TO-SECONDS"},
		{convert.Loaderio, `{"test_type": "cycling", "total": 5, "duration": 5, "urls": [{"url": "http://127.0.0.1/", "headers": {"a": ["` + secret + `"]}}]}`, "must not be a JSON list or object"},
		{convert.Vegeta, "GET http://127.0.0.1/\nAuthorization " + secret, "target 1: bad header"},
		{convert.Vegeta, `{"method": "GET"}`, "target 1: target"},
		{convert.Vegeta, strings.Repeat("x", 1<<16), "line 1: is longer than the 65536 bytes that vegeta reads"},
		{convert.Vegeta, "# none\n", "holds no request to make"},
	} {
		s, err := c.read([]byte(c.src), convert.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, %v, want %s", c.src, s, err, c.want)
		}
	}
}

// A vegeta target names the file of its body. It is not read: it may be anyone's.
func TestBodiesOfFilesStayThere(t *testing.T) {
	s, err := convert.Vegeta([]byte("POST http://127.0.0.1/\n@convert.go\n"), convert.Options{})
	if err != nil || s.File.Request.BodyFile != "convert.go" || s.File.Request.Body != "" || len(s.File.Request.Headers) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What stands for a value in a scenario stands for itself where other tools have written it.
func TestTextsStayTexts(t *testing.T) {
	s, err := convert.Curl([]byte(`curl 'http://127.0.0.1/?q={{$client}}' -g -H 'X: {{$pass}} %{1}' -d '%{1:2} ${x} {{$uuid}} %%{'`), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := s.YAML()
	r := parses(t, text).Requests[0]
	for got, want := range map[string]string{r.Path: "/?q={{$client}}", r.Header.Get("X"): "{{$pass}} %{1}", string(r.Body): "%{1:2} ${x} {{$uuid}} %%{"} {
		if read, err := template.Parse(got); err != nil || read.Varies() || read.With(nil) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// Bytes that are no text are sent as they are, or the source is refused: what stands for them in YAML is
// another one.
func TestBytesThatAreNoText(t *testing.T) {
	s, err := convert.Vegeta([]byte("GET http://h/a\xcc?b=\xff\u00e9\n"), convert.Options{})
	if err != nil || s.File.Request.Path != "/a%CC?b=%FF\u00e9" {
		t.Errorf("%+v, %v", s, err)
	}
	for _, src := range []string{"GET http://%ff:a@h/\n", "POST http://h/\n@\xff\n"} {
		if _, err := convert.Vegeta([]byte(src), convert.Options{}); err == nil || !strings.Contains(err.Error(), "no text") {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func FuzzCurl(f *testing.F) { fuzz(f, convert.Curl, "chrome.sh", "firefox.sh", "typed.sh") }
func FuzzHAR(f *testing.F)  { fuzz(f, convert.HAR, "shop.har") }
func FuzzLoaderio(f *testing.F) {
	fuzz(f, convert.Loaderio, "loaderio-list.json", "loaderio-test.json", "loaderio-first.json")
}
func FuzzVegeta(f *testing.F) {
	f.Add([]byte("{\"method\":\"GET\",\"url\":\"http://goku:9090/things\xcctoken=abc\"}\n"))
	f.Add([]byte("GET http://goku:9090/things\xcc\nX-A: \xff\n"))
	fuzz(f, convert.Vegeta, "targets.http", "targets.jsonl")
}

// fuzz requires of a reader that what it makes is read back as it was, where no secret was covered.
func fuzz(f *testing.F, read reader, seeds ...string) {
	for _, name := range seeds {
		src, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := read(src, convert.Options{Assets: true, ThirdParties: true})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\x1b") {
				t.Errorf("%q", err)
			}
			return
		}
		text, variables := s.YAML()
		parses(t, text)
		got, err := scenarios.Document{File: "x.yaml", Source: text}.Read(scenarios.Options{})
		if err != nil || len(variables) == 0 && !reflect.DeepEqual(got, s.File) {
			t.Errorf("%+v is read back as\n%+v, %v, from\n%s", s.File, got, err, text)
		}
	})
}

// At loader.io a name may begin with a digit, and stand for the value of one answer and then of another:
// what it stands for in a request is the newest before it.
// A form has one type: that which the test names, or else that of forms.
func TestTypeOfParameters(t *testing.T) {
	for headers, want := range map[string]string{
		`{}`: scenarios.FormType, `{"content-type": "application/x-www-form-urlencoded; charset=utf-8"}`: "application/x-www-form-urlencoded; charset=utf-8",
	} {
		s, err := convert.Loaderio([]byte(`{"test_type": "per-test", "total": 1, "duration": 1, "urls": [{"url": "http://127.0.0.1/", "request_type": "POST",
			"request_params": {"a": "b"}, "headers": `+headers+`}]}`), convert.Options{})
		if err != nil || s.File.Request.Headers["Content-Type"] != want {
			t.Errorf("%s: %+v, %v", headers, s, err)
		}
	}
}

func TestVariablesOfLoaderio(t *testing.T) {
	url := func(path, more string) string {
		return `{"url": "http://127.0.0.1/` + path + `"` + more + `}`
	}
	variables := func(all string) string { return `, "variables": [` + all + `]` }
	const header = `"property": "X-Value", "source": "header"`
	src := `{"test_type": "per-test", "total": 4, "duration": 6, "urls": [` + strings.Join([]string{
		url("{{v}}?{{2nd}}", variables(`{"name": "v", `+header+`}, {"name": "2nd", `+header+`}`)),
		url("{{v}}/{{2nd}}?a={{none}}", variables(`{"name": "v", `+header+`}`)),
		url("{{v}}", `, "headers": {"X-A": "{{v}} {{none}} %{1}"}`),
	}, ",") + `]}`
	s, err := convert.Loaderio([]byte(src), convert.Options{})
	if err != nil || len(s.LeftOut) > 0 {
		t.Fatal(s, err)
	}
	var got []string
	for _, r := range s.File.Requests {
		got = append(got, r.Path)
	}
	if strings.Join(got, " ") != "/{{{{v}}?{{2nd}} /{{v}}/{{v2nd}}?a={{{{none}} /{{v_2}}" || s.File.Requests[2].Headers["X-A"] != "{{v_2}} {{{{none}} %%{1}" {
		t.Errorf("%q, %v", got, s.File.Requests[2].Headers)
	}
	text, _ := s.YAML()
	if captures := parses(t, text).Requests[0].Captures; len(captures) != 2 || captures[0] != (capture.Capture{Name: "v", Header: "X-Value"}) || captures[1].Name != "v2nd" {
		t.Errorf("%+v", captures)
	}
	for _, bad := range []string{`{"name": "v", "property": "X-Value", "source": "cookie"}`, `{"name": "a b", ` + header + `}`, `{"name": "v", "property": "X Value", "source": "header"}`} {
		s, err := convert.Loaderio([]byte(`{"test_type": "per-test", "total": 4, "duration": 6, "urls": [`+url("", variables(bad))+`]}`), convert.Options{})
		if err != nil || len(s.LeftOut) != 1 || !strings.HasPrefix(s.LeftOut[0], "the variable") {
			t.Errorf("%s: %v, %v", bad, s, err)
		}
	}
}

// What a test of loader.io names is named here, where a payload file may give it a value; elsewhere it is
// text. A raw body only has names: nothing is added to it.
func TestNamesOfPayloadFiles(t *testing.T) {
	const url = `{"url": "http://h/{{id}}/%{1:3}", "request_type": "POST", "headers": {"X-Id": "{{id}} %{1:3}"}, "raw_post_body": "{{id}}"`
	of := func(urls string) *scenarios.File {
		s, err := convert.Loaderio([]byte(`{"test_type": "per-test", "duration": 60, "total": 1, "urls": [`+urls+`]}`), convert.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.LeftOut) > 0 {
			t.Errorf("left out: %q", s.LeftOut)
		}
		return &s.File
	}
	got := of(url + "}, " + `{"url": "http://h/all", "request_params": {"q": "{{word}} x"}, "payload_file_url": "https://u:pw@h/p.json"}`)
	raw, all := got.Requests[0], got.Requests[1]
	if raw.Path != "/{{id}}/%{1:3}" || raw.Headers["X-Id"] != "{{id}} %%{1:3}" || raw.Body != "{{id}}" || raw.Payload != "" || all.Path != "/all?q={{word}}+x" || all.Payload != "payload" {
		t.Errorf("%+v\n%+v", raw, all)
	}
	if text, variables := got.YAML(); strings.Contains(string(text), "pw@") || len(variables) == 0 || len(got.Feeds) != 1 || got.Feeds[0].Order != "random" {
		t.Errorf("%s", text)
	}
	if r := of(url + "}").Request; r.Path != "/{{{{id}}/%{1:3}" || r.Headers["X-Id"] != "{{{{id}} %%{1:3}" || r.Body != "{{{{id}}" {
		t.Errorf("%+v", r)
	}
}
