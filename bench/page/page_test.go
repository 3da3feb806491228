package page

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	got := Table([]string{"tool", "µs/request"}, [][]string{{"wrk", "6.1"}, {"bombardier"}})
	want := "" +
		"| tool       | µs/request |\n" +
		"|------------|-----------:|\n" +
		"| wrk        |        6.1 |\n" +
		"| bombardier |            |\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const doc = "# Figures\n\n<!-- peers: begin -->\nold\n<!-- peers: end -->\n\nAfter.\n"

func TestReplaceIsRepeatable(t *testing.T) {
	once, err := Replace([]byte(doc), "peers", "new\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "# Figures\n\n<!-- peers: begin -->\n\nnew\n\n<!-- peers: end -->\n\nAfter.\n"
	if string(once) != want {
		t.Errorf("got\n%s\nwant\n%s", once, want)
	}
	if twice, err := Replace(once, "peers", "new\n"); err != nil || string(twice) != want {
		t.Errorf("a second time: %v\n%s", err, twice)
	}
}

func TestReplaceNeedsItsMarkers(t *testing.T) {
	for _, d := range []string{
		"", "<!-- peers: begin -->\n", doc + doc,
		"<!-- peers: end -->\n<!-- peers: begin -->\n",
	} {
		if _, err := Replace([]byte(d), "peers", "new"); err == nil {
			t.Errorf("%q was taken", d)
		}
	}
}

func TestUpdate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Update(file, "peers", "new"); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(file); !strings.Contains(string(b), "\nnew\n") {
		t.Errorf("the file holds\n%s", b)
	}
	if err := Update(file, "stall", "new"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
}

func TestMachine(t *testing.T) {
	got := Machine(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	if !strings.HasPrefix(got, "Taken 2026-01-02 03:04 UTC on ") || !strings.Contains(got, runtime.Version()) {
		t.Error(got)
	}
	if got := processor("/no/such/file"); got != runtime.GOARCH {
		t.Error(got)
	}
}
