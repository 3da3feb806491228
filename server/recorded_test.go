package server_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/server"
)

// raw sends a request as a client of loader.io puts it on the wire: a head whose lines end as they do in
// this file, an empty line and a body. KEY stands for the key.
func (v *serving) raw(request string) (code int, got any) {
	v.t.Helper()
	head, body, _ := strings.Cut(strings.ReplaceAll(strings.TrimLeft(request, "\n"), "KEY", v.key), "\n\n")
	host := strings.TrimPrefix(v.base, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		v.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	lines := strings.ReplaceAll(strings.ReplaceAll(head, "api.loader.io", host), "\n", "\r\n")
	if body = strings.TrimSpace(body); body != "" {
		lines += "\r\nContent-Length: " + strconv.Itoa(len(body))
	}
	if _, err := io.WriteString(c, lines+"\r\n\r\n"+body); err != nil {
		v.t.Fatal(err)
	}
	in := bufio.NewReader(c)
	answer, err := http.ReadResponse(in, nil)
	if err == nil && answer.StatusCode == http.StatusContinue {
		answer, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		v.t.Errorf("%s is answered by what is no JSON: %v", head, err)
	}
	v.t.Logf("%s\n%s\n→ %d %v", head, body, answer.StatusCode, got)
	return answer.StatusCode, got
}

// asked are the requests that a target got, by path.
type asked struct {
	mu  sync.Mutex
	all map[string]*http.Request
}

func (a *asked) of(path string) *http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all[path]
}

func remembering(t *testing.T) (string, *asked) {
	a := &asked{all: map[string]*http.Request{}}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		a.mu.Lock()
		defer a.mu.Unlock()
		a.all[r.URL.Path] = r
	}))
	t.Cleanup(s.Close)
	return s.URL, a
}

// The C# client sends forms: its README's example, whose second URL alone is a POST with credentials.
func TestTheCSharpClient(t *testing.T) {
	target, got := remembering(t)
	v := serve(t, t.TempDir(), server.Options{})
	host := strings.TrimPrefix(target, "http://")
	form := "\nContent-Type: application/x-www-form-urlencoded\nHost: api.loader.io\nloaderio-auth: KEY\nExpect: 100-continue\n\n"
	code, app := v.raw("POST /v2/apps HTTP/1.1" + form + "app=" + strings.ReplaceAll(host, ":", "%3A"))
	if code != http.StatusOK || member(app, "app_id") == "" {
		t.Fatalf("a host is answered by %d, %v", code, app)
	}
	path := strings.ReplaceAll(strings.ReplaceAll(target, ":", "%3A"), "/", "%2F") + "%2F"
	body := "test_type=non-cycling&urls%5B%5D%5Burl%5D=" + path + "PATH1&urls%5B%5D%5Burl%5D=" + path + "PATH2&urls%5B%5D%5Brequest_type%5D=POST" +
		"&urls%5B%5D%5Bcredentials%5D%5Blogin%5D=user&urls%5B%5D%5Bcredentials%5D%5Bpassword%5D=pass&urls%5B%5D%5Bheaders%5D%5BX-Test%5D=a+b" +
		"&urls%5B%5D%5Brequest_params%5D%5Bq%5D=test&duration=1&initial=0&total=3&timeout=5000&error_threshold=50&name=My+KillerTest&notes=Run+via+.Net+SDK"
	code, test := v.raw("POST /v2/tests HTTP/1.1" + form + body)
	if code != http.StatusOK || member(test, "status") != "running" {
		t.Fatalf("a test is answered by %d, %v", code, test)
	}
	if found := v.await(member(test, "test_id"), member(test, "result_id")); found["success"] != 6.0 {
		t.Errorf("the run came to %v", found)
	}
	first, second := got.of("/PATH1"), got.of("/PATH2")
	if first == nil || first.Method != "GET" || first.Header.Get("Authorization") != "" {
		t.Errorf("the first URL was asked for as %+v", first)
	}
	if user, password, _ := second.BasicAuth(); second.Method != "POST" || user != "user" || password != "pass" || second.Header.Get("X-Test") != "a b" || second.PostForm.Get("q") != "test" {
		t.Errorf("the second URL was asked for as %+v", second)
	}
	// A time of its own is in UTC.
	code, later := v.raw("POST /v2/tests HTTP/1.1" + form + body + "&scheduled_at=2999-01-02+03%3A04%3A05")
	if code != http.StatusOK || member(later, "status") != "pending" {
		t.Fatalf("a test for later is answered by %d, %v", code, later)
	}
	kept, err := v.store.Test(t.Context(), member(later, "test_id"))
	if want := time.Date(2999, 1, 2, 3, 4, 5, 0, time.UTC); err != nil || !kept.Scheduled.Equal(want) {
		t.Errorf("it is scheduled at %v, %v", kept.Scheduled, err)
	}
	if code, run := v.raw("PUT /v2/tests/" + member(test, "test_id") + "/run HTTP/1.1\nloaderio-auth: KEY\nHost: api.loader.io\nContent-Length: 0\n\n"); code != http.StatusOK || member(run, "result_id") == "" {
		t.Errorf("a run is answered by %d, %v", code, run)
	}
}

// The Jenkins plugin lists, runs, looks every 5 s, and reads two numbers of the result.
func TestTheJenkinsPlugin(t *testing.T) {
	target, _ := remembering(t)
	v := serve(t, t.TempDir(), server.Options{})
	ask := func(method, path string) (int, any) {
		length := ""
		if method == "PUT" {
			length = "\nContent-Length: 0"
		}
		return v.raw(method + " /v2/" + path + " HTTP/1.1\nContent-Type: application/json\nloaderio-Auth: KEY" + length + "\nHost: api.loader.io\nConnection: Keep-Alive\nUser-Agent: Apache-HttpClient/4.2.1 (java 1.5)\n\n")
	}
	_, made := v.ask("POST", "/v2/tests", "application/json", `{"test_type": "cycling", "initial": 1, "total": 1, "duration": 1, "scheduled_at": "2999-5-1 3:30:00", "urls": [{"url": "`+target+`/"}]}`)
	id := member(made, "test_id")
	if code, apps := ask("GET", "apps"); code != http.StatusOK {
		t.Errorf("whether the key is valid: %d, %v", code, apps)
	}
	code, list := ask("GET", "tests?status=active&fields[]=name&fields[]=domain")
	tests, _ := list.([]any)
	if code != http.StatusOK || len(tests) != 1 || member(tests[0], "test_id") != id || member(tests[0], "name") == "" || member(tests[0], "domain") == "" {
		t.Fatalf("the list is %d, %v", code, list)
	}
	code, run := ask("PUT", "tests/"+id+"/run?source=jenkins")
	result := member(run, "result_id")
	if code != http.StatusOK || result == "" {
		t.Fatalf("the run is answered by %d, %v", code, run)
	}
	until(t, "the end", func() bool {
		_, test := ask("GET", "tests/"+id)
		if d, _ := test.(map[string]any)["duration"].(float64); d != 1 {
			t.Fatalf("the duration is %v", d)
		}
		return member(test, "status") != "running" && member(test, "status") != "pending"
	})
	code, found := ask("GET", "tests/"+id+"/results/"+result)
	figures, _ := found.(map[string]any)
	rate, isRate := figures["avg_error_rate"].(float64)
	average, isAverage := figures["avg_response_time"].(float64)
	if code != http.StatusOK || !isRate || rate != 0 || !isAverage || average != float64(int(average)) {
		t.Errorf("the result is %d, %v", code, found)
	}
	if code, wrong := v.raw("GET /v2/apps HTTP/1.1\nloaderio-Auth: xxx\nHost: api.loader.io\n\n"); code == http.StatusOK || wrong.(map[string]any)["errors"] == nil {
		t.Errorf("another key is answered by %d, %v", code, wrong)
	}
}

// The Ruby gem, with its api_version set to v2, writes a test as its README does.
func TestTheRubyGem(t *testing.T) {
	target, got := remembering(t)
	v := serve(t, t.TempDir(), server.Options{})
	head := " HTTP/1.1\nAccept: application/json\nAccept-Encoding: gzip, deflate\nloaderio-Auth: KEY\nContent-Type: application/json\nUser-Agent: Ruby\nHost: api.loader.io\n"
	host := strings.TrimPrefix(target, "http://")
	code, app := v.raw("POST /v2/apps" + head + "\n" + `{"app":"` + host + `"}`)
	id := member(app, "app_id")
	if code != http.StatusOK || id == "" {
		t.Fatalf("a host is answered by %d, %v", code, app)
	}
	for _, of := range []string{"GET /v2/apps/" + id + head + "\n", "POST /v2/apps/" + id + "/verify" + head + "Content-Length: 0\n\n"} {
		if code, got := v.raw(of); code != http.StatusOK || member(got, "app_id") != id {
			t.Errorf("%s is answered by %d, %v", of, code, got)
		}
	}
	code, test := v.raw("POST /v2/tests" + head + "\n" + `{"url":"` + target + `/tests#12","load":"1-2-1","tag_names":["tag1","tag2"],` +
		`"request_params":[{"key":"param1","value":"value1"},{"key":"param2","value":"value2"}],"headers":[{"key":"header1","value":"value1"},{"key":"header2","value":"value2"}]}`)
	if code != http.StatusOK || member(test, "message") != "success" || member(test, "test_id") == "" {
		t.Fatalf("a test is answered by %d, %v", code, test)
	}
	until(t, "load", func() bool { return got.of("/tests") != nil })
	if code, stopped := v.raw("PUT /v2/tests/" + member(test, "test_id") + "/stop" + head + "Content-Length: 0\n\n"); code == http.StatusOK && member(stopped, "message") != "success" {
		t.Errorf("a stop is answered by %d, %v", code, stopped)
	}
	v.await(member(test, "test_id"), member(test, "result_id"))
	if r := got.of("/tests"); r.URL.RawQuery != "param1=value1&param2=value2" || r.Header.Get("Header1") != "value1" || r.Header.Get("Header2") != "value2" {
		t.Errorf("the target was asked by %+v", r)
	}
	code, view := v.raw("GET /v2/tests/" + member(test, "test_id") + head + "\n")
	if object, _ := view.(map[string]any); code != http.StatusOK || member(view, "test_type") != "Cycling" || object["initial"] != 1.0 || object["total"] != 2.0 || object["duration"] != 1.0 {
		t.Errorf("the test is %d, %v", code, view)
	}
	if kept, err := v.store.Test(t.Context(), member(test, "test_id")); err != nil || strings.Join(kept.Tags, " ") != "tag1 tag2" {
		t.Errorf("its tags are %q, %v", kept.Tags, err)
	}
}
