package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/scenarios"
)

// rowsOf writes a CSV of numbered rows and returns its name.
func rowsOf(t *testing.T, n int) string {
	t.Helper()
	text := "n,word\n"
	for i := range n {
		text += fmt.Sprintf("%d,w%d\n", i, i)
	}
	file := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// uniqueRows is a run of two targets, two rounds and warm-ups, which takes 2·2·(20+10) rows.
const uniqueRows = `
feeds: [{name: rows, file: %q, order: unique}]
load: {type: clients-per-second, clients: 10, duration: 2s}
request: {path: "/{{n}}"}
targets: [{name: a, url: "http://%%[1]s"}, {name: b, url: "http://%%[1]s"}]
compare: {rounds: 2, warm_up: 1s}
`

// No row comes twice in a run, whatever the leg, and all of them come; a run that takes more rows than
// there are does not begin.
func TestUniqueRowsComeOnceInARun(t *testing.T) {
	fakedOf(t, fmt.Sprintf(uniqueRows, rowsOf(t, 120)), nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		seen := map[string]bool{}
		o.Performer = Here(func(ctx context.Context, e attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error) {
			for s := range job.Plan.Starts() {
				row := string(job.Values["n"].Append(nil, job.Turn(s.N, 0), 0))
				if seen[row] {
					t.Errorf("row %s comes twice", row)
				}
				seen[row] = true
			}
			return answering(ctx, e, job, start, cfg)
		})
		if _, err := started(t.Context(), t, sc, o).Wait(); err != nil {
			t.Fatal(err)
		}
		r, _ := stored(t, o.Dir)
		var first []uint64
		for _, l := range r.Manifest.Legs {
			first = append(first, l.FirstRow)
		}
		if f := r.Manifest.Feeds; len(seen) != 120 || len(f) != 1 || f[0].Rows != 120 || f[0].Order != "unique" || len(f[0].SHA256) != 64 ||
			!slices.Equal(first, []uint64{0, 10, 30, 40, 60, 70, 90, 100}) {
			t.Errorf("%d rows came, legs begin at %v, of %+v", len(seen), first, f)
		}
	})
	fakedOf(t, fmt.Sprintf(uniqueRows, rowsOf(t, 119)), nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		_, err := Start(t.Context(), sc, o)
		var few *TooFewRowsError
		if !errors.As(err, &few) || few.Take != 120 || few.Have != 119 {
			t.Error(err)
		}
		if _, err := os.Stat(o.Dir); !os.IsNotExist(err) {
			t.Errorf("a run that did not begin left its directory: %v", err)
		}
	})
}

// A file that has a fault ends no run: none begins.
func TestFaultsInDataAreToldBeforeAnyLoad(t *testing.T) {
	file := rowsOf(t, 3)
	fakedOf(t, fmt.Sprintf(strings.Replace(uniqueRows, "unique", "random", 1), file), nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		if err := os.WriteFile(file, []byte("n,word\n1,2\n3\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var fault *feed.Fault
		if _, err := Start(t.Context(), sc, o); !errors.As(err, &fault) || fault.Line != 3 || fault.Source != file {
			t.Error(err)
		}
	})
}

// fetchedData is a run whose data are fetched from where its target is.
const fetchedData = `
feeds:
  - {name: users, url: "%[1]s/users.json?token=s3cret"}
  - {name: words, url: "%[1]s/words", format: loader.io, order: random}
  - {name: cities, url: "%[1]s/cities.jsonl"}
load: {type: clients-per-test, clients: 4, duration: 10ms}
requests:
  - {name: get, path: "/get?city={{city}}", payload: users}
  - {name: post, method: POST, path: /post, payload: users}
  - {name: variables, path: "/{{word}}", payload: words}
targets: [{name: a, url: "%[1]s"}]
`

// What is fetched goes where loader.io has it, and everything that a request has of a row is of one row.
func TestDataThatAreFetched(t *testing.T) {
	var mu sync.Mutex
	got := map[string][]string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/users.json":
			if r.URL.RawQuery != "token=s3cret" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			http.Redirect(w, r, "/moved", http.StatusFound)
		case "/moved":
			fmt.Fprintf(w, `{"keys": ["user[name]", "n"], "values": [["a&b", 1], ["c d", 2]]}%s`, r.Header.Get("Referer"))
		case "/words":
			fmt.Fprint(w, `{"version": 1, "variables": [{"names": ["word"], "values": [["x/y"]]}]}`)
		case "/cities.jsonl":
			fmt.Fprintln(w, `{"city": "São Paulo"}`)
		default:
			r.ParseForm()
			mu.Lock()
			got[r.URL.EscapedPath()] = append(got[r.URL.EscapedPath()], r.Form.Encode())
			mu.Unlock()
		}
	}))
	defer srv.Close()
	sc := scenario(t, fmt.Sprintf(fetchedData, srv.URL))
	r := started(t.Context(), t, sc, Options{Guard: offline(t), Dir: filepath.Join(t.TempDir(), "run")})
	if _, err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	one, two := "n=1&user%5Bname%5D=a%26b", "n=2&user%5Bname%5D=c+d"
	for path, want := range map[string][]string{
		"/get": {"city=S%C3%A3o+Paulo&" + one, "city=S%C3%A3o+Paulo&" + two}, "/post": {one, two}, "/x%2Fy": {"", ""},
	} {
		want = slices.Sorted(slices.Values(slices.Concat(want, want)))
		if seen := slices.Sorted(slices.Values(got[path])); !slices.Equal(seen, want) {
			t.Errorf("%s was sent %q, want %q", path, seen, want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(r.Dir, "run.json")); err != nil || strings.Contains(string(text), "s3cret") || strings.Contains(string(text), "Paulo") {
		t.Errorf("run.json holds what is secret: %v", err)
	}
	sc = scenario(t, strings.Replace(fmt.Sprintf(fetchedData, srv.URL), "s3cret", "s3cret2", 1))
	_, err := Start(t.Context(), sc, Options{Guard: offline(t), Dir: filepath.Join(t.TempDir(), "run")})
	if away := (*UnreachableError)(nil); !errors.As(err, &away) || !strings.Contains(err.Error(), "answered 403") || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}
