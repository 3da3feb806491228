package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestServeRefusesWhatIsNotSafe(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"serve", "x"}, "no arguments"},
		{[]string{"serve", "--listen", "0.0.0.0:0"}, "in clear"},
		{[]string{"serve", "--listen", ":0"}, "in clear"},
		{[]string{"serve", "--listen", "192.0.2.1:0"}, "in clear"},
		{[]string{"serve", "--listen", "nonsense"}, "--listen"},
		{[]string{"serve", "--listen", "0.0.0.0:0", "--trust-proxy", "10.0.0.1"}, "give --base"},
		{[]string{"serve", "--listen", "0.0.0.0:0", "--trust-proxy", "10.0.0.1", "--base", "https://stress.example"}, "--add-user NAME"},
		{[]string{"serve", "--listen", "192.0.2.1:0", "--trust-proxy", "10.0.0.1", "--base", "https://stress.example"}, "--add-user NAME"},
		{[]string{"serve", "--listen", "127.0.0.1:0", "--trust-proxy", "127.0.0.1", "--base", "https://stress.example"}, "--add-user NAME"},
		{[]string{"serve", "--trust-proxy", "here"}, "--trust-proxy"},
		{[]string{"serve", "--remove-user", "anna"}, "no account"},
		{[]string{"serve", "--add-user", "anna <b>"}, "--add-user"},
		{[]string{"serve", "--add-user", "anna"}, "12 characters"},
		{[]string{"serve", "--tls-cert", "a.pem"}, "go together"},
		{[]string{"serve", "--tls-cert", "a.pem", "--tls-key", "a.pem"}, "--tls-cert"},
		{[]string{"serve", "--smtp", "smtp://mail.example"}, "go together"},
		{[]string{"serve", "--smtp", "http://mail.example", "--mail-from", "a@b.example"}, "--smtp"},
		{[]string{"serve", "--call", "10.0.0.0/99"}, "--call"},
	} {
		r := stress(t, nil, append(c.args, "--data", data)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, c.says) {
			t.Errorf("%q: exit code %d, %s, want %d and %q", c.args, r.code, r.stderr, exitUsage, c.says)
		}
	}
}

func TestKeysOfServeAreShownOnce(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if r := stress(t, nil, "serve", "--data", data, "--new-key", "ci"); r.code != exitPass || !strings.Contains(r.stdout, `"ci"`) {
		t.Fatalf("exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
	if r := stress(t, nil, "serve", "--data", data, "--new-key", "ci"); r.code != exitUnable || r.stdout != "" {
		t.Errorf("a second key of that name: exit code %d, %s", r.code, r.stdout)
	}
}

// served is the program as a server, until end.
type served struct {
	t         *testing.T
	api, key  string
	pid       int
	kill, end func()
}

var (
	serverSays = regexp.MustCompile(`loader\.io's API v2: (\S+)`)
	keyShown   = regexp.MustCompile(`once: ([0-9a-f]{32})`)
)

// startServer starts the program; key is "" where the server prints one.
func startServer(t *testing.T, data, key string, args ...string) *served {
	t.Helper()
	cmd, _ := command(t, []string{"HOME=" + t.TempDir()}, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, key: key, pid: cmd.Process.Pid}
	signal := func(sig syscall.Signal) func() {
		return func() {
			if cmd.ProcessState == nil {
				cmd.Process.Signal(sig)
				cmd.Wait()
			}
		}
	}
	s.kill, s.end = signal(syscall.SIGKILL), signal(syscall.SIGTERM)
	t.Cleanup(s.kill)
	text := ""
	for buf := make([]byte, 4096); !serverSays.MatchString(text); {
		n, err := out.Read(buf)
		if text += string(buf[:n]); err != nil {
			t.Fatalf("the server ended: %v, %s", err, text)
		}
	}
	s.api = serverSays.FindStringSubmatch(text)[1]
	if m := keyShown.FindStringSubmatch(text); m != nil {
		s.key = m[1]
	}
	return s
}

func (s *served) ask(method, path, body string) (got map[string]any) {
	s.t.Helper()
	s.answer(method, path, body, &got)
	return got
}

func (s *served) list(path string) (got []any) {
	s.t.Helper()
	s.answer("GET", path, "", &got)
	return got
}

func (s *served) answer(method, path, body string, got any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.api+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Loaderio-Auth", s.key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(text, got); err != nil {
		s.t.Fatalf("%s %s: %d, %s", method, path, answer.StatusCode, text)
	}
}

func TestAServerThatIsKilledHasItsRunWhenItIsBack(t *testing.T) {
	var hits atomic.Int64
	page := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer page.Close()
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, data, "")
	begun := s.ask("POST", "tests", `{"test_type":"per-second","total":50,"duration":60,"urls":[{"url":"`+page.URL+`/"}]}`)
	for deadline := time.Now().Add(time.Minute); hits.Load() < 150; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d requests came", hits.Load())
		}
	}
	s.kill()
	page.CloseClientConnections() // and what it had asked is counted
	before := hits.Load()
	s = startServer(t, data, s.key)
	defer s.end()
	found := s.ask("GET", "tests/"+begun["test_id"].(string)+"/results/"+begun["result_id"].(string), "")
	for i := 0; found["status"] != "ready" && i < 300; i++ {
		time.Sleep(100 * time.Millisecond)
		found = s.ask("GET", "tests/"+begun["test_id"].(string)+"/results/"+begun["result_id"].(string), "")
	}
	beyond, _ := found["stress"].(map[string]any)
	problem, _ := beyond["problem"].(string)
	if success, _ := found["success"].(float64); success < 1 || int64(success) > before || !strings.Contains(problem, "while it ran") {
		t.Errorf("after the kill, at %d requests, the result is %v", before, found)
	}
	if hits.Load() > before {
		t.Errorf("the server sent %d requests more", hits.Load()-before)
	}
}

// The first click of a new user: the example runs against a lab that the server starts, and the lab is
// gone with the server.
func TestTheExampleOfAServerRuns(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "data"), "")
	base := strings.TrimSuffix(s.api, "v2/")
	post := func(path string) *http.Response {
		t.Helper()
		answer, err := http.Post(base+path, "application/x-www-form-urlencoded", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	shown := post("try").Request.URL.Path // the page of its run
	parts := strings.Split(shown, "/")
	if len(parts) != 5 || parts[1] != "tests" || parts[3] != "results" {
		t.Fatalf("trying leads to %s", shown)
	}
	result := "tests/" + parts[2] + "/results/" + parts[4]
	get := func(path string) string {
		answer, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	await := func(what string, so func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s never came: %s", what, get(result))
			}
		}
	}
	answers := regexp.MustCompile(`id="about-2">[1-9]`)
	await("a success", func() bool { return answers.MatchString(get(result)) })
	post(result + "/stop")
	var found map[string]any
	await("its result", func() bool { found = s.ask("GET", result, ""); return found["status"] == "ready" })
	if success, _ := found["success"].(float64); success < 1 {
		t.Errorf("the example came to %v", found)
	}
	lab := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(get("tests/" + parts[2]))
	s.end()
	if answer, err := http.Get(lab); err == nil {
		answer.Body.Close()
		t.Errorf("the lab at %s is there without its server", lab)
	} else if lab == "" {
		t.Error("the example's page names no target")
	}
}
