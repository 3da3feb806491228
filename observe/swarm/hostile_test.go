package swarm

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// serveEngine answers as handler does, on a unix socket.
func serveEngine(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return "unix://" + l.Addr().String()
}

// endless is a reader of the same for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// An engine that answers without end, with nonsense or with nothing costs neither memory nor the run:
// it is said, and that is all.
func TestHostileEngines(t *testing.T) {
	ping := func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Api-Version", "1.41")
		return strings.HasSuffix(r.URL.Path, "/_ping")
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"blanks for ever": {func(w http.ResponseWriter) { io.Copy(w, endless(' ')) }, "no Docker engine gives such"},
		"a name for ever": {func(w http.ResponseWriter) { fmt.Fprint(w, `{"ID":"`); io.Copy(w, endless('x')) }, "no Docker engine gives such"},
		"no JSON":         {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, "invalid character"},
		"nothing":         {func(http.ResponseWriter) {}, "EOF"},
		"an essay": {func(w http.ResponseWriter) {
			w.WriteHeader(500)
			fmt.Fprintf(w, `{"message":%q}`, strings.Repeat("no\x1b[2J ", 1000))
		}, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			w := watcher(t, serveEngine(t, func(w http.ResponseWriter, r *http.Request) {
				if !ping(w, r) {
					c.answer(w)
				}
			}))
			for _, e := range w.engines {
				e.timeout = time.Minute // the bound ends it, not the clock
			}
			_, err := w.Look(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 500 || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A stream of events has no end, but each event has.
func TestAnEventWithoutEnd(t *testing.T) {
	f := began(t, "sw1")
	good := f.ServeHTTP
	address := serveEngine(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			fmt.Fprint(w, `{"Type":"`)
			io.Copy(w, endless('x'))
			return
		}
		good(w, r)
	})
	l := watch(t, watcher(t, address))
	l.await(t, "events are not heard: ")
	l.await(t, "web-server.1 on sw") // which is told all the same
	if l.has("no Docker engine gives such") == 0 {
		t.Errorf("%+v", l.all)
	}
}

// More replacements than a manager keeps are all told, if they were seen: it forgets the oldest, and
// that is no news.
func TestMoreReplacementsThanTheManagerKeeps(t *testing.T) {
	w := watcher(t, "unix:///nowhere")
	var l told
	w.tell = l.tell
	at := time.Unix(1, 0)
	for n := range 9 { // a limit of five, the running one included
		s := &State{At: at.Add(time.Duration(n) * time.Second), Service: Service{Replicas: 1}, Tasks: map[string]Task{}}
		for k := max(0, n-4); k <= n; k++ {
			task := Task{ID: fmt.Sprint("t", k), Name: "web.1", Slot: 1, Node: "sw1", Host: fmt.Sprint("h", k), Container: fmt.Sprint("c", k), State: "failed", Desired: "shutdown", ExitCode: 137}
			if k == n {
				task.State, task.Desired = "running", "running"
			}
			s.Tasks[task.ID] = task
		}
		w.take(s, nil, at)
	}
	if ended, began := l.has(": failed"), l.has(": running"); ended != 8 || began != 9 || l.has(runlog.TaskRemoved) != 0 {
		t.Errorf("%d ends, %d beginnings: %+v", ended, began, l.all)
	}
}

// An engine behind TLS is asked with the certificate that the scenario names; one that does not fit
// is one clear line.
func TestEnginesBehindTLS(t *testing.T) {
	f := began(t, "sw1")
	s := httptest.NewUnstartedServer(f)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	t.Cleanup(func() {
		f.change(func() { f.breaks++ })
		s.CloseClientConnections()
		s.Close()
	})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	address := "tcp://" + s.Listener.Addr().String()
	plain := httptest.NewServer(f)
	t.Cleanup(plain.Close)
	for name, c := range map[string]struct {
		address string
		tls     *tls.Config
		want    string // in the error
	}{
		"as it should be":          {address, &tls.Config{RootCAs: roots, Certificates: s.TLS.Certificates}, ""},
		"no certificate of ours":   {address, &tls.Config{RootCAs: roots}, "certificate required"},
		"another authority":        {address, &tls.Config{RootCAs: x509.NewCertPool(), Certificates: s.TLS.Certificates}, "certificate signed by unknown authority"},
		"plain text to TLS":        {address, nil, "HTTPS server"},
		"TLS to one in plain text": {"tcp://" + plain.Listener.Addr().String(), &tls.Config{RootCAs: roots}, "does not look like a TLS handshake"},
	} {
		w, err := New(Config{Docker: []string{c.address}, Service: "web-server", TLS: c.tls})
		if err != nil {
			t.Fatal(err)
		}
		state, err := w.Look(t.Context())
		w.Close()
		switch {
		case c.want == "" && (err != nil || len(state.Tasks) != 3):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// Several engines of one Swarm tell each change once, and when the leader is gone another manager is
// asked without a gap in what is told.
func TestAnotherManagerTakesOver(t *testing.T) {
	first, second := began(t, "sw1"), began(t, "sw2")
	l := watch(t, watcher(t, first.address, second.address))
	l.await(t, "web-server.1 on sw")
	first.change(func() { first.refuse = "rpc error: code = Unknown desc = The swarm does not have a leader." })
	var service map[string]any
	if err := json.Unmarshal(second.service, &service); err != nil {
		t.Fatal(err)
	}
	service["Spec"].(map[string]any)["Mode"] = map[string]any{"Replicated": map[string]any{"Replicas": 5}}
	changed, err := json.Marshal(service)
	if err != nil {
		t.Fatal(err)
	}
	second.change(func() { second.service = changed })
	l.await(t, "scaled from 3 to 5 replicas")
	if l.has("no manager answers") > 0 || l.has("web-server.1 on sw") != 1 {
		t.Errorf("%+v", l.all)
	}
}
