package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/embedded"
	"github.com/stress-tool/stress/lab/postgres"
)

// kitchen is where recipes are tried: the embedded lab, with a proxy before its single page that
// notes what went over the wire.
type kitchen struct {
	*embedded.Lab
	t   *testing.T
	dir string // with the files of docs/recipes.md
	env []string

	mu   sync.Mutex
	seen []received
}

// received is what reached the single page.
type received struct {
	method, uri, body string
	header            http.Header
}

func newKitchen(t *testing.T) *kitchen {
	t.Helper()
	program, err := exec.LookPath("stress")
	if err != nil {
		t.Fatal(err)
	}
	l, err := embedded.Start(t.Context(), embedded.Options{Exec: []string{program, childName}, Service: 2 * time.Millisecond, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &kitchen{Lab: l, t: t, dir: t.TempDir()}
	to, err := url.Parse(l.Single)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		k.mu.Lock()
		k.seen = append(k.seen, received{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		k.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	k.env = []string{
		"STRESS_SINGLE=" + front.URL, "STRESS_CLUSTER=" + l.Cluster, "STRESS_DSN=" + l.DSN(), "STRESS_REPLICA=" + strings.TrimPrefix(l.Replicas[0], "http://"),
		"HOME=" + k.dir, "NO_COLOR=1",
	}
	for _, b := range fencedFile.FindAllStringSubmatch(recipes(t), -1) {
		if err := os.WriteFile(filepath.Join(k.dir, b[1]), []byte(b[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// fencedFile is a block of code with the name of a file.
var fencedFile = regexp.MustCompile("(?ms)^```\\w+ file=(\\S+)\n(.*?)^```$")

func recipes(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// run runs a recipe for a second, unless the arguments say how long, and returns what was found.
func (k *kitchen) run(t *testing.T, file string, args ...string) *result.Analysis {
	t.Helper()
	if !slices.Contains(args, "--duration") {
		args = append(args, "--duration", "1s")
	}
	k.mu.Lock()
	k.seen = nil
	k.mu.Unlock()
	out := filepath.Join(t.TempDir(), "run")
	r := stress(t, k.env, append([]string{"run", filepath.Join(k.dir, file), "--json", "--out", out}, args...)...)
	// Counts are right whatever else the machine does, and no more is asked for.
	if r.code != exitPass && r.code != exitFail && r.code != exitInconclusive && r.code != exitInvalid {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	a := r.summary(t)
	if len(a.Legs) == 0 || a.Legs[0].Outcomes.Success == 0 {
		t.Fatalf("no success: %+v\n%s", a.Legs, r.stderr)
	}
	return a
}

// uris are what was asked for, sorted, each once.
func (k *kitchen) uris() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]bool{}
	for _, r := range k.seen {
		all[r.uri] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// rowsNamed are the rows of a lab, of those that are asked for, by the name that the requests gave them.
func rowsNamed(t *testing.T, dsn, where string) map[string]int {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT Nome, COUNT(*) FROM dados WHERE "+where+" GROUP BY Nome")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	named := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		named[name] = n
	}
	return named
}

// tasted are what the page says of each recipe, by its scenario.
var tasted = map[string]func(t *testing.T, k *kitchen){
	"replica.yaml": func(t *testing.T, k *kitchen) {
		for _, l := range k.run(t, "replica.yaml").Legs {
			if want := map[string]int{"all": 3, "one": 1}[l.Target]; len(l.Hosts) != want || l.Target == "one" && l.Hosts[0].Host != k.Hosts[0] {
				t.Errorf("%s: %+v, want %d hosts", l.Target, l.Hosts, want)
			}
		}
	},
	"served.yaml": func(t *testing.T, k *kitchen) {
		l := k.run(t, "served.yaml").Legs[0]
		if len(l.Hosts) != 3 || l.Hosts[0].Answers == 0 || l.Hosts[0].Rows != 0 || l.Reconcile != nil {
			t.Errorf("hosts %+v, rows %+v", l.Hosts, l.Reconcile)
		}
	},
	"balancer.yaml": func(t *testing.T, k *kitchen) {
		if l := k.run(t, "balancer.yaml").Legs[0]; l.Connects != l.Sent || len(l.Hosts) != 3 {
			t.Errorf("%d connections for %d requests, hosts %+v", l.Connects, l.Sent, l.Hosts)
		}
	},
	"login.yaml": func(t *testing.T, k *kitchen) { k.logIn(t) },
	"users.yaml": func(t *testing.T, k *kitchen) {
		k.run(t, "users.yaml", "--clients", "4")
		named := rowsNamed(t, k.DSN(), "Nome IS NOT NULL")
		for _, user := range []string{"ana-1", "bia-2", "caio-3", "davi-4"} {
			if named[user] != 1 {
				t.Errorf("%d rows of %s, want 1", named[user], user)
			}
		}
		r := stress(t, k.env, "run", filepath.Join(k.dir, "users.yaml"), "--clients", "9", "--out", filepath.Join(k.dir, "too-many"))
		if r.code != exitUsage || !strings.Contains(r.stderr, "9") {
			t.Errorf("four users for nine clients: exit code %d, %s", r.code, r.stderr)
		}
	},
	"search.yaml": func(t *testing.T, k *kitchen) {
		k.run(t, "search.yaml")
		form := regexp.MustCompile(`^/search\?q=(sapato\+azul|chap%C3%A9u|luva\+%26\+meia)&page=[1-9]$`)
		words := map[string]int{}
		for _, uri := range k.uris() {
			if m := form.FindStringSubmatch(uri); m != nil {
				words[m[1]]++
			} else {
				t.Errorf("asked for %s", uri)
			}
		}
		if len(words) != 3 {
			t.Errorf("words %v, want three", words)
		}
	},
	"payload.yaml": func(t *testing.T, k *kitchen) {
		k.run(t, "payload.yaml")
		if got := k.uris(); !slices.Equal(got, []string{"/cart?sku=A-1&size=40", "/cart?sku=B-2&size=41"}) {
			t.Errorf("asked for %q", got)
		}
	},
	"think.yaml": func(t *testing.T, k *kitchen) {
		l := k.run(t, "think.yaml", "--duration", "4s").Legs[0]
		if most := uint64(50 * 5); l.Sent > most || l.Sent < 50 {
			t.Errorf("%d requests of 50 clients in 4 s with 1 s between two at least, want from 50 to %d", l.Sent, most)
		}
	},
	"visit.yaml": func(t *testing.T, k *kitchen) {
		l := k.run(t, "visit.yaml", "--clients", "5").Legs[0]
		if len(l.Requests) != 3 || l.Requests[2].Name != "order" || l.Requests[2].Outcomes.Success != 5 {
			t.Errorf("requests %+v", l.Requests)
		}
	},
	"mix.yaml": func(t *testing.T, k *kitchen) {
		a := k.run(t, "mix.yaml", "--duration", "2s")
		l := a.Legs[0]
		for i, asked := range []float64{0.6, 0.3, 0.1} {
			r := &l.Requests[i]
			if n := r.Outcomes.Ended(); r.Asked != asked || n == 0 || n == l.Sent || r.Share.N != l.Sent {
				t.Errorf("%s was asked for %d times of %d, a share of %+v: want one of %v", r.Name, n, l.Sent, r.Share, asked)
			}
		}
		i := slices.IndexFunc(a.Thresholds, func(t result.Assessment) bool { return t.Threshold == "p95{order} < 500ms" })
		if n := l.Requests[2].Outcomes.Ended(); i < 0 || a.Verdict != result.Invalid && a.Thresholds[i].Observed.N != n {
			t.Errorf("thresholds %+v, want one on the %d answers of order", a.Thresholds, n)
		}
	},
	"slow.yaml": func(t *testing.T, k *kitchen) {
		// Where a page needs 2 ms and four are served at a time, some of 100 clients wait longer than 40 ms.
		l := k.run(t, "slow.yaml", "--clients", "100", "--set", "request.expect.within=40ms", "--set", "load.error_threshold=100%", "--set", "targets.0.url="+k.Single).Legs[0]
		o := l.Outcomes
		if o.TooSlow == 0 || o.Failed() != o.TooSlow || l.Reconcile.Lost != 0 || l.Reconcile.Rows != int64(o.Success+o.TooSlow) {
			t.Errorf("outcomes %+v, rows %+v", o, l.Reconcile)
		}
	},
	"query.yaml": func(t *testing.T, k *kitchen) {
		l := k.run(t, "query.yaml").Legs[0]
		if len(l.Hosts) != 3 || l.Reconcile.Rows != int64(l.Outcomes.Success) || l.Reconcile.Rows != 50 {
			t.Errorf("%d successes, hosts %+v, rows %+v", l.Outcomes.Success, l.Hosts, l.Reconcile)
		}
	},
	"postgres.yaml": func(t *testing.T, k *kitchen) { k.postgres(t) },
	"named.yaml": func(t *testing.T, k *kitchen) {
		l := k.run(t, "named.yaml").Legs[0]
		if l.Reconcile.Lost != 0 || l.Reconcile.LostMost != 0 || l.Reconcile.Rows != 50 {
			t.Errorf("rows %+v", l.Reconcile)
		}
	},
	"order.sh": func(t *testing.T, k *kitchen) {
		said := k.imported(t, "curl", "order.sh")
		if !strings.Contains(said, "STRESS_AUTHORIZATION") {
			t.Errorf("no variable is named: %s", said)
		}
		k.env = append(k.env, "STRESS_AUTHORIZATION=Bearer s3gredo")
		k.run(t, "order.sh.yaml", "--set", "targets.0.url="+k.front())
		for _, r := range k.seen {
			if r.method != http.MethodPost || r.uri != "/orders?from=web" || r.body != `{"item": 7}` || r.header.Get("Authorization") != "Bearer s3gredo" {
				t.Fatalf("sent %+v", r)
			}
		}
	},
	"recording.har": func(t *testing.T, k *kitchen) {
		k.imported(t, "har", "recording.har")
		k.run(t, "recording.har.yaml", "--set", "targets.0.url="+k.front(), "--duration", "3s")
		if got := k.uris(); !slices.Equal(got, []string{"/", "/items/7"}) {
			t.Errorf("asked for %q", got)
		}
	},
}

// logIn runs the recipe with 200 users on the real stack, whose form it is, and holds the rows against
// each of them.
func (k *kitchen) logIn(t *testing.T) {
	s := startStack(t)
	accounts := "user,password\n"
	for i := range 200 {
		accounts += fmt.Sprintf("user-%d,senha-user-%d\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(k.dir, "accounts.csv"), []byte(accounts), 0o600); err != nil {
		t.Fatal(err)
	}
	real := &kitchen{Lab: k.Lab, t: t, dir: k.dir, env: s.env()}
	l := real.run(t, "login.yaml", "--clients", "200", "--duration", "5s").Legs[0]
	if len(l.Requests) != 3 || l.Skipped != 0 || l.Requests[2].Outcomes.Success != 200 || l.Reconcile.Rows != 200 || len(l.Hosts) != 3 {
		t.Errorf("requests %+v, %d skipped, rows %+v, hosts %+v", l.Requests, l.Skipped, l.Reconcile, l.Hosts)
	}
	t.Logf("%d requests, %d rows of %d hosts, p95 %.1f ms", l.Sent, l.Reconcile.Rows, len(l.Hosts), l.Response.Quantiles["p95"])
	users := rowsNamed(t, s.DSN(), "Sobrenome = CONCAT('of ', Nome)")
	for i := range 200 {
		if user := fmt.Sprintf("user-%d", i); users[user] != 1 {
			t.Errorf("%d rows of %s, want 1", users[user], user)
		}
	}
}

// front is the address of the proxy before the single page.
func (k *kitchen) front() string { return strings.TrimPrefix(k.env[0], "STRESS_SINGLE=") }

// imported makes a scenario of a file, beside it, and returns what was said of it.
func (k *kitchen) imported(t *testing.T, format, file string) string {
	t.Helper()
	r := stress(t, k.env, "import", format, filepath.Join(k.dir, file))
	if r.code != exitPass {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	if err := os.WriteFile(filepath.Join(k.dir, file+".yaml"), []byte(r.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	return r.stderr
}

// postgres runs the recipe on a page that writes into a real PostgreSQL.
func (k *kitchen) postgres(t *testing.T) {
	if !postgres.Installed() {
		t.Skip("!!! LEFT OUT: there is no PostgreSQL: apt-get install " + postgres.Package)
	}
	s, err := postgres.Start(t.Context(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Execute(t.Context(), lab.Database, "CREATE TABLE visits (host text)"); err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
		defer cancel()
		if err := s.Execute(ctx, lab.Database, "INSERT INTO visits VALUES ('app-1')"); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "visited")
	}))
	t.Cleanup(app.Close)
	k.env = append(k.env, "STRESS_APP="+app.URL, "STRESS_POSTGRES="+s.DSN())
	l := k.run(t, "postgres.yaml").Legs[0]
	if len(l.Hosts) != 1 || l.Hosts[0].Host != "app-1" || l.Reconcile.Rows != 50 || l.Outcomes.Success != 50 {
		t.Errorf("%+v, hosts %+v, rows %+v", l.Outcomes, l.Hosts, l.Reconcile)
	}
	r := stress(t, k.env, "check", filepath.Join(k.dir, "postgres.yaml"))
	if want := "ok  ledger: public.visits.host at postgres://" + s.Address + "/meubanco can be read: 50 rows of 1 host"; r.code != exitPass || !strings.Contains(r.stdout, want) {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	wrong := slices.Concat(k.env, []string{"STRESS_POSTGRES=" + strings.Replace(s.DSN(), lab.Password, "hunter2", 1)})
	r = stress(t, wrong, "check", filepath.Join(k.dir, "postgres.yaml"))
	if r.code != exitUnable || !strings.Contains(r.stdout, "check user and password in the dsn") || strings.Contains(r.stdout+r.stderr, "hunter2") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestRecipes runs every recipe and holds what is said of it against what came of it.
func TestRecipes(t *testing.T) {
	k := newKitchen(t)
	found := 0
	for _, b := range fencedFile.FindAllStringSubmatch(recipes(t), -1) {
		if taste := tasted[b[1]]; taste != nil {
			found++
			t.Run(b[1], func(t *testing.T) { taste(t, k) })
		} else if filepath.Ext(b[1]) == ".yaml" {
			t.Errorf("%s is not tried", b[1])
		}
	}
	if found != len(tasted) {
		t.Errorf("%d recipes, and %d are tried", found, len(tasted))
	}
}
