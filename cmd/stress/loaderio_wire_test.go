package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
)

// heard is what came over the connections of a listener, each byte of it.
type heard struct {
	net.Listener
	mu   sync.Mutex
	each []*bytes.Buffer
}

func (h *heard) Accept() (net.Conn, error) {
	c, err := h.Listener.Accept()
	if err != nil {
		return nil, err
	}
	b := new(bytes.Buffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.each = append(h.each, b)
	return &hearing{c, h, b}, nil
}

type hearing struct {
	net.Conn
	all *heard
	b   *bytes.Buffer
}

func (c *hearing) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.b.Write(p[:n])
	return n, err
}

// texts are the connections, each as a text of its own, in the order of those.
func (h *heard) texts() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, b := range h.each {
		if b.Len() > 0 { // one without a request says nothing
			all = append(all, b.String())
		}
	}
	slices.Sort(all)
	return all
}

// listened serves what the examples of loader.io's documents ask for.
func listened(t *testing.T) (address string, wire *heard) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /payload/", http.StripPrefix("/payload/", http.FileServer(http.Dir("testdata/loaderio"))))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Product-Id", "7/b")
		w.Header().Set("X-Csrf-Token", "a+b=")
		w.Header().Set("Set-Cookie", "session=s1; Path=/")
	})
	s := httptest.NewUnstartedServer(mux)
	wire = &heard{Listener: s.Listener}
	s.Listener = wire
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), wire
}

var userAgent = regexp.MustCompile(`User-Agent: stress/\S+`)

// TestLoaderioOnTheWire: the examples of loader.io's documents, of expressions, payload files, response variables
// and options of URLs, as tests of its API. Each is imported and run, and what went over the wire is held
// to a file, byte by byte: a connection of a client is a part of it. The address alone is another.
func TestLoaderioOnTheWire(t *testing.T) {
	examples, err := filepath.Glob("testdata/loaderio/*.test.json")
	if err != nil || len(examples) == 0 {
		t.Fatal(err)
	}
	for _, example := range examples {
		name := strings.TrimSuffix(example, ".test.json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := os.ReadFile(example)
			if err != nil {
				t.Fatal(err)
			}
			address, wire := listened(t)
			dir := t.TempDir()
			file, scenario := filepath.Join(dir, filepath.Base(name)+".json"), filepath.Join(dir, "scenario.yaml")
			if err := os.WriteFile(file, bytes.ReplaceAll(src, []byte("shop.test"), []byte(address)), 0o600); err != nil {
				t.Fatal(err)
			}
			made := stress(t, nil, "import", "loaderio", file)
			if made.code != exitPass || strings.Contains(made.stdout, "leaves out") {
				t.Fatalf("exit code %d\n%s%s", made.code, made.stderr, made.stdout)
			}
			if err := os.WriteFile(scenario, []byte(made.stdout), 0o600); err != nil {
				t.Fatal(err)
			}
			r := stress(t, []string{"STRESS_PASSWORD=secret"}, "run", scenario, "--set", "load.seed=1", "--out", filepath.Join(dir, "run"))
			if r.code == exitUsage || r.code == exitUnable {
				t.Fatalf("exit code %d\n%s", r.code, r.stderr)
			}
			var got strings.Builder
			for _, text := range wire.texts() {
				text = userAgent.ReplaceAllString(strings.ReplaceAll(text, address, "shop.test"), "User-Agent: stress")
				got.WriteString(strings.ReplaceAll(text, "\r\n", "\\r\\n\n") + "\n--\n")
			}
			golden.Check(t, name+".wire", []byte(got.String()))
		})
	}
}
