package server_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/reach"
)

// at serves a handler at an address of this machine, and counts who asked.
func at(t *testing.T, address string, h http.HandlerFunc) (base string, asked *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Skipf("!!! LEFT OUT: %s is no address of this machine: %v", address, err)
	}
	asked = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	}))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, asked
}

const classic = `{"keys": ["username", "password"], "values": [["steve", "h4x0R"], ["joe1", "silly"], ["jack", "<3jill"], ["jill", "<3jack"]]}`

// asked posts a test with a payload file, and returns what its run came to and why it was none.
func (v *serving) withPayload(target, payload string) (found map[string]any, problem string) {
	v.t.Helper()
	code, got := v.ask("POST", "/v2/tests", "application/json", fmt.Sprintf(`{"test_type": "per-test", "total": 4, "duration": 1,
		"urls": [{"url": "%s/login", "request_type": "POST", "payload_file_url": "%s"}]}`, target, payload))
	if code != http.StatusOK || member(got, "result_id") == "" {
		v.t.Fatalf("a test is answered by %d, %v", code, got)
	}
	found = v.await(member(got, "test_id"), member(got, "result_id"))
	beyond, _ := found["stress"].(map[string]any)
	return found, member(beyond, "problem")
}

// A payload file is fetched from public addresses and from networks that the operator lists, each row for
// one client.
func TestPayloadFilesAreFetched(t *testing.T) {
	var mu sync.Mutex
	var forms []string
	target, _ := at(t, "127.0.0.1", func(_ http.ResponseWriter, r *http.Request) {
		if r.ParseForm(); r.Method == "POST" {
			mu.Lock()
			defer mu.Unlock()
			forms = append(forms, r.PostForm.Encode())
		}
	})
	files, asked := at(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, classic) })
	v := serve(t, t.TempDir(), server.Options{Within: reach.Networks{netip.MustParsePrefix("127.0.0.1/32")}})
	found, problem := v.withPayload(target, files+"/users.json?key=secret")
	if found["success"] != 4.0 || problem != "" || asked.Load() != 1 {
		t.Errorf("%v, and its file was asked for %d times", found, asked.Load())
	}
	slices.Sort(forms)
	if want := []string{"password=%3C3jack&username=jill", "password=%3C3jill&username=jack", "password=h4x0R&username=steve", "password=silly&username=joe1"}; !slices.Equal(forms, want) {
		t.Errorf("the target got the forms %q", forms)
	}
	if _, tests := v.ask("GET", "/v2/tests", "", ""); !strings.Contains(fmt.Sprint(tests), "payload_file_url:"+files+"/users.json ") {
		t.Errorf("the test is shown as %v", tests)
	}
}

// Nobody reads through a server what only its machine reaches: no private address that is not listed, no
// redirect to one, no service of metadata whatever is listed. The run says so, measures nothing and passes no gate.
func TestPayloadFilesOfForbiddenAddresses(t *testing.T) {
	everywhere := reach.Networks{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	first := reach.Networks{netip.MustParsePrefix("127.0.0.1/32")}
	target, hits := page(t)
	secret, told := at(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, classic) })
	moved := func(to string) string {
		base, _ := at(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		return base
	}
	for name, c := range map[string]struct {
		within  reach.Networks
		payload string
		says    []string
	}{
		"a private address": {nil, secret + "/p.json", []string{"feed payload", "127.0.0.2 is no public address", "--call 127.0.0.2/32"}},
		"another network":   {first, secret + "/p.json", []string{"127.0.0.2 is no public address", "--call 127.0.0.2/32"}},
		"a redirect":        {first, moved(secret+"/p.json") + "/p.json", []string{"127.0.0.2 is no public address", "--call 127.0.0.2/32"}},
		"a name":            {nil, "http://localhost:1/p.json", []string{"is no public address", "--call"}},
		"metadata":          {everywhere, "http://169.254.169.254/latest/p.json", []string{"169.254.169.254"}},
		"a way to metadata": {everywhere, moved("http://169.254.169.254/latest") + "/p.json", []string{"169.254.169.254"}},
		"another scheme":    {everywhere, moved("file:///etc/passwd") + "/p.json", []string{"unsupported protocol scheme"}},
		"itself for ever":   {everywhere, moved("/p.json") + "/p.json", []string{"moved more than 5 times"}},
		"no payload file":   {everywhere, func() string { b, _ := at(t, "127.0.0.1", func(http.ResponseWriter, *http.Request) {}); return b }() + "/p.json", []string{"feed payload"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := serve(t, t.TempDir(), server.Options{Within: c.within})
			found, problem := v.withPayload(target, c.payload)
			for _, part := range c.says {
				if !strings.Contains(problem, part) {
					t.Errorf("the problem is %q, want %q", problem, part)
				}
			}
			if found["success"] != 0.0 || found["avg_error_rate"] != 100.0 {
				t.Errorf("a run without its data came to %v", found)
			}
		})
	}
	if told.Load() > 0 || hits.Load() > 0 {
		t.Errorf("the address behind was asked %d times, the target %d times", told.Load(), hits.Load())
	}
}
