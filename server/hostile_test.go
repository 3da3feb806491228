package server_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// written sends a request as it is written, which no client would send, and returns the answer.
func (v *serving) written(text string) (int, http.Header, string) {
	v.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(v.base, "http://"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(c, text) // the server may hang up before the end of it
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		v.t.Fatalf("%.100q: %v", text, err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(body)
}

// No address leads out of what it names, however its dots and slashes are written.
func TestPathsLeadNowhereElse(t *testing.T) {
	v, test := measured(t, "a", 1)
	runs, err := v.store.RunsOf(t.Context(), test.ID)
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	share := store.NewID()
	if err := v.store.Share(t.Context(), runs[0].ID, share, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var ups []string
	for _, dots := range []string{"..", "%2e%2e", "%252e%252e", ".%2e", "%c0%ae%c0%ae", "..%00", "....//.."} {
		for _, slash := range []string{"/", "%2f", "%252f", "%5c", "\\"} {
			ups = append(ups, strings.Repeat(dots+slash, 3)+"stress.db", dots+slash+dots+slash+"runs", dots)
		}
	}
	ups = append(ups, "%2fetc%2fpasswd", "//etc/passwd", ".", "%00", strings.Repeat("a", 3000), runs[0].ID+"%00", runs[0].ID+"/.", "*", "' OR 1=1 --")
	for _, at := range []string{
		"/reports/%s/results/" + share, "/reports/" + test.ID + "/results/%s", "/tests/%s", "/tests/%s/scenario.yaml", "/tests/" + test.ID + "/results/%s",
		"/tests/" + test.ID + "/results/%s/report", "/tests/" + test.ID + "/results/%s/events", "/tests/" + test.ID + "/compare/page?a=%s&b=" + runs[0].ID, "/tests/" + test.ID + "/schedules/%s",
		"/assets/%s", "/badges/%s.svg", "/badges/%s", "/hosts/%s", "/%s", "/api/v1/runs/%s/summary", "/api/v1/tests/%s/scenario", "/v2/tests/" + test.ID + "/results/%s",
	} {
		for _, up := range ups {
			path := fmt.Sprintf(strings.ReplaceAll(at, " ", "%20"), strings.ReplaceAll(up, " ", "%20"))
			code, h, text := v.written("GET " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(v.base, "http://") + "\r\nAuthorization: Bearer " + v.key + "\r\nConnection: close\r\n\r\n")
			to := h.Get("Location") // a path that is made shorter by what the mux knows of dots
			if code < 300 && !strings.Contains(text, "OpenAPI") && !strings.HasPrefix(up, ".") || code >= 500 || strings.Contains(text, "SQLite format") || strings.Contains(text, "root:") ||
				strings.Contains(to, "//") || strings.Contains(to, "\n") {
				t.Errorf("%.150s is answered by %d, %q, %.200s", path, code, to, text)
			}
		}
	}
}

// What stands in a run directory may lead elsewhere: it is not followed.
func TestLinksInRunDirectoriesAreNotFollowed(t *testing.T) {
	v, test := measured(t, "a", 2)
	runs, err := v.store.RunsOf(t.Context(), test.ID)
	if err != nil || len(runs) != 2 {
		t.Fatal(runs, err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	share := store.NewID()
	dir := v.store.Dir(runs[0])
	err = errors.Join(os.WriteFile(secret, []byte("of the machine"), 0o600), v.store.Share(t.Context(), runs[0].ID, share, store.By{At: time.Now()}))
	for _, name := range []string{report.PageFile, result.SummaryFile, runlog.ManifestFile} {
		err = errors.Join(err, os.Remove(filepath.Join(dir, name)), os.Symlink(secret, filepath.Join(dir, name)))
	}
	if err != nil {
		t.Fatal(err)
	}
	at := "/tests/" + test.ID + "/results/" + runs[0].ID
	for _, path := range []string{
		at, at + "/report", "/reports/" + test.ID + "/results/" + share, "/api/v1/runs/" + runs[0].ID + "/summary", "/tests/" + test.ID + "/trend/page",
		"/tests/" + test.ID + "/compare/page?a=" + runs[0].ID + "&b=" + runs[1].ID, "/api/v1/compare?baseline=" + runs[0].ID + "&candidate=" + runs[1].ID, "/tests/" + test.ID, "/badges/x.svg",
	} {
		code, got := v.ask("GET", path, "", "")
		if text := fmt.Sprint(got); strings.Contains(text, "of the machine") || strings.Contains(text, secret) {
			t.Errorf("%s is answered by %d, %.300s", path, code, text)
		}
	}
}

// What is too long, or no form, is refused before it is kept in memory.
func TestBodiesAreBounded(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	test := v.keptTest("a")
	long := strings.Repeat("a", 2<<20)
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	if err := errors.Join(m.WriteField("name", long), m.Close()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/hosts", "/tests/new", "/tests/" + test.ID + "/schedules/new", "/tests/" + test.ID + "/notify", "/tests/" + test.ID + "/badge"} {
		answer, text := v.post(path, url.Values{"name": {long}}, nil)
		if answer.StatusCode != http.StatusRequestEntityTooLarge || len(text) > 1<<16 {
			t.Errorf("a form at %s is answered by %d, %d bytes", path, answer.StatusCode, len(text))
		}
	}
	for _, c := range []struct {
		path, kind, body string
		codes            string
	}{
		{"/hosts", m.FormDataContentType(), parts.String(), "413 422"},
		{"/tests/new", m.FormDataContentType(), parts.String(), "413 422"},
		{"/api/v1/tests", "application/json", `{"scenario":"` + long + `"}`, "413"},
		{"/api/v1/tests", "application/yaml", long, "413"},
		{"/v2/tests", "application/json", `{"name":"` + long + `"}`, "413"},
		{"/v2/tests", m.FormDataContentType(), parts.String(), "413 415 422 400"},
		{"/api/v1/hosts", "application/json", strings.Repeat("[", 500_000), "400"},
		{"/v2/tests", "application/json", strings.Repeat(`{"a":`, 100_000), "400"},
		{"/v2/tests", "application/x-www-form-urlencoded", "a" + strings.Repeat("[a]", 100_000) + "=1", "400 422"},
	} {
		code, got := v.ask("POST", c.path, c.kind, c.body)
		if !strings.Contains(c.codes, fmt.Sprint(code)) || len(fmt.Sprint(got)) > 1<<16 {
			t.Errorf("%s %s is answered by %d, %.200v, want %s", c.path, c.kind, code, got, c.codes)
		}
	}
	// What says that it is packed is not unpacked.
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.CopyN(z, zeros{}, 200<<20); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	code, got := v.send("POST", "/api/v1/hosts", packed.String(), http.Header{"Authorization": {"Bearer " + v.key}, "Content-Encoding": {"gzip"}, "Content-Type": {"application/json"}})
	if code != http.StatusBadRequest {
		t.Errorf("a packed body is answered by %d, %.300v", code, got)
	}
	code, h, _ := v.written("GET /hosts HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n")
	if code != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a megabyte of headers is answered by %d, %v", code, h)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// An answer to a webhook that unpacks to gigabytes, or never ends, is heard no further than it is kept.
func TestAnswersThatNeverEnd(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.CopyN(z, zeros{}, 1<<30)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, zeros{}) },
		"headers": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("a", 1000))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(answer)
			t.Cleanup(srv.Close)
			v := serve(t, t.TempDir(), server.Options{Open: true, Within: reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}})
			test := v.keptTest("a")
			v.post("/tests/"+test.ID+"/notify", url.Values{"callback": {srv.URL}, "form": {"form"}, "tell": {"end"}}, nil)
			v.post("/tests/"+test.ID+"/notify/ping", nil, nil)
			until(t, "what became of the ping", func() bool {
				all, err := v.store.DeliveriesOfTest(t.Context(), test.ID, 0, 1)
				return err == nil && len(all) == 1 && !all[0].Tried.IsZero() && len(all[0].Answer) < 1000
			})
		})
	}
}

// Whoever sends a request slowly holds a connection for as long as one may take, and then no more.
func TestSlowClientsAreSentAway(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	v := serve(t, t.TempDir(), server.Options{Open: true})
	host := strings.TrimPrefix(v.base, "http://")
	for name, begin := range map[string]string{
		"a head": "GET /hosts HTTP/1.1\r\nHost: " + host + "\r\n",
		"a body": "POST /hosts HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nname=",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, begin); err != nil {
				t.Fatal(err)
			}
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				io.Copy(io.Discard, c)
			}()
			for range 300 {
				select {
				case <-gone:
					return
				case <-time.After(200 * time.Millisecond):
					io.WriteString(c, "a") // a sign of life is no reason to wait
				}
			}
			t.Error("after a minute it is still there")
		})
	}
}

// So many of one address may watch, and then no more; who goes makes room.
func TestWatchersOfOneAddressAreBounded(t *testing.T) {
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":5,"duration":600,"urls":[{"url":"`+target+`/"}]}`)
	at := v.base + "/tests/" + member(begun, "test_id") + "/results/" + member(begun, "result_id") + "/events"
	client := &http.Client{Transport: new(http.Transport)}
	var held []io.Closer
	t.Cleanup(func() {
		for _, c := range held {
			c.Close()
		}
	})
	follow := func() int {
		t.Helper()
		answer, err := client.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, answer.Body)
		return answer.StatusCode
	}
	const most = 256
	for i := range most {
		if code := follow(); code != http.StatusOK {
			t.Fatalf("watcher %d is answered by %d", i+1, code)
		}
	}
	if code := follow(); code != http.StatusTooManyRequests {
		t.Errorf("one more is answered by %d", code)
	}
	code, got := v.ask("GET", "/api/v1/runs/"+member(begun, "result_id")+"/live", "", "")
	if code != http.StatusTooManyRequests || !strings.Contains(fmt.Sprint(got), "too_many_requests") {
		t.Errorf("a program is answered by %d, %v", code, got)
	}
	if code, _ := v.send("GET", "/hosts", "", nil); code != http.StatusOK {
		t.Errorf("another page is answered by %d meanwhile", code)
	}
	held[0].Close()
	until(t, "room", func() bool { return follow() == http.StatusOK })
}

// What others name stands in no head of an answer, and a form leads to no other site.
func TestNoHeadIsWrittenByOthers(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	test := v.keptTest("a\"; filename=evil.exe\r\nSet-Cookie: a=b\r\n\r\n<b>")
	r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+"/tests/"+test.ID+"/scenario.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if d := answer.Header.Get("Content-Disposition"); d != `attachment; filename="scenario.yaml"` || answer.Header.Get("Set-Cookie") != "" {
		t.Errorf("the head is %v", answer.Header)
	}
	for _, id := range []string{"%0d%0aSet-Cookie:%20a=b", "//evil.example", "%2f%2fevil.example", "\\evil.example"} {
		_, h, _ := v.written("POST /tests/" + id + "/archive HTTP/1.1\r\nHost: " + strings.TrimPrefix(v.base, "http://") + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		if to := h.Get("Location"); strings.Contains(to, "//") || h.Get("Set-Cookie") != "" {
			t.Errorf("%s leads to %q, %v", id, to, h)
		}
	}
}
