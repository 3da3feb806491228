package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/lab/stack"
	"github.com/stress-tool/stress/observe/ledger"
)

// TestServer asks a real MariaDB. The cases share it and leave it whole.
func TestServer(t *testing.T) {
	if missing := stack.Missing(); len(missing) > 0 {
		t.Skip("NOT TESTED: THE REAL DATABASE IS NOT INSTALLED. ", &stack.MissingError{Packages: missing})
	}
	s, err := stack.Start(t.Context(), stack.Options{Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	execute(t, s.DSN(), "CREATE USER novice IDENTIFIED BY 'Senha123'", "GRANT INSERT ON meubanco.dados TO novice",
		"CREATE USER reader IDENTIFIED BY 'Senha123'", "GRANT SELECT (Host) ON meubanco.dados TO reader",
		"CREATE USER stranger IDENTIFIED BY 'Senha123'", "CREATE USER private IDENTIFIED BY 'Senha123' REQUIRE SSL")

	t.Run("opening", func(t *testing.T) { testOpening(t, s) })
	t.Run("counting", func(t *testing.T) { testCounting(t, s) })
	t.Run("hosts by their bytes", func(t *testing.T) { testBytes(t, s) })
	t.Run("names", func(t *testing.T) { testNames(t, s) })
	t.Run("names of requests", func(t *testing.T) { testNamed(t, s) })
	t.Run("names in one scan", func(t *testing.T) { testNamedScan(t, s) })
	execute(t, s.DSN(), "CREATE TABLE visits (host VARCHAR(20), n INT)", "INSERT INTO visits VALUES ('a', 2), ('a', 3), ('b', 4), (NULL, 7)",
		"CREATE FUNCTION visit() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO visits VALUES ('c', 1); RETURN 1; END")
	t.Run("queries", func(t *testing.T) { testQueries(t, s.DSN()) })
	t.Run("queries that write", func(t *testing.T) {
		for query, kind := range map[string]ledger.Kind{
			"SELECT 'c' AS host, visit() AS n": ledger.Writes, "SELECT host, n FROM visits INTO OUTFILE '/tmp/x'": ledger.Failed,
		} {
			_, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Query: query})
			if fault, ok := errors.AsType[*ledger.Error](err); !ok || fault.Kind != kind {
				t.Errorf("%s: %v, want kind %s", query, err, kind)
			}
		}
	})
	t.Run("slow queries", func(t *testing.T) {
		testSlowQuery(t, s.DSN(), "SELECT 'a' AS host, SLEEP(20) AS n")
		testSlowQuery(t, s.DSN(), "WITH x AS (SELECT SLEEP(20) AS n) SELECT 'a' AS host, n FROM x")
	})
	t.Run("slow tables", func(t *testing.T) { testSlow(t, s) })
	t.Run("refused connections", func(t *testing.T) { testRefused(t, s) })
	t.Run("losing the database", func(t *testing.T) { testLosing(t, s) })
}

func testOpening(t *testing.T, s *stack.Stack) {
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		name, from, to, table, column string // from is replaced by to in the DSN
		kind                          ledger.Kind
		says                          []string
	}{
		{"all right", "", "", "dados", "Host", "", nil},
		{"with its database", "/meubanco", "/", "meubanco.dados", "Host", "", nil},
		{"the column's right alone", "root:", "reader:", "dados", "Host", "", nil},
		{"in another case", "", "", "dados", "host", "", nil},
		{"tls if there is any", "/meubanco", "/meubanco?tls=preferred", "dados", "Host", "", nil},
		{"tls and there is none", "/meubanco", "/meubanco?tls=true", "dados", "Host", ledger.Unreachable, []string{"take tls out"}},
		{"nobody listens", address(s), closed.Addr().String(), "dados", "Host", ledger.Unreachable, []string{"connection refused", "is it up"}},
		{"a web server listens", address(s) + ")/meubanco", strings.TrimPrefix(s.Single, "http://") + ")/meubanco?readTimeout=300ms", "dados", "Host", ledger.Unreachable, []string{"is a MySQL server"}},
		{"wrong password", "Senha123", "hunter2", "dados", "Host", ledger.Denied, []string{"Access denied", "check user and password"}},
		{"tls is asked for", "root:", "private:", "dados", "Host", ledger.Denied, []string{"Access denied", "?tls=true"}},
		{"unknown user", "root:", "nobody:", "dados", "Host", ledger.Denied, []string{"Access denied"}},
		{"no such database", "/meubanco", "/seubanco", "dados", "Host", ledger.NoDatabase, []string{"seubanco", "after the /"}},
		{"database not for the user", "root:", "stranger:", "dados", "Host", ledger.NoRight, []string{"grant"}},
		{"no such table", "", "", "dado", "Host", ledger.NoTable, []string{"it has dados"}},
		{"no such table there", "", "", "meubanco.dado", "Host", ledger.NoTable, []string{"it has dados"}},
		{"no such column", "", "", "dados", "Hosts", ledger.NoColumn, []string{"dados has AlunoID, Nome, Sobrenome, Endereco, Cidade, Host"}},
		{"no right to read", "root:", "novice:", "dados", "Host", ledger.NoRight, []string{"grant the user SELECT on dados"}},
		{"no right to the column", "root:", "reader:", "dados", "Nome", ledger.NoRight, []string{"grant the user SELECT on dados"}},
		{"injection", "", "", "dados` WHERE 1; --", "Host", ledger.BadConfig, []string{"is no name"}},
		{"injection by column", "", "", "dados", "1`, SLEEP(9), `", ledger.BadConfig, []string{"is no name"}},
		{"no database", "/meubanco", "/", "dados", "Host", ledger.BadConfig, []string{"database.table"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := strings.Replace(s.DSN(), c.from, c.to, 1)
			counter, err := ledger.Open(t.Context(), ledger.Config{DSN: dsn, Table: c.table, Column: c.column})
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				defer counter.Close()
				if _, err := counter.Count(t.Context()); err != nil {
					t.Error(err)
				}
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
}

func testCounting(t *testing.T, s *stack.Stack) {
	counter := open(t, s)
	if got, want := counter.Address(), fmt.Sprintf("tcp(%s)/meubanco", address(s)); got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	l, err := counter.Before(t.Context())
	if err != nil || len(l.Before) != 0 || l.Before == nil || l.Table != "dados" || l.Column != "Host" || l.BeforeAt.IsZero() {
		t.Fatalf("before: %+v, %v; want no rows, but a count", l, err)
	}
	execute(t, s.DSN(), "INSERT INTO dados (Host) VALUES ('a'), ('b'), (NULL), ('a')")
	counter.After(t.Context(), &l, ledger.Expected{Claimed: 4})
	want := map[string]int64{"a": 2, "b": 1, ledger.NullHost: 1}
	if !maps.Equal(l.After, want) || !l.Settled || l.Error != "" || l.SettleS <= 0 || !l.AfterAt.After(l.BeforeAt) {
		t.Errorf("after: %+v, want %v", l, want)
	}
}

// testBytes: the column's collation holds some of these to be the same.
func testBytes(t *testing.T, s *stack.Stack) {
	execute(t, s.DSN(), "CREATE TABLE spellings (h VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci)",
		"INSERT INTO spellings VALUES ('Web-A'), ('web-a'), ('web-a '), ('weba'), ('wêb-a'), (NULL), (NULL), ('')",
		"CREATE TABLE latin (h VARCHAR(20) CHARACTER SET latin1)", "INSERT INTO latin VALUES ('São'), ('Sao')",
		"CREATE TABLE bytes (h VARBINARY(20))", `INSERT INTO bytes VALUES (x'61ff'), (x'61fe'), (x'00'), ('é')`)
	for table, want := range map[string]map[string]int64{
		"spellings": {"Web-A": 1, "web-a": 1, "web-a ": 1, "weba": 1, "wêb-a": 1, ledger.NullHost: 2, "": 1},
		"latin":     {"São": 1, "Sao": 1},
		"bytes":     {`a\xff`: 1, `a\xfe`: 1, "\x00": 1, "é": 1},
	} {
		c, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: table, Column: "h"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got, err := c.Count(t.Context()); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", table, got, err, want)
		}
	}
}

func testNames(t *testing.T, s *stack.Stack) {
	execute(t, s.DSN(), "CREATE DATABASE `meu-banco.2`", "CREATE TABLE `meu-banco.2`.`acessos ``de`` 2024` (`nome do host` TEXT, `a.b` TEXT, `é;--` TEXT)",
		"INSERT INTO `meu-banco.2`.`acessos ``de`` 2024` VALUES ('a', 'b', 'c')")
	for column, host := range map[string]string{"nome do host": "a", "`a.b`": "b", "é;--": "c"} {
		c, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "`meu-banco.2`.`acessos ``de`` 2024`", Column: column})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got, err := c.Count(t.Context()); err != nil || got[host] != 1 {
			t.Errorf("%s: %v, %v", column, got, err)
		}
		if c.First().Rows != 1 || c.First().Hosts != 1 || c.First().Took <= 0 {
			t.Errorf("first count: %+v", c.First())
		}
	}
	_, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "`meu-banco.2`.dados", Column: "Host"})
	if err == nil || !strings.Contains(err.Error(), "it has acessos `de` 2024") {
		t.Errorf("no such table: %v", err)
	}
}

// testSlow: a table that takes too long to count is told at once, and neither that nor
// an interrupt leaves a query running in the database under test.
func testSlow(t *testing.T, s *stack.Stack) {
	execute(t, s.DSN(), "CREATE TABLE many (Host TEXT)", "INSERT INTO many SELECT 'web' FROM seq_1_to_1000",
		"CREATE VIEW slow AS SELECT Host FROM many WHERE SLEEP(0.05) = 0")
	cfg := ledger.Config{DSN: s.DSN(), Table: "slow", Column: "Host", Timeout: 300 * time.Millisecond}
	_, err := ledger.Open(t.Context(), cfg)
	fault, ok := errors.AsType[*ledger.Error](err)
	if !ok || fault.Kind != ledger.TooSlow || !strings.Contains(err.Error(), "took longer than 300ms: index the column Host, or raise ledger.timeout") {
		t.Errorf("error %v, want kind %s", err, ledger.TooSlow)
	}
	nothingRuns(t, s)

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := ledger.Open(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
	nothingRuns(t, s)
}

// nothingRuns waits until the database is at work on none of our counts.
func nothingRuns(t *testing.T, s *stack.Stack) {
	t.Helper()
	db, err := sql.Open("mysql", s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	running := 1
	for deadline := time.Now().Add(20 * time.Second); running > 0 && time.Now().Before(deadline); {
		row := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%MIN(`Host`)%' AND id <> CONNECTION_ID()")
		if err := row.Scan(&running); err != nil {
			t.Fatal(err)
		}
	}
	if running > 0 {
		t.Errorf("%d counts still run", running)
	}
}

// testRefused: a leg's ledger says how many connections the database refused while it ran.
func testRefused(t *testing.T, s *stack.Stack) {
	if err := s.SetMaxConnections(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	defer s.SetMaxConnections(t.Context(), 151)
	counter, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "dados", Column: "Host"})
	if err != nil {
		t.Fatal(err)
	}
	defer counter.Close()
	db, err := sql.Open("mysql", s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var open []*sql.Conn
	for _, want := range []uint64{0, 3} {
		l, err := counter.Before(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		refused := uint64(0)
		for want > 0 && refused < want {
			if conn, err := db.Conn(t.Context()); err != nil {
				refused++
			} else {
				open = append(open, conn)
			}
		}
		for _, conn := range open {
			conn.Close()
		}
		counter.After(t.Context(), &l, ledger.Expected{})
		if l.Refused == nil || *l.Refused != refused || l.MaxConnections != 10 {
			t.Errorf("refused %v of at most %d, want %d of 10", l.Refused, l.MaxConnections, refused)
		}
	}
}

// testLosing: a counter outlives a restart of its database, and says so when the
// database stays away.
func testLosing(t *testing.T, s *stack.Stack) {
	counter := open(t, s)
	before, err := counter.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := counter.Before(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StopDatabase(); err != nil {
		t.Fatal(err)
	}
	_, err = counter.Settle(t.Context(), ledger.SettleOptions{Max: 1})
	if fault, ok := errors.AsType[*ledger.Error](err); !ok || fault.Kind != ledger.Unreachable {
		t.Errorf("error %v, want kind %s", err, ledger.Unreachable)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel() // else After is as patient as it should be
	counter.After(gone, &l, ledger.Expected{})
	if l.After != nil || l.Before == nil || l.Error == "" {
		t.Errorf("ledger %+v, want Before and an error", l)
	}
	if err := s.StartDatabase(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, err := counter.Count(t.Context()); err != nil || !maps.Equal(after, before) {
		t.Errorf("after a restart: %v, %v; want %v", after, err, before)
	}
}

func open(t *testing.T, s *stack.Stack) *ledger.Counter {
	t.Helper()
	c, err := ledger.Open(t.Context(), ledger.Config{DSN: s.DSN(), Table: "dados", Column: "Host"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// address is the database's address in the stack's DSN.
func address(s *stack.Stack) string {
	cfg, err := mysql.ParseDSN(s.DSN())
	if err != nil {
		panic(err)
	}
	return cfg.Addr
}

func execute(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}
