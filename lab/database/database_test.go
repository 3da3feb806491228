package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/internal/mysqltest"
	"github.com/stress-tool/stress/lab/deploy"
)

// startDatabase runs a database in this process and returns its address.
func startDatabase(t testing.TB, maxConnections int) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{User: "root", Password: "Senha123", Name: "meubanco", Schema: deploy.Schema, MaxConnections: maxConnections})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-served
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func access(address string) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Passwd = "root", "Senha123"
	c.Net, c.Addr, c.DBName = "tcp", address, "meubanco"
	return c
}

// Every INSERT that was acknowledged is a row, at full speed and over many
// connections, whether statements carry one row or several.
func TestDatabaseLosesNothing(t *testing.T) {
	const writers, statements = 24, 60
	db := mysqltest.Open(t, access(startDatabase(t, writers+1)))
	db.SetMaxOpenConns(writers)
	db.SetMaxIdleConns(writers)
	acknowledged := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			host := fmt.Sprintf("host%d", w%5)
			for s := range statements {
				rows := 1 + (w+s)%3
				if err := insert(db, host, rows); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged[host] += rows
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if rows := mysqltest.RowsPerHost(t, db); !maps.Equal(rows, acknowledged) {
		t.Errorf("rows %v, acknowledged %v", rows, acknowledged)
	}
}

func insert(db *sql.DB, host string, rows int) error {
	q := "INSERT INTO dados (AlunoID, Nome, Sobrenome, Endereco, Cidade, Host) VALUES "
	for i := range rows {
		if i > 0 {
			q += ", "
		}
		q += "(1, 'a', 'b', 'c', 'd', '" + host + "')"
	}
	result, err := db.Exec(q)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(rows) {
		return fmt.Errorf("%d rows affected, %v", n, err)
	}
	return nil
}

// Who has been told that a row is written finds it, at once and from any
// connection.
func TestDatabaseShowsARowOnceItIsAcknowledged(t *testing.T) {
	address := startDatabase(t, 10)
	write, read := mysqltest.Open(t, access(address)), mysqltest.Open(t, access(address))
	for i := range 200 {
		if err := insert(write, "h", 1); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := read.QueryRow("SELECT COUNT(*) FROM dados WHERE Host = ?", "h").Scan(&n); err != nil || n != i+1 {
			t.Fatalf("%d rows after %d inserts, %v", n, i+1, err)
		}
	}
}

func TestDatabaseStatementIsAllOrNothing(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 10)))
	if _, err := db.Exec("INSERT INTO dados (AlunoID, Host) VALUES (1, 'h'), ('no number', 'h')"); err == nil {
		t.Fatal("a text was taken for a number")
	}
	if rows := mysqltest.RowsPerHost(t, db); len(rows) != 0 {
		t.Errorf("a failed statement left rows: %v", rows)
	}
}

func TestDatabaseDescribesItsColumns(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 10)))
	want := []string{"AlunoID int", "Nome varchar(50)", "Sobrenome varchar(50)", "Endereco varchar(150)", "Cidade varchar(50)", "Host varchar(50)"}
	for _, query := range []string{
		"SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = 'meubanco' AND table_name = 'dados' ORDER BY ordinal_position",
		"SHOW COLUMNS FROM dados",
		"DESCRIBE dados",
	} {
		answer, err := answerOf(t, db, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		var got []string
		for line := range strings.SplitSeq(answer, "\n") {
			cells := strings.Split(line, "|")
			got = append(got, cells[0]+" "+cells[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestDatabaseErrorsAreMySQLs(t *testing.T) {
	address := startDatabase(t, 10)
	with := func(change func(*mysql.Config)) *mysql.Config {
		c := access(address)
		change(c)
		return c
	}
	good := func(*mysql.Config) {}
	for _, test := range []struct {
		name    string
		access  *mysql.Config
		query   string
		number  uint16
		message string // "" is not looked at
	}{
		{"wrong password", with(func(c *mysql.Config) { c.Passwd = "senha123" }), "SELECT 1", 1045, ""},
		{"no password", with(func(c *mysql.Config) { c.Passwd = "" }), "SELECT 1", 1045, ""},
		{"unknown database", with(func(c *mysql.Config) { c.DBName = "nope" }), "SELECT 1", 1049, "Unknown database 'nope'"},
		{"unknown table", with(good), "SELECT * FROM nope", 1146, "Table 'meubanco.nope' doesn't exist"},
		{"unknown column", with(good), "SELECT Nope, COUNT(*) FROM dados GROUP BY Nope", 1054, "Unknown column 'Nope' in 'field list'"},
		{"unknown column inserted", with(good), "INSERT INTO dados (nope) VALUES (1)", 1054, "Unknown column 'nope' in 'field list'"},
		{"percent sign", with(good), "SELECT `50%d` FROM dados", 1054, "Unknown column '50%d' in 'field list'"},
		{"bad syntax", with(good), "SELEC 1", 1064, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := mysqltest.Open(t, test.access).Exec(test.query)
			answer, ok := errors.AsType[*mysql.MySQLError](err)
			if !ok {
				t.Fatalf("error %v, want MySQL's %d", err, test.number)
			}
			if answer.Number != test.number || test.message != "" && answer.Message != test.message {
				t.Errorf("error %d %q, want %d %q", answer.Number, answer.Message, test.number, test.message)
			}
		})
	}
}

func TestDatabasePreparedErrorsAreMySQLs(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 10)))
	_, err := db.Query("SELECT * FROM nope WHERE Host = ?", "h")
	if answer, ok := errors.AsType[*mysql.MySQLError](err); !ok || answer.Number != 1146 {
		t.Errorf("error %v, want 1146", err)
	}
}

func TestDatabaseRefusesOneConnectionTooMany(t *testing.T) {
	const limit = 3
	db := mysqltest.Open(t, access(startDatabase(t, limit)))
	var open []*sql.Conn
	for range limit {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	_, err := db.Conn(t.Context())
	answer, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok || answer.Number != 1040 || answer.Message != "Too many connections" {
		t.Fatalf("connection %d: error %v, want 1040", limit+1, err)
	}

	db.SetMaxIdleConns(-1)
	if err := open[0].Close(); err != nil {
		t.Fatal(err)
	}
	// The server learns of the closing a little later.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := db.Conn(context.Background())
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the slot of a closed connection is never free again: %v", err)
		}
	}
}
