package tool

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// -update runs every tool there is against a small server and keeps what it prints.
var update = flag.Bool("update", false, "rewrite testdata from the real tools")

const (
	goldenBody  = "New record created successfully"
	connections = 2
)

// golden is what we read in a captured output, and how many requests the server
// counted while it was made.
type golden struct {
	Served    uint64
	Requests  uint64
	Failed    uint64
	Elapsed   string
	Quantiles map[string]string
}

func all() []Tool {
	return append(Peers(), Stress(Variant{Program: "stress", Engine: "nethttp", Body: goldenBody}))
}

func TestGoldenOutputs(t *testing.T) {
	for _, tool := range all() {
		t.Run(tool.Name, func(t *testing.T) {
			dir := filepath.Join("testdata", strings.Fields(tool.Name)[0])
			if *update {
				capture(t, tool, dir)
			}
			out, err := os.ReadFile(filepath.Join(dir, "stdout"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(dir, "result.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want golden
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			r, err := tool.Read(dir, out)
			if err != nil {
				t.Fatal(err)
			}
			if got := read(r, want.Served); !reflect.DeepEqual(got, want) {
				t.Errorf("read %+v, want %+v", got, want)
			}
			// What a tool says must be what the server saw, but for what was on its way
			// when the tool stopped.
			if r.Requests > want.Served || r.Requests+connections < want.Served || r.Failed > 0 {
				t.Errorf("%d requests, %d failed; the server answered %d", r.Requests, r.Failed, want.Served)
			}
			if r.Elapsed < time.Second/2 || r.Elapsed > 3*time.Second {
				t.Errorf("a second took %v", r.Elapsed)
			}
		})
	}
}

func read(r Result, served uint64) golden {
	g := golden{Served: served, Requests: r.Requests, Failed: r.Failed, Elapsed: r.Elapsed.String(), Quantiles: map[string]string{}}
	for q, d := range r.Quantiles {
		b, _ := json.Marshal(q)
		g.Quantiles[string(b)] = d.String()
	}
	return g
}

func capture(t *testing.T, tool Tool, dir string) {
	t.Helper()
	if _, err := exec.LookPath(tool.Program); err != nil {
		t.Fatalf("%s cannot be captured: %v", tool.Name, err)
	}
	var served atomic.Uint64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Millisecond)
		served.Add(1)
		w.Write([]byte(goldenBody + "\n"))
	}))
	defer srv.Close()
	l := Load{URL: srv.URL + "/", Connections: connections, Duration: time.Second}
	if tool.Open {
		l.Rate = 40
	}
	work := t.TempDir()
	args, err := tool.Command(work, l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, tool.Program, args...).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(work, vegetaFile)); err == nil {
		keep(t, dir, vegetaFile, b)
	}
	r, err := tool.Read(work, out)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, dir, "stdout", withoutMachine(out))
	b, err := json.MarshalIndent(read(r, served.Load()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, dir, "result.json", append(b, '\n'))
}

// withoutMachine drops what our own summary says about where it was made.
func withoutMachine(out []byte) []byte {
	var summary map[string]json.RawMessage
	if json.Unmarshal(out, &summary) != nil || summary["run"] == nil {
		return out
	}
	delete(summary, "run")
	b, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		return out
	}
	return append(b, '\n')
}

func keep(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}
