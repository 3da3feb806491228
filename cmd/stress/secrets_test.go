package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/report"
)

// secrets are the values that a scenario takes from its environment. They contain characters
// that are escaped in some formats, where the place of the secret allows these. In hex none begins
// with digits alone: so few of them stand among the figures of some run by chance.
var secrets = map[string]string{
	"BEARER":    "bolder+Q7x/z~secret==",
	"SESSION":   `se"ss<io>n&valué`,
	"COOKIE":    "c00kie-jar-value",
	"PATH_PART": "long-part-8841",
	"QUERY":     "jolly%2Fvalue+9",
	"FORM":      "form field & value",
	"PASSWORD":  "open:w'ord/1?",
	"TARGET_PW": "mellow-pw-7",
	"BASE":      "joint-path-3",
}

// echoing is a target whose pages are errors that show the request in different ways. Some
// pages are so long that the part that is kept ends within a secret.
func echoing(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var all strings.Builder
		fmt.Fprintf(&all, "%s %s\n%s\n", r.Method, r.RequestURI, r.URL.Path)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&all, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
		}
		user, password, _ := r.BasicAuth()
		fmt.Fprintf(&all, "user %s password %s\n%s\n%s\n", user, password, r.URL.Query(), body)
		how := r.URL.Query().Get("how")
		if how == "broken" { // an answer that ends within a secret, much too early
			text, _, _ := strings.Cut(all.String(), "uth-6")
			w.Header().Set("Content-Length", "10000")
			io.WriteString(w, text)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		text := encoders[strings.TrimSuffix(how, " cut")](all.String())
		if strings.HasSuffix(how, " cut") { // after each of the last hundred characters in turn
			text = strings.Repeat("#", 420) + text
		}
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

var encoders = map[string]func(string) string{
	"plain":   func(s string) string { return s },
	"HTML":    html.EscapeString,
	"JSON":    func(s string) string { b, _ := json.Marshal(map[string]string{"debug": s}); return string(b) },
	"PHP":     func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "/", `\/`) },
	"query":   url.QueryEscape,
	"path":    url.PathEscape,
	"twice":   func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base 64": func(s string) string { return base64.URLEncoding.EncodeToString([]byte("." + s)) },
	"hex":     func(s string) string { return hex.EncodeToString([]byte(s)) },
	"UTF-16":  func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" },
	"either":  func(s string) string { return strings.ToUpper(s[:len(s)/2]) + strings.ToLower(s[len(s)/2:]) },
}

// wireForms are the forms in which a secret could be in a file, also without its end.
func wireForms(value string) []string {
	out := []string{value}
	for _, name := range []string{"HTML", "JSON", "PHP", "query", "path", "twice", "hex", "UTF-16", "either"} {
		f := encoders[name](value)
		if name == "JSON" {
			f = strings.TrimSuffix(strings.TrimPrefix(f, `{"debug":"`), `"}`)
		}
		out = append(out, f)
	}
	for _, f := range slices.Clone(out) {
		out = append(out, f[:min(len(f), 2*len(value)/3)])
	}
	for before := range 3 {
		exitError := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
		exitError = exitError[before+min(before, 1) : len(exitError)-1]
		out = append(out, exitError, exitError[:len(exitError)*2/3], strings.NewReplacer("+", "-", "/", "_").Replace(exitError))
	}
	return out
}

const secretive = `name: echo
load: {type: rate, rate: 20/s, duration: 500ms, error_threshold: 0%%}
request: &all
  name: plain
  method: POST
  path: p/${PATH_PART}?q=${QUERY}&token=literal-token&how=plain
  headers: {X-Thing: "${SESSION}", Cookie: "sid=${COOKIE}; theme=literal-theme", X-Api-Key: literal-key-5, X-Auth: literal-auth-6}
  body: 'field=${FORM}&password=literal-field'
  auth: {user: ann, password: "${PASSWORD}"}
  expect: {body: "hello ${FORM}"}
targets:
  - {name: one, url: "%[1]s/${BASE}/"}
  - {name: two, url: "%[2]s"}
compare: {rounds: 2}
gate: {p95: {max: 10s}, error_rate: {max: 1%%}}
`

// secretScenario asks for every page of [echoing], and once with another authorization.
func secretScenario(t *testing.T, server string) string {
	t.Helper()
	host := strings.TrimPrefix(server, "http://")
	head, rest, _ := strings.Cut(fmt.Sprintf(secretive, server, "http://bob:${TARGET_PW}@"+host), "request: &all\n")
	one, rest, _ := strings.Cut(rest, "targets:\n")
	var b strings.Builder
	b.WriteString(head + "requests:\n")
	item := func(name, path string, change ...string) {
		r := strings.Replace(one, "name: plain", "name: "+name, 1)
		r = strings.Replace(r, "how=plain", "how="+url.QueryEscape(path), 1)
		r = strings.NewReplacer(change...).Replace(r)
		b.WriteString("  - " + strings.TrimPrefix(strings.ReplaceAll(r, "\n  ", "\n    "), "  "))
	}
	for _, how := range slices.Sorted(maps.Keys(encoders)) {
		item(how, how)
		item(how+" cut", how+" cut")
	}
	item("broken", "broken")
	item("bearer", "plain", `X-Thing: "${SESSION}"`, `Authorization: "Bearer ${BEARER}"`, "  auth: {user: ann, password: \"${PASSWORD}\"}\n", "")
	item("no auth", "base64", "  auth: {user: ann, password: \"${PASSWORD}\"}\n", "")
	b.WriteString("targets:\n" + rest)
	path := filepath.Join(t.TempDir(), "echo.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A target shows in its answers all that it was sent, in every form that programs use. Nothing
// that a command stores or prints contains a secret of the scenario.
func TestNoSecretSurvivesAnEchoingTarget(t *testing.T) {
	server := echoing(t)
	file, dir := secretScenario(t, server.URL), t.TempDir()
	var env []string
	hidden := []string{"literal-token", "literal-key-5", "literal-auth-6", "literal-theme", "literal-field", "ann:" + secrets["PASSWORD"], "bob:" + secrets["TARGET_PW"]}
	for name, value := range secrets {
		env, hidden = append(env, name+"="+value), append(hidden, value)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for n, args := range [][]string{
		{"check", file},
		{"run", file, "--out", at("run"), "--record", "--report", "all"},
		{"run", file, "--out", at("again"), "--json", "--record", "--set", "engine=nethttp"},
		{"gate", at("run"), "--baseline", at("again"), "--github", "--write", "md=" + at("gate.md"), "--write", "junit=" + at("gate.xml")},
		{"gate", at("run"), "--json"},
		{"compare", at("again"), at("run"), "--format", "json"},
		{"compare", at("again"), at("run")},
		{"baseline", "save", at("run"), "--force", "--dir", at("baselines")},
		{"baseline", "list", "--dir", at("baselines")},
		{"run", file, "--out", at("away"), "--set", "targets.0.url=http://127.0.0.1:1/${BASE}/"},
		{"check", file, "--set", `ledger={dsn: "app:${PASSWORD}@tcp(127.0.0.1:1)/${PATH_PART}", table: t, column: c}`},
		{"spread", file, "--set", `ledger={dsn: "app:${PASSWORD}@tcp(127.0.0.1:1)/${PATH_PART}", table: t, column: c}`},
		{"spread", "--dsn", "app:${PASSWORD}@tcp(127.0.0.1:1)/d"},
		{"run", file, "--set", "requests.0.path=/${QUERY}"},
		{"run", file, "--set", "load.rate=${BEARER}"},
	} {
		keepPrinted(t, at(fmt.Sprintf("%d.printed", n)), args, stress(t, env, args...))
	}
	for format := range report.Formats {
		args := []string{"report", at("run"), "--format", format}
		keepPrinted(t, at(format+".printed"), args, stress(t, env, args...))
	}
	found := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, value := range hidden {
			for _, form := range wireForms(value) {
				if at := strings.Index(string(content), form); at >= 0 {
					t.Errorf("%s holds %q, a form of %q: …%.160q", strings.TrimPrefix(path, dir), form, value, content[max(0, at-60):])
				}
			}
		}
		if strings.Contains(string(content), "«redacted»") {
			found++
		}
		return err
	})
	if err != nil || found < 10 {
		t.Errorf("%d files with something blotted out, %v", found, err)
	}
}

// keepPrinted puts what a command printed among the files.
func keepPrinted(t *testing.T, path string, args []string, r ran) {
	t.Helper()
	if r.stdout+r.stderr == "" {
		t.Errorf("%v printed nothing", args)
	}
	if err := os.WriteFile(path, []byte(strings.Join(args, " ")+"\n"+r.stdout+r.stderr), 0o644); err != nil {
		t.Fatal(err)
	}
}
