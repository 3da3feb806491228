package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
)

// recording is what a browser asked for, as its network tab saves it: since Chrome 130 without
// cookies, unless one asks for them.
type recording struct {
	mu      sync.Mutex
	entries []any
}

// hear notes a request.
func (r *recording) hear(event any) {
	e, ok := event.(*network.EventRequestWillBeSent)
	if !ok {
		return
	}
	type field struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	headers := []field{}
	for name, value := range e.Request.Headers {
		headers = append(headers, field{name, fmt.Sprint(value)})
	}
	request := map[string]any{"method": e.Request.Method, "url": e.Request.URL, "httpVersion": "HTTP/1.1", "headers": headers, "cookies": []any{}, "queryString": []any{}}
	body := ""
	for _, part := range e.Request.PostDataEntries {
		body += string(part.Bytes)
	}
	if e.Request.HasPostData {
		request["postData"] = map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": body}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, map[string]any{
		"startedDateTime": time.Now().UTC().Format(time.RFC3339Nano), "time": 1, "_resourceType": strings.ToLower(string(e.Type)), "request": request,
		"response": map[string]any{"status": 200, "headers": []any{}, "cookies": []any{}, "content": map[string]any{"mimeType": "text/html"}},
	})
}

// save writes the recording to a file.
func (r *recording) save(file string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "creator": map[string]any{"name": "WebInspector", "version": "537.36"}, "entries": r.entries}})
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}

// TestRecordedLogIn has a browser log in at the real stack and save a row, makes a scenario of what it
// recorded, captures the tokens, and runs it.
func TestRecordedLogIn(t *testing.T) {
	s := startStack(t)
	ctx, cancel := context.WithTimeout(browsertest.Start(t), limit)
	t.Cleanup(cancel)
	var r recording
	if err := chromedp.Listen(ctx, r.hear); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx,
		chromedp.Navigate(s.Cluster+"/login.php"), chromedp.SendKeys(`[name="user"]`, "ana"), chromedp.SendKeys(`[name="password"]`, "senha-ana"), chromedp.Click("button"),
		chromedp.WaitVisible(`[name="note"]`), chromedp.SendKeys(`[name="note"]`, "of ana"), chromedp.Click("button"), chromedp.WaitVisible(`//p[text()="saved for ana"]`),
	); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	recorded, scenario := filepath.Join(dir, "login.har"), filepath.Join(dir, "login.yaml")
	if err := r.save(recorded); err != nil {
		t.Fatal(err)
	}
	made := stress(t, s.env(), "import", "har", recorded)
	if made.code != exitPass || strings.Contains(made.stdout, "senha-ana") {
		t.Fatalf("exit code %d\n%s%s", made.code, made.stdout, made.stderr)
	}
	if err := os.WriteFile(scenario, []byte(made.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("imported:\n%s%s", made.stderr, made.stdout)
	before := rowsNamed(t, s.DSN(), "Nome = 'ana'")["ana"]
	const token = `{match: 'name="token" value="(\w+)"'}`
	ran := stress(t, append(s.env(), "STRESS_BODY=unused", "STRESS_BODY_2=unused"), "run", scenario, "--clients", "20", "--duration", "2s", "--json", "--out", filepath.Join(dir, "run"),
		"--set", "load.type=clients-per-test",
		"--set", "requests.0.capture={first: "+token+"}", "--set", "requests.1.capture={second: "+token+"}",
		"--set", "requests.1.body=token={{first}}&user=ana&password=senha-ana", "--set", "requests.2.body=token={{second}}&note=of+ana",
		"--set", "requests.2.expect={body: saved for ana}")
	l := ran.summary(t).Legs[0]
	if rows := rowsNamed(t, s.DSN(), "Nome = 'ana'")["ana"] - before; before != 1 || rows != 20 || l.Outcomes.Success != 60 || l.Skipped != 0 {
		t.Errorf("%d rows of the browser, and then %d of 20 clients: %+v, %d skipped\n%s", before, rows, l.Outcomes, l.Skipped, ran.stderr)
	}
}
