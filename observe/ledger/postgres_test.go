package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/internal/authority"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/postgres"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/runlog"
)

// TestPostgres asks a real PostgreSQL, which speaks TLS. The cases share it and leave it whole.
func TestPostgres(t *testing.T) {
	s, root := startPostgres(t)
	execute := func(statements ...string) {
		t.Helper()
		if err := s.Execute(t.Context(), lab.Database, statements...); err != nil {
			t.Fatal(err)
		}
	}
	execute("CREATE TABLE dados (AlunoID serial, Nome varchar(50), Host text)", "CREATE SCHEMA escola", `CREATE TABLE escola."Dados" ("Host" text)`,
		"CREATE ROLE novice LOGIN PASSWORD 'Senha123'", "GRANT INSERT ON dados TO novice",
		"CREATE ROLE reader LOGIN PASSWORD 'Senha123'", "GRANT SELECT (host) ON dados TO reader",
		"CREATE TABLE visits (host text, n integer)", "INSERT INTO visits VALUES ('a', 2), ('a', 3), ('b', 4), (NULL, 7)")

	t.Run("opening", func(t *testing.T) { testPostgresOpening(t, s, root) })
	t.Run("counting", func(t *testing.T) {
		counter := openPostgres(t, ledger.Config{DSN: s.DSN(), Table: "dados", Column: "Host"})
		if got, want := counter.Address(), "postgres://"+s.Address+"/meubanco"; got != want {
			t.Errorf("address %s, want %s", got, want)
		}
		l, err := counter.Before(t.Context())
		if err != nil || l.Before == nil || len(l.Before) != 0 {
			t.Fatalf("before: %+v, %v; want no rows, but a count", l, err)
		}
		execute("INSERT INTO dados (Host) VALUES ('a'), ('b'), (NULL), ('a')")
		counter.After(t.Context(), &l, ledger.Expected{Claimed: 4})
		want := map[string]int64{"a": 2, "b": 1, ledger.NullHost: 1}
		if !maps.Equal(l.After, want) || !l.Settled || l.Error != "" || l.Refused != nil {
			t.Errorf("after: %+v, want %v", l, want)
		}
	})
	t.Run("hosts by their bytes", func(t *testing.T) {
		execute(`CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`,
			`CREATE TABLE spellings (h text COLLATE loose)`, "INSERT INTO spellings VALUES ('Web-A'), ('web-a'), ('web-a '), ('wêb-a'), (NULL), (NULL), ('')",
			"CREATE TABLE addresses (h inet)", "INSERT INTO addresses VALUES ('10.0.0.1'), ('::1')", "CREATE TABLE bytes (h bytea)", `INSERT INTO bytes VALUES ('\x61ff')`)
		for table, want := range map[string]map[string]int64{
			"spellings": {"Web-A": 1, "web-a": 1, "web-a ": 1, "wêb-a": 1, ledger.NullHost: 2, "": 1},
			"addresses": {"10.0.0.1/32": 1, "::1/128": 1}, "bytes": {`\x61ff`: 1},
		} {
			if got, err := openPostgres(t, ledger.Config{DSN: s.DSN(), Table: table, Column: "h"}).Count(t.Context()); err != nil || !maps.Equal(got, want) {
				t.Errorf("%s: %v, %v; want %v", table, got, err, want)
			}
		}
	})
	t.Run("queries", func(t *testing.T) { testQueries(t, s.DSN()) })
	t.Run("queries that write", func(t *testing.T) {
		execute("CREATE FUNCTION visit() RETURNS integer LANGUAGE sql AS $$ INSERT INTO visits VALUES ('c', 1) RETURNING n $$")
		for query, kind := range map[string]ledger.Kind{
			"SELECT 'c' AS host, visit()": ledger.Writes, "SELECT host, n FROM visits FOR UPDATE": ledger.Writes,
			"WITH x AS (DELETE FROM visits RETURNING host) SELECT host, COUNT(*) FROM x GROUP BY host": ledger.Failed,
		} {
			_, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Query: query})
			if fault, ok := errors.AsType[*ledger.Error](err); !ok || fault.Kind != kind {
				t.Errorf("%s: %v, want kind %s", query, err, kind)
			}
		}
	})
	t.Run("slow queries", func(t *testing.T) { testSlowQuery(t, s.DSN(), "SELECT 'a' AS host, 1 AS n FROM pg_sleep(20)") })
	t.Run("names of requests", func(t *testing.T) { testPostgresNamed(t, s, execute) })
	t.Run("losing the database", func(t *testing.T) {
		counter := openPostgres(t, ledger.Config{DSN: s.DSN(), Table: "dados", Column: "Host"})
		before, err := counter.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		_, err = counter.Settle(t.Context(), ledger.SettleOptions{Max: 1})
		if fault, ok := errors.AsType[*ledger.Error](err); !ok || fault.Kind != ledger.Unreachable {
			t.Errorf("error %v, want kind %s", err, ledger.Unreachable)
		}
		if err := s.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after, err := counter.Count(t.Context()); err != nil || !maps.Equal(after, before) {
			t.Errorf("after a restart: %v, %v; want %v", after, err, before)
		}
	})
}

// startPostgres starts a server with a certificate for localhost, and returns the file of who signed it.
func startPostgres(t *testing.T) (s *postgres.Server, root string) {
	t.Helper()
	if !postgres.Installed() {
		t.Skip("NOT TESTED: THE REAL POSTGRESQL IS NOT INSTALLED: apt-get install " + postgres.Package)
	}
	a, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := a.Issue(time.Hour, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := authority.PEM(issued)
	if err != nil {
		t.Fatal(err)
	}
	signer, _, err := authority.PEM(a.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, signer, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = postgres.Start(t.Context(), postgres.Options{Certificate: certificate, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, root
}

func openPostgres(t *testing.T, cfg ledger.Config) *ledger.Counter {
	t.Helper()
	c, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func testPostgresOpening(t *testing.T, s *postgres.Server, root string) {
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	_, port, _ := net.SplitHostPort(s.Address)
	byName := "localhost:" + port
	for _, c := range []struct {
		name, from, to, table, column string // from is replaced by to in the DSN
		kind                          ledger.Kind
		says                          []string
	}{
		{"all right", "", "", "dados", "Host", "", nil},
		{"by the long scheme", "postgres://", "postgresql://", "public.dados", "HOST", "", nil},
		{"by its socket", "@" + s.Address + "/meubanco", "@:" + port + "/meubanco?host=" + url.QueryEscape(s.Directory()), "dados", "host", "", nil},
		{"in back-ticks", "", "", "escola.`Dados`", "`Host`", "", nil},
		{"the column's right alone", "root:", "reader:", "dados", "host", "", nil},
		{"no tls", "/meubanco", "/meubanco?sslmode=disable", "dados", "Host", "", nil},
		{"tls by anyone", "/meubanco", "/meubanco?sslmode=require", "dados", "Host", "", nil},
		{"tls by its signer", s.Address + "/meubanco", byName + "/meubanco?sslmode=verify-full&sslrootcert=" + url.QueryEscape(root), "dados", "Host", "", nil},
		{"tls by another name", "/meubanco", "/meubanco?sslmode=verify-full&sslrootcert=" + url.QueryEscape(root), "dados", "Host", ledger.Unreachable, []string{"sslmode=require in the dsn trusts any certificate"}},
		{"tls by a stranger", s.Address + "/meubanco", byName + "/meubanco?sslmode=verify-full", "dados", "Host", ledger.Unreachable, []string{"sslmode=require in the dsn trusts any certificate"}},
		{"no such file", "/meubanco", "/meubanco?sslmode=verify-ca&sslrootcert=/none", "dados", "Host", ledger.BadConfig, []string{"a file that cannot be read"}},
		{"nobody listens", s.Address, closed.Addr().String(), "dados", "Host", ledger.Unreachable, []string{"connection refused", "is it up"}},
		{"wrong password", "Senha123", "hunter2", "dados", "Host", ledger.Denied, []string{"password authentication failed", "check user and password"}},
		{"unknown user", "root:", "nobody:", "dados", "Host", ledger.Denied, []string{"check user and password"}},
		{"no such database", "/meubanco", "/seubanco", "dados", "Host", ledger.NoDatabase, []string{"seubanco", "after the /"}},
		{"no database", "/meubanco", "/", "dados", "Host", ledger.BadConfig, []string{"names no database", "postgres://user:password@host:5432/database"}},
		{"no such table", "", "", "dado", "Host", ledger.NoTable, []string{"it has dados"}},
		{"no such table there", "", "", "escola.dados", "Host", ledger.NoTable, []string{"it has `Dados`"}},
		{"no such schema", "", "", "escolas.dados", "Host", ledger.NoTable, []string{"it has no tables"}},
		{"no such column", "", "", "dados", "hosts", ledger.NoColumn, []string{"dados has alunoid, nome, host"}},
		{"capital letters", "", "", "dados", "`Host`", ledger.NoColumn, []string{"dados has alunoid, nome, host"}},
		{"no right to read", "root:", "novice:", "dados", "Host", ledger.NoRight, []string{"grant the user SELECT on dados"}},
		{"injection", "", "", `dados" WHERE true; --`, "Host", ledger.NoTable, []string{"it has dados"}},
		{"too long a name", "", "", strings.Repeat("d", 64), "Host", ledger.BadConfig, []string{"more than 63 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := strings.Replace(s.DSN(), c.from, c.to, 1)
			counter, err := ledger.Open(t.Context(), ledger.Config{DSN: dsn, Table: c.table, Column: c.column})
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				counter.Close()
				return
			}
			fault, ok := errors.AsType[*ledger.Error](err)
			if !ok || fault.Kind != c.kind {
				t.Fatalf("error %v, want kind %s", err, c.kind)
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error %q does not say %q", err, text)
				}
			}
			if strings.Contains(err.Error(), "Senha123") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows the password", err)
			}
		})
	}
	refused := errors.New("this address must not be dialled")
	_, err = ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "dados", Column: "Host", Control: func(_, address string, _ syscall.RawConn) error {
		if address != s.Address {
			t.Errorf("judged %s, want %s", address, s.Address)
		}
		return refused
	}})
	if !errors.Is(err, refused) {
		t.Errorf("an address that is refused: %v", err)
	}
}

// testPostgresNamed counts rows by the names of requests, and refuses columns that cannot hold one.
func testPostgresNamed(t *testing.T, s *postgres.Server, execute func(...string)) {
	execute("CREATE TABLE named (Host text, n integer, short varchar(20), fits char(23), big text, any_length varchar, raw bytea)")
	cfg := ledger.Config{DSN: s.DSN(), Table: "named", Column: "Host", ClaimLength: claim.Length(1), Settle: time.Second}
	for column, says := range map[string]string{
		"short": "column short of named holds 20 characters, a claim needs 23", "n": "is of type integer: a claim is text of 23 characters",
		"raw": "is of type bytea", "none": "named has no column none",
	} {
		cfg.Claim = column
		_, err := ledger.Open(t.Context(), cfg)
		if fault, ok := errors.AsType[*ledger.Error](err); !ok || !strings.Contains(fault.Text, says) {
			t.Errorf("%s: %v, want %q", column, err, says)
		}
	}
	for _, column := range []string{"fits", "big", "any_length", "FITS"} {
		cfg.Claim = column
		c := openPostgres(t, cfg)
		// Successes 0 … 3: one row, none, two and one that was altered; 4 is unknown and wrote.
		sent := &ledger.Sent{Outcomes: &claim.Outcomes{Names: claim.Names{Leg: claim.NewLeg()}, Sent: []uint64{5}}, Claims: []int{1}, Claimed: 4}
		sent.Note(4, claim.Unknown)
		l, err := c.Before(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name := func(n uint64) string { return sent.Names.Name(0, n) }
		for i, value := range []string{name(0), name(2), name(2), name(3)[:20] + "xxx", name(4), "a stranger"} {
			execute(fmt.Sprintf("INSERT INTO named (Host, %s) VALUES ('h%d', '%s')", column, i%2, value))
		}
		c.After(t.Context(), &l, ledger.Expected{Claimed: 4, Unknown: 1, Sent: sent})
		want := &runlog.Named{
			Success: runlog.NamedRows{Wrote: 2, Rows: 3, Missing: 2, Doubled: 1}, Unknown: runlog.NamedRows{Wrote: 1, Rows: 1},
			Altered: 1, Hosts: map[string]int64{"h0": 3, "h1": 2},
		}
		if !reflect.DeepEqual(l.Named, want) || l.NamedError != "" {
			t.Errorf("%s: %+v, error %q; want %+v", column, l.Named, l.NamedError, want)
		}
	}
}
