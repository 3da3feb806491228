// Package mysqltest has what the tests of every lab ask its database.
package mysqltest

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Open is a pool of connections, which is closed at the end of the test. The driver logs
// nothing: tests break connections on purpose.
func Open(t testing.TB, c *mysql.Config) *sql.DB {
	t.Helper()
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

// RowsPerHost counts the rows of the table dados by the column Host, as the ledger does.
func RowsPerHost(t testing.TB, db *sql.DB) map[string]int {
	t.Helper()
	rows, err := db.Query("SELECT Host, COUNT(*) FROM dados GROUP BY Host")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var host string
		var n int
		if err := rows.Scan(&host, &n); err != nil {
			t.Fatal(err)
		}
		counts[host] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return counts
}

// Added is after − before, without the hosts that did not change.
func Added(before, after map[string]int) map[string]int {
	added := map[string]int{}
	for host, n := range after {
		if d := n - before[host]; d != 0 {
			added[host] = d
		}
	}
	return added
}
