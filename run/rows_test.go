package run

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the database's client

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/database"
	"github.com/stress-tool/stress/lab/deploy"
)

// deed is what a page does with one request.
type deed struct {
	rows   int           // that it writes
	late   time.Duration // after the answer, that long
	hangs  bool          // once it has written, until the client leaves
	status int           // 0 is 200
	name   func(*http.Request) string
}

// table is a database with the lab's table, of which a test owns every row.
type table struct {
	dsn     string
	db      *sql.DB
	writing sync.WaitGroup
}

func newTable(t *testing.T) *table {
	t.Helper()
	server, err := database.New(database.Config{User: lab.User, Password: lab.Password, Name: lab.Database, Schema: deploy.Schema, MaxConnections: 100})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	d := &table{dsn: (&lab.System{MySQL: l.Addr().String()}).DSN()}
	if d.db, err = sql.Open("mysql", d.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.writing.Wait()
		l.Close()
		if err := errors.Join(d.db.Close(), server.Close()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *table) execute(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := d.db.Exec(statement, args...); err != nil {
		t.Error(err)
	}
}

// page serves what does says of every request, counted from 0, in rows of a host.
func (d *table) page(t *testing.T, host string, does func(n int) deed) (url string) {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		it := does(int(n.Add(1)) - 1)
		name := "nobody"
		if it.name != nil {
			name = it.name(r)
		}
		write := func() {
			for range it.rows {
				d.execute(t, "INSERT INTO dados (Nome, Host) VALUES (?, ?)", name, host)
			}
		}
		if it.late > 0 {
			d.writing.Go(func() { time.Sleep(it.late); write() })
		} else {
			write()
		}
		if it.hangs {
			<-r.Context().Done()
			return
		}
		if it.status > 0 {
			w.WriteHeader(it.status)
		}
		io.WriteString(w, "New record created successfully")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// counted runs a load of 60 requests in 300 ms against targets, and judges it.
func (d *table) counted(t *testing.T, urls map[string]string, set ...string) *result.Analysis {
	t.Helper()
	var targets []string
	for _, name := range []string{"single", "cluster"} {
		if urls[name] != "" {
			targets = append(targets, fmt.Sprintf("{name: %s, url: %q}", name, urls[name]))
		}
	}
	sc := scenario(t, fmt.Sprintf(`
load: {type: clients-per-test, clients: 60, duration: 300ms, timeout: 3s, error_threshold: 0%%}
requests: [{path: /}]
targets: [%s]
ledger: {dsn: %q, table: dados, column: Host}
thresholds: [lost == 0]
`, strings.Join(targets, ", "), d.dsn), set...)
	a, err := started(t.Context(), t, sc, Options{Guard: offline(t), Dir: filepath.Join(t.TempDir(), "run")}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A row that is lost hides behind one that a request without an answer wrote: the count alone
// cannot tell, and says so.
func TestLostRowsBehindTimeouts(t *testing.T) {
	d := newTable(t)
	url := d.page(t, "web", func(n int) deed {
		switch n % 15 {
		case 3:
			return deed{rows: 1, hangs: true}
		case 7:
			return deed{}
		}
		return deed{rows: 1}
	})
	a := d.counted(t, map[string]string{"single": url})
	r := a.Legs[0].Reconcile
	if r.Successes != 56 || r.Unknown != 4 || r.Rows != 56 || r.Lost != 0 || r.LostMost != 4 {
		t.Errorf("%+v; want between 0 and 4 rows lost", r)
	}
	if got := a.Thresholds[0]; got.Verdict != result.Inconclusive || got.Code != result.CodeRowsHidden || got.Observed.Hi != 4 {
		t.Errorf("lost == 0: %+v", got)
	}
	for _, text := range []string{a.Headline, r.Words, strings.Join(a.Warnings, "\n")} {
		if strings.Contains(text, "every answer") {
			t.Errorf("4 answers have no row: %q", text)
		}
	}
}

// Rows that are written twice hide rows that are lost, and so do rows of somebody else.
func TestLostRowsBehindDoubledOnes(t *testing.T) {
	d := newTable(t)
	url := d.page(t, "web", func(n int) deed {
		switch n % 10 {
		case 1:
			return deed{}
		case 2, 3:
			return deed{rows: 2}
		}
		return deed{rows: 1}
	})
	a := d.counted(t, map[string]string{"single": url}, "thresholds=[lost == 0, hosts == 1, extra == 0]")
	r := a.Legs[0].Reconcile
	if r.Rows != 66 || r.Extra != 6 || r.Lost != 0 || r.LostMost != 60 || r.Verdict != result.RowsExtra {
		t.Errorf("%+v; want 6 rows extra, and no word on how many are lost", r)
	}
	for i, want := range []result.Verdict{result.Inconclusive, result.Inconclusive, result.Fail} {
		got := a.Thresholds[i]
		if a.Verdict == result.Invalid && got.Code == result.CodeNotJudged {
			continue // a busy machine spoilt the run
		}
		if got.Verdict != want || want == result.Inconclusive && got.Code != result.CodeRowsMixed {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}

// A service that answers before its rows are there has them counted: for the leg that they
// belong to, and not for the next.
func TestLateRowsAreTheirLegs(t *testing.T) {
	d := newTable(t)
	late := func(n int) deed { return deed{rows: 1, late: time.Duration(4000+15*n) * time.Millisecond} } // a machine may stand still until its first count
	a := d.counted(t, map[string]string{"single": d.page(t, "s", late), "cluster": d.page(t, "c", late)})
	for i, host := range []string{"s", "c"} {
		l := a.Legs[i]
		if l.Reconcile.Rows != 60 || l.Reconcile.Verdict != result.RowsReconciled || len(l.Hosts) != 1 || l.Hosts[0].Host != host {
			t.Errorf("%s: %+v, hosts %+v", l.Target, l.Reconcile, l.Hosts)
		}
		if !strings.Contains(l.Reconcile.Words, " rows came within") { // how many, a busy machine decides
			t.Errorf("%s: %q does not say that the rows came late", l.Target, l.Reconcile.Words)
		}
	}
	if a.Verdict == result.Fail {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
}

// Rows that are still coming when the wait is over are no rows that are lost.
func TestRowsThatAreStillComing(t *testing.T) {
	d := newTable(t)
	// One every tenth of a second, so that some come for seconds after the wait, whenever a busy machine ends it.
	url := d.page(t, "web", func(n int) deed { return deed{rows: 1, late: time.Duration(n) * 100 * time.Millisecond} })
	a := d.counted(t, map[string]string{"single": url}, "ledger.settle=900ms", "load.duration=900ms")
	r := a.Legs[0].Reconcile
	if r.Verdict != result.RowsComing || !strings.Contains(r.Words, "rows were still coming") {
		t.Errorf("%+v", r)
	}
	if got := a.Thresholds[0]; got.Verdict != result.Inconclusive || got.Code != result.CodeRowsComing {
		t.Errorf("lost == 0: %+v", got)
	}
}

// Nobody lost a row where no answer claimed one, and nobody has shown so.
func TestNothingClaimedIsNoPass(t *testing.T) {
	d := newTable(t)
	url := d.page(t, "web", func(int) deed { return deed{status: 500} })
	a := d.counted(t, map[string]string{"single": url})
	if got := a.Thresholds[0]; got.Verdict != result.Inconclusive || got.Code != result.CodeEmptySample {
		t.Errorf("lost == 0: %+v", got)
	}
}

// header is where the requests of these tests have their names.
func header(r *http.Request) string { return r.Header.Get("X-Stress-Claim") }

const byHeader = "ledger.claim={column: Nome, request: header X-Stress-Claim}"

// With names everything that the count alone cannot tell is exact: rows that are lost behind
// timeouts that wrote, behind doubled rows and behind those of somebody else.
func TestClaimsTellLostRows(t *testing.T) {
	for _, engine := range []string{"rawhttp", "nethttp"} {
		t.Run(engine, func(t *testing.T) {
			d := newTable(t)
			url := d.page(t, "web", func(n int) deed {
				switch n % 15 {
				case 3:
					return deed{rows: 1, hangs: true, name: header}
				case 7:
					return deed{name: header}
				case 9:
					return deed{rows: 2, name: header}
				case 11:
					return deed{rows: 1, status: 500, name: header}
				case 13:
					return deed{hangs: true, name: header}
				}
				return deed{rows: 1, name: header}
			})
			d.execute(t, "INSERT INTO dados (Nome, Host) VALUES ('from before', 'web')")
			a := d.counted(t, map[string]string{"single": url}, byHeader, "engine="+engine, "ledger.settle=600ms")
			l := a.Legs[0]
			r := l.Reconcile
			if r.ByName == nil || r.Lost != 4 || r.LostMost != 4 || r.Successes != 48 || r.Unknown != 8 {
				t.Fatalf("%+v, by name %+v; want exactly 4 rows lost of 48", r, r.ByName)
			}
			if *r.ByName != (result.RowsByName{UnknownWrote: 4, FailedWrote: 4, Doubled: 4}) {
				t.Errorf("%+v; want 4 unknown that wrote, 4 failed that wrote, 4 doubled", r.ByName)
			}
			if got := a.Thresholds[0]; got.Verdict != result.Fail || got.Observed.Value != 4 || got.Observed.Lo != got.Observed.Hi {
				t.Errorf("lost == 0: %+v", got)
			}
		})
	}
}

// Somebody else who writes meanwhile neither hides a row that is lost nor counts as served.
func TestClaimsTellOthersRows(t *testing.T) {
	d := newTable(t)
	url := d.page(t, "web", func(n int) deed {
		if n%10 == 5 {
			d.execute(t, "INSERT INTO dados (Nome, Host) VALUES ('health check', 'web')")
		}
		return deed{rows: 1, name: header}
	})
	a := d.counted(t, map[string]string{"single": url}, byHeader)
	l := a.Legs[0]
	if r := l.Reconcile; r.LostMost != 0 || r.Extra != 6 || r.ExtraMost != 6 || r.ByName.Others != 6 || l.Hosts[0].Rows != 60 {
		t.Errorf("%+v, %+v, hosts %+v", r, r.ByName, l.Hosts)
	}
	if got := a.Thresholds[0]; got.Verdict != result.Pass {
		t.Errorf("lost == 0: %+v", got)
	}
}

// Somebody else who never stops writing does not keep names from telling what is lost.
func TestClaimsBesideAWriterThatNeverStops(t *testing.T) {
	d := newTable(t)
	url := d.page(t, "web", func(n int) deed {
		if n == 0 {
			return deed{name: header}
		}
		return deed{rows: 1, name: header}
	})
	ctx, stop := context.WithCancel(t.Context())
	d.writing.Go(func() {
		for ctx.Err() == nil {
			d.execute(t, "INSERT INTO dados (Nome, Host) VALUES ('health check', 'web')")
			time.Sleep(10 * time.Millisecond)
		}
	})
	defer stop()
	a := d.counted(t, map[string]string{"single": url}, byHeader, "ledger.settle=600ms")
	r := a.Legs[0].Reconcile
	if r.Verdict != result.RowsLost || r.Lost != 1 || r.LostMost != 1 || r.Extra == 0 {
		t.Errorf("%+v, %+v; want 1 row lost", r, r.ByName)
	}
}

// Of several requests only those that claim rows count, each with as many as it claims, and so
// the default `lost == 0` is right for a pass in which one request writes.
func TestRequestsThatClaimOtherThanOneRow(t *testing.T) {
	for _, c := range []struct {
		set     []string
		rows    [2]int // of the first request, of the second
		lost    float64
		verdict result.Verdict
	}{
		{nil, [2]int{1, 0}, 60, result.Fail},
		{[]string{"requests.1.claims=false"}, [2]int{1, 0}, 0, result.Pass},
		{[]string{"requests.0.claims=2", "requests.1.claims=false"}, [2]int{2, 0}, 0, result.Pass},
		{[]string{"requests.0.claims=2", "requests.1.claims=false"}, [2]int{1, 0}, 60, result.Fail},
		{[]string{"requests.0.claims=2", "requests.1.claims=false", byHeader}, [2]int{1, 0}, 60, result.Fail},
		{[]string{"requests.0.claims=3", "requests.1.claims=1", byHeader}, [2]int{3, 1}, 0, result.Pass},
	} {
		d := newTable(t)
		first := d.page(t, "web", func(int) deed { return deed{rows: c.rows[0], name: header} })
		second := d.page(t, "web", func(int) deed { return deed{rows: c.rows[1], name: header} })
		set := append([]string{fmt.Sprintf("requests=[{path: /}, {path: %q}]", second+"/b"), "ledger.settle=500ms"}, c.set...)
		a := d.counted(t, map[string]string{"single": first}, set...)
		if got := a.Thresholds[0]; got.Verdict != c.verdict || got.Observed.Value != c.lost {
			t.Errorf("%v, rows %v: %+v", c.set, c.rows, got)
		}
	}
}

// Names that do not reach the table, or reach it altered, make no row lost.
func TestClaimsThatAreAltered(t *testing.T) {
	for name, c := range map[string]struct {
		name    func(*http.Request) string
		most    int64
		warning string
	}{
		"not at all": {nil, 0, "no row bears the name of its request"},
		"upper case": {func(r *http.Request) string { return strings.ToUpper(header(r)) }, 60, ""},
		"cut short":  {func(r *http.Request) string { return header(r)[:15] }, 60, ""},
	} {
		d := newTable(t)
		url := d.page(t, "web", func(int) deed { return deed{rows: 1, name: c.name} })
		a := d.counted(t, map[string]string{"single": url}, byHeader, "ledger.settle=500ms")
		if r := a.Legs[0].Reconcile; r.Lost != 0 || r.LostMost != c.most && r.LostMost != 0 {
			t.Errorf("%s: %+v, %+v", name, r, r.ByName)
		}
		if said := strings.Join(a.Warnings, "\n"); !strings.Contains(said, c.warning) {
			t.Errorf("%s: warnings %q", name, said)
		}
	}
}

// A check says before the load whether names reach the column that they are read from.
func TestCheckLooksForNames(t *testing.T) {
	for says, does := range map[string]deed{
		"rows of 1 host have the names of their requests in Nome": {rows: 1, name: header},
		"no row has the name of its request in Nome":              {rows: 1},
	} {
		d := newTable(t)
		sc := scenario(t, fmt.Sprintf("load: {type: clients-per-test, clients: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: %q}]\nledger: {dsn: %q, table: dados, column: Host}",
			d.page(t, "web", func(int) deed { return does }), d.dsn), byHeader)
		found, err := Check(t.Context(), sc, Options{Guard: offline(t)})
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(found); !strings.Contains(text, says) {
			t.Errorf("%s, want %q", text, says)
		}
	}
}

// A row that is deleted while the leg runs is a row that is not there, by count and by name.
func TestRowsThatAreDeleted(t *testing.T) {
	d := newTable(t)
	url := d.page(t, "web", func(n int) deed {
		if n == 50 {
			d.execute(t, "DELETE FROM dados WHERE Nome LIKE '%0000000003'")
		}
		return deed{rows: 1, name: header}
	})
	a := d.counted(t, map[string]string{"single": url}, byHeader, "ledger.settle=600ms")
	if r := a.Legs[0].Reconcile; r.Lost != 1 || r.LostMost != 1 || !strings.Contains(r.Words, "or were deleted since") {
		t.Errorf("%+v", r)
	}
}
