package tool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/scenarios"
)

func TestReadRefusesOtherWords(t *testing.T) {
	for _, tool := range all() {
		for _, out := range []string{"", "{}", "connection refused\n", `{"result":{}}`, `{"Legs":[]}`} {
			if r, err := tool.Read(t.TempDir(), []byte(out)); !errors.Is(err, ErrFigures) {
				t.Errorf("%s read %+v, %v in %q", tool.Name, r, err, out)
			}
		}
	}
}

// FuzzRead: whatever a tool prints, reading it ends in figures or in ErrFigures.
func FuzzRead(f *testing.F) {
	for _, tool := range all() {
		out, err := os.ReadFile(filepath.Join("testdata", strings.Fields(tool.Name)[0], "stdout"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out)
		f.Add(out[:len(out)/2])
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, out []byte) {
		for _, tool := range all() {
			if _, err := tool.Read(dir, out); err != nil && !errors.Is(err, ErrFigures) {
				t.Errorf("%s: %v", tool.Name, err)
			}
		}
	})
}

func TestHeyCountsItsErrors(t *testing.T) {
	const out = `
Summary:
  Total:	2.0000 secs

Latency distribution:
  50%% in 0.0021 secs

Status code distribution:
  [200]	90 responses
  [503]	7 responses

Error distribution:
  [3]	Get "http://127.0.0.1:1/": EOF
`
	r, err := readHey("", []byte(out))
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 97 || r.Failed != 10 || r.Quantiles[0.5] != 2100*time.Microsecond {
		t.Errorf("%+v", r)
	}
}

func TestWrkCountsItsErrors(t *testing.T) {
	r, err := readWrk("", []byte("Running\nfigures 1000 500000 3 50=21 99.9=6460\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 1000 || r.Failed != 3 || r.Rate() != 2000 || r.Quantiles[0.999] != 6460*time.Microsecond {
		t.Errorf("%+v", r)
	}
}

func TestWhoCan(t *testing.T) {
	for name, want := range map[string]struct{ open, many, fresh bool }{
		"wrk": {false, true, true}, "ab": {false, true, true}, "h2load": {true, true, false}, "k6": {true, false, true}, "vegeta": {true, true, true},
	} {
		for _, tool := range Peers() {
			if tool.Name != name {
				continue
			}
			if got := tool.Can(Load{Connections: 50, Rate: 20000}); got != want.open {
				t.Errorf("%s at a rate: %v", name, got)
			}
			if got := tool.Can(Load{Connections: 5000}); got != want.many {
				t.Errorf("%s with 5 000 connections: %v", name, got)
			}
			if got := tool.Can(Load{Connections: 50, Fresh: true}); got != want.fresh {
				t.Errorf("%s with a connection for each request: %v", name, got)
			}
		}
	}
}

// Our own scenarios must be ones that stress takes.
func TestScenariosAreRead(t *testing.T) {
	v := Variant{Engine: "nethttp", Body: `it's "fine": yes`}
	for _, l := range []Load{
		{URL: "http://127.0.0.1:1", Connections: 50, Duration: 2 * time.Second},
		{URL: "http://127.0.0.1:1", Connections: 50, Rate: 20000, Duration: 2 * time.Second},
		{URL: "https://127.0.0.1:1/large/", Connections: 50, Fresh: true, Duration: 2 * time.Second},
	} {
		file := filepath.Join(t.TempDir(), "scenario.yaml")
		if err := os.WriteFile(file, []byte(v.scenario(l)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := scenarios.Load(file, scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Requests[0].Expect.Body != v.Body {
			t.Errorf("asks for %q", s.Requests[0].Expect.Body)
		}
		if closes := s.Requests[0].Header.Get("Connection") == "close"; closes != l.Fresh {
			t.Errorf("a fresh connection for each request: %v, want %v", closes, l.Fresh)
		}
	}
}

func TestRateOfNothing(t *testing.T) {
	if r := (Result{Requests: 5}).Rate(); r != 0 {
		t.Error(r)
	}
}
