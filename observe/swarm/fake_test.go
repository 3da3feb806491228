package swarm

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A line of testdata/recorded.jsonl.gz: what three engines of Docker 20.10 said while a
// container was removed by force, a service scaled to 5, 2 and 3, a node drained and activated,
// and the image updated. Of a state only what had changed is there.
type recordedLine struct {
	T       float64         `json:"t"`
	Engine  string          `json:"engine"`
	Event   json.RawMessage `json:"event"`
	Info    string          `json:"info"`
	Body    json.RawMessage `json:"body"`
	Service json.RawMessage `json:"service"`
	Nodes   json.RawMessage `json:"nodes"`
	Tasks   json.RawMessage `json:"tasks"`
}

func recording(t *testing.T) []recordedLine {
	t.Helper()
	f, err := os.Open("testdata/recorded.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []recordedLine
	for d := json.NewDecoder(z); d.More(); {
		var l recordedLine
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// fakeEngine answers as a Docker engine does, on a unix socket, from recorded JSON.
type fakeEngine struct {
	address string

	mu                          sync.Mutex
	info, service, nodes, tasks json.RawMessage
	refuse                      string // what it answers in place of a state; "" answers
	hang                        chan struct{}
	events                      []json.RawMessage
	more                        chan struct{} // closed when there are more events, or the stream is to break
	breaks                      int
	asked                       []string // methods and paths
}

func newFakeEngine(t *testing.T) *fakeEngine {
	f := &fakeEngine{more: make(chan struct{})}
	socket := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: f}}
	s.Start()
	t.Cleanup(func() {
		f.change(func() { f.breaks++ })
		s.CloseClientConnections()
		s.Close()
	})
	f.address = "unix://" + socket
	return f
}

// change changes what the engine says, and wakes those who listen.
func (f *fakeEngine) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.more)
	f.more = make(chan struct{})
}

// say is what a recorded line changes.
func (f *fakeEngine) say(l recordedLine) {
	f.change(func() {
		for _, v := range []struct{ to, from *json.RawMessage }{
			{&f.info, &l.Body}, {&f.service, &l.Service}, {&f.nodes, &l.Nodes}, {&f.tasks, &l.Tasks},
		} {
			if *v.from != nil {
				*v.to = *v.from
			}
		}
		if l.Event != nil {
			f.events = append(f.events, l.Event)
		}
	})
}

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.Method+" "+r.URL.Path)
	refuse, hang := f.refuse, f.hang
	answers := map[string]json.RawMessage{"/info": f.info, "/services": f.service, "/nodes": f.nodes, "/tasks": f.tasks}
	f.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v1.41")
	switch what := "/" + strings.Split(path, "/")[1]; {
	case what == "/_ping":
		w.Header().Set("Api-Version", "1.41")
		fmt.Fprint(w, "OK")
	case what == "/events":
		f.stream(w, r)
	case what != "/info" && refuse != "":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, `{"message":%q}`, refuse)
	case answers[what] != nil:
		w.Header().Set("Content-Type", "application/json")
		w.Write(answers[what])
	default:
		http.NotFound(w, r)
	}
}

// stream sends all events from since on, as they come, until it is to break.
func (f *fakeEngine) stream(w http.ResponseWriter, r *http.Request) {
	var since int64
	if s := r.URL.Query().Get("since"); s != "" {
		var seconds, nanos int64
		fmt.Sscanf(s, "%d.%d", &seconds, &nanos)
		since = seconds*1e9 + nanos
	}
	f.mu.Lock()
	sent, breaks := 0, f.breaks
	if since == 0 {
		sent = len(f.events) // from now on
	}
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	for {
		w.(http.Flusher).Flush()
		f.mu.Lock()
		next, more, broken := f.events[sent:], f.more, f.breaks != breaks
		sent = len(f.events)
		f.mu.Unlock()
		if broken {
			return
		}
		for _, e := range next {
			var m struct {
				TimeNano int64 `json:"timeNano"`
			}
			if json.Unmarshal(e, &m); m.TimeNano >= since {
				w.Write(append(e, '\n'))
			}
		}
		w.(http.Flusher).Flush()
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// told collects changes.
type told struct {
	mu  sync.Mutex
	all []Change
}

func (l *told) tell(c Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
}

// has reports that a text has been told, and how often.
func (l *told) has(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		if strings.Contains(c.Text, text) {
			n++
		}
	}
	return n
}

// await waits until a text has been told.
func (l *told) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); l.has(text) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q is not told, but %+v", text, l.all)
		}
	}
}
