package database

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/internal/mysqltest"
	"github.com/stress-tool/stress/lab/deploy"
)

// answerOf is every value of a query's answer: rows by newline, columns by |.
func answerOf(t testing.TB, db *sql.DB, query string, args ...any) (string, error) {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		pointers := make([]any, len(columns))
		for i := range values {
			pointers[i] = &values[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			return "", err
		}
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = v.String
			if !v.Valid {
				cells[i] = "NULL"
			}
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

// What MySQL 8 answers, on rows of hosts that differ in case.
func TestDatabaseSpeaksMySQLsDialect(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 10)))
	db.SetMaxOpenConns(1)
	for _, q := range []string{
		`INSERT INTO dados (AlunoID, Nome, Host) VALUES (1, 'O\'Neil', 'Web-A'), (2, "dois \"aspas\"", 'web-a'), (3, 'a''b\\c\n', "web-b")`,
		"INSERT INTO `meubanco`.`dados` (`AlunoID`, `Nome`, `Host`) VALUES (4, _utf8mb4'João', 0x7765622D62) -- a comment",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	for _, test := range []struct{ query, want string }{
		{"SELECT Nome FROM dados ORDER BY AlunoID", "O'Neil\ndois \"aspas\"\na'b\\c\n\nJoão"},
		{"SELECT COUNT(*) FROM dados WHERE Host = 'WEB-A'", "2"},
		{"SELECT COUNT(*) FROM dados WHERE BINARY Host = 'web-a'", "1"},
		{"SELECT COUNT(*) FROM dados WHERE BINARY dados.Host = 'web-a'", "1"},
		{"SELECT COUNT(*) FROM dados WHERE BINARY(Host) = 'web-a'", "1"},
		{"SELECT COUNT(*) FROM dados WHERE BINARY LOWER(Host) = 'web-a'", "2"},
		{"SELECT COUNT(DISTINCT Host) FROM dados", "2"},
		{"SELECT CAST(Host AS BINARY) AS h, COUNT(*) FROM dados GROUP BY h ORDER BY h", "Web-A|1\nweb-a|1\nweb-b|2"},
		{"SELECT Host COLLATE utf8mb4_bin, COUNT(*) FROM dados GROUP BY Host COLLATE utf8mb4_bin ORDER BY 1", "Web-A|1\nweb-a|1\nweb-b|2"},
		{"SELECT /*+ MAX_EXECUTION_TIME(5000) */ MAX(AlunoID), MIN(AlunoID), SUM(AlunoID) FROM dados # end", "4|1|10"},
		{`SELECT COUNT(*) FROM dados WHERE Nome LIKE 'O\'%'`, "1"},
		{`SELECT COUNT(*) FROM dados WHERE Nome LIKE '%\%%'`, "0"},
		{"SELECT IF(AlunoID > 2, 'big', 'small') FROM dados WHERE AlunoID >= 2 && AlunoID < 4 ORDER BY AlunoID", "small\nbig"},
		{"SELECT AlunoID FROM dados WHERE AlunoID = 1 || AlunoID = 4 ORDER BY AlunoID DESC", "4\n1"},
		{"SELECT CHAR_LENGTH('João'), LENGTH('João'), NULL <=> NULL", "4|5|1"},
		{"SELECT AlunoID FROM dados LIMIT 1, 2", "2\n3"},
		{"SELECT CAST('12' AS SIGNED INTEGER) + 1, CAST(7 AS CHAR)", "13|7"},
		{"SELECT DATABASE(), VERSION(), @@version, @@max_connections, @@session.autocommit", "meubanco|" + Version + "|" + Version + "|10|1"},
		{"SELECT CURRENT_USER(), USER()", "root@127.0.0.1|root@127.0.0.1"},
		{"SHOW TABLES", "dados"},
		{"SHOW FULL TABLES FROM meubanco LIKE 'da%'", "dados|BASE TABLE"},
		{"SHOW TABLES LIKE 'x%'", ""},
		{"SHOW DATABASES", "information_schema\nmeubanco"},
		{"SHOW COLUMNS FROM dados LIKE 'Host'", "Host|varchar(50)|YES||NULL|"},
		{"SHOW COLUMNS FROM dados IN meubanco LIKE 'AlunoID'", "AlunoID|int|YES||NULL|"},
		{"SHOW VARIABLES LIKE 'max_conn%'", "max_connections|10"},
		{"SHOW WARNINGS", ""},
		{"SHOW INDEX FROM dados", ""},
		{"SELECT table_name FROM information_schema.tables WHERE table_schema = 'meubanco'", "dados"},
		{"SELECT 1; ", "1"},
	} {
		got, err := answerOf(t, db, test.query)
		if err != nil || got != test.want {
			t.Errorf("%s\n got %q, %v\nwant %q", test.query, got, err, test.want)
		}
	}
	for _, q := range []string{"SET NAMES utf8mb4", "SET SESSION sql_mode = 'ANSI', @x = 1", "START TRANSACTION", "COMMIT", "USE information_schema", "USE meubanco", "/* nothing */"} {
		if _, err := db.Exec(q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
	if result, err := db.Exec("DELETE FROM dados WHERE AlunoID > 2"); err != nil {
		t.Error(err)
	} else if n, _ := result.RowsAffected(); n != 2 {
		t.Errorf("DELETE of two rows changed %d", n)
	}
	if _, err := db.Exec("TRUNCATE TABLE dados"); err != nil {
		t.Error(err)
	}
	if got, err := answerOf(t, db, "SELECT COUNT(*) FROM dados"); got != "0" || err != nil {
		t.Errorf("after TRUNCATE: %s rows, %v", got, err)
	}
}

// Prepared statements have answers of their own encoding, NULL in it.
func TestDatabasePreparedStatements(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 10)))
	for _, row := range []struct{ number, name any }{{nil, nil}, {7, "seven"}, {-2147483648, "ü\x00'\\"}} {
		if _, err := db.Exec("INSERT INTO dados (AlunoID, Nome, Host) VALUES (?, ?, ?)", row.number, row.name, []byte("h")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := answerOf(t, db, "SELECT AlunoID, Nome, Host, AlunoID / 2.0 FROM dados WHERE Host = ? ORDER BY AlunoID", "H")
	want := "NULL|NULL|h|NULL\n-2147483648|ü\x00'\\|h|-1.073741824e+09\n7|seven|h|3.5"
	if got != want || err != nil {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
	if got, err := answerOf(t, db, "SELECT Nome FROM dados WHERE AlunoID = ?", 12345); got != "" || err != nil {
		t.Errorf("no row: %q, %v", got, err)
	}
}

func TestDatabaseRefusesWhatMySQLRefuses(t *testing.T) {
	address := startDatabase(t, 10)
	db := mysqltest.Open(t, access(address))
	noDatabase := access(address)
	noDatabase.DBName = ""
	unbound := mysqltest.Open(t, noDatabase)
	for _, test := range []struct {
		db     *sql.DB
		query  string
		number uint16
	}{
		{db, "INSERT INTO dados (AlunoID) VALUES (2147483648)", 1264},
		{db, "INSERT INTO dados (AlunoID) VALUES ('x')", 1366},
		{db, "INSERT INTO dados (Host) VALUES ('" + strings.Repeat("x", 51) + "')", 1406},
		{db, "INSERT INTO dados VALUES (1, 'a')", 1136},
		{db, "INSERT INTO dados (AlunoID, Host) VALUES (1)", 1136},
		{db, "INSERT INTO nope (a) VALUES (1)", 1146},
		{db, "SELECT * FROM nope.dados", 1049},
		{db, "SHOW COLUMNS FROM nope", 1146},
		{db, "USE nope", 1049},
		{db, "SELECT nope(1)", 1305},
		{db, "SELECT 'no end", 1064},
		{db, "SELECT 1; SELECT 2", 1064},
		{db, "SELECT FROM", 1064},
		{db, "SELECT @@nope", 1193},
		{db, "SET nope = 1", 1193},
		{db, "KILL 4000000000", 1094},
		{db, "DROP TABLE dados", 1142},
		{db, "CREATE TABLE x (a int)", 1142},
		{db, "ATTACH '/tmp/stress-lab-test' AS x", 1064},
		{db, "PRAGMA database_list", 1064},
		{db, "VACUUM INTO '/tmp/stress-lab-test'", 1064},
		{unbound, "SELECT COUNT(*) FROM dados", 1046},
		{unbound, "SHOW TABLES", 1046},
	} {
		_, err := test.db.Exec(test.query)
		answer, ok := errors.AsType[*mysql.MySQLError](err)
		if !ok || answer.Number != test.number {
			t.Errorf("%s: %v, want %d", test.query, err, test.number)
		}
	}
	if got, err := answerOf(t, unbound, "SELECT COUNT(*) FROM meubanco.dados"); got != "0" || err != nil {
		t.Errorf("refused statements left %s rows, %v", got, err)
	}
}

// endless is a statement that runs until somebody ends it.
const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"

func TestDatabaseEndsAStatementOfAnother(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 10)))
	slow, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	var id uint32
	if err := slow.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := slow.ExecContext(t.Context(), endless)
		ended <- err
	}()
	for {
		list, err := answerOf(t, db, "SHOW FULL PROCESSLIST")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(list, endless) {
			break
		}
	}
	if _, err := db.Exec(fmt.Sprintf("KILL QUERY %d", id)); err != nil {
		t.Fatal(err)
	}
	if answer, ok := errors.AsType[*mysql.MySQLError](<-ended); !ok || answer.Number != 1317 {
		t.Errorf("a killed statement: %v, want 1317", answer)
	}
	if err := slow.PingContext(t.Context()); err != nil {
		t.Errorf("KILL QUERY ended the connection: %v", err)
	}
	if _, err := db.Exec(fmt.Sprintf("KILL %d", id)); err != nil {
		t.Fatal(err)
	}
	if err := slow.PingContext(t.Context()); err == nil {
		t.Error("KILL left the connection open")
	}
}

func TestDatabaseBoundsAStatementsTime(t *testing.T) {
	c := access(startDatabase(t, 10))
	c.Params = map[string]string{"max_execution_time": "20"}
	_, err := mysqltest.Open(t, c).Exec(endless)
	if answer, ok := errors.AsType[*mysql.MySQLError](err); !ok || answer.Number != 3024 {
		t.Errorf("a statement without end: %v, want 3024", err)
	}
}

// Clients that break the protocol lose their connection and no more.
func TestDatabaseOutlivesBrokenClients(t *testing.T) {
	address := startDatabase(t, 4)
	for _, sent := range []string{"", "\x00", "GET / HTTP/1.1\r\n\r\n", "\x01\x00\x00\x01\x85", "\x20\x00\x00\x01\x85\xa2\xff\xff" + strings.Repeat("x", 28), "\xff\xff\xff\x01"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(sent)); err != nil {
			t.Error(err)
		}
		c.Close()
	}
	db := mysqltest.Open(t, access(address))
	for deadline := time.Now().Add(20 * time.Second); db.Ping() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the database does not answer after broken clients")
		}
	}
}

// The command-line client asks more than a driver does before the first statement.
func TestCommandLineClient(t *testing.T) {
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("LEFT OUT: no command-line client; apt-get install mariadb-client")
	}
	host, port, err := net.SplitHostPort(startDatabase(t, 10))
	if err != nil {
		t.Fatal(err)
	}
	run := func(statements string) string {
		out, err := exec.CommandContext(t.Context(), client, "--no-defaults", "-h", host, "-P", port, "-u", "root", "-pSenha123", "--batch", "meubanco", "-e", statements).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", statements, err)
		}
		return string(out)
	}
	got := run("INSERT INTO dados (AlunoID, Host) VALUES (1, 'a'), (2, 'b'), (3, 'a'); SHOW TABLES; SELECT Host, COUNT(*) FROM dados GROUP BY Host; DESCRIBE dados")
	for _, want := range []string{"Tables_in_meubanco\ndados\n", "Host\tCOUNT(*)\na\t2\nb\t1\n", "Field\tType\tNull\tKey\tDefault\tExtra\nAlunoID\tint\tYES\t\tNULL\t\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Whatever a client sends, the translation ends, and what it refuses is MySQL's error.
func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{"SELECT Host, COUNT(*) FROM dados GROUP BY Host", "SELECT BINARY", "SELECT 'a\\", "/*", "SELECT BINARY ((`a``b`.c)) x'00' 0x1", "SET @@a = (1,2), b := 3;", "SHOW FULL COLUMNS FROM a.b LIKE '%\\_'"} {
		f.Add(seed)
	}
	server, err := New(Config{User: "root", Name: "meubanco", Schema: deploy.Schema, MaxConnections: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		left, right := net.Pipe()
		defer left.Close()
		defer right.Close()
		c := &session{server: server, conn: left, database: "meubanco"}
		s, err := parse(query)
		if err != nil {
			return
		}
		translated, err := c.translate(s)
		if err != nil {
			return
		}
		if strings.Count(translated, "?") < s.parameters() {
			t.Errorf("%q lost a placeholder: %q", query, translated)
		}
	})
}
