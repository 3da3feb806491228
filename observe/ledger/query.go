package ledger

import (
	"database/sql"
	"fmt"
	"strconv"

	"github.com/stress-tool/stress/observe/dsn"
	"github.com/stress-tool/stress/runlog"
)

// queried is what a query of the user's selects. As a table of a SELECT it can be nothing but one
// itself, and no host is read that would be too many.
func (db *database) queried(query string) (string, error) {
	_, postgres := db.dialect.(postgresDialect)
	query, err := dsn.ParseQuery(query, postgres)
	if err != nil {
		return "", &Error{Kind: BadConfig, Text: "ledger.query " + err.Error()}
	}
	return fmt.Sprintf("* FROM (\n%s\n) AS counted LIMIT %d", query, maxHosts+1), nil
}

// notCounts is why the answer to a query is no count of rows by host.
type notCounts struct{ text string }

func (e *notCounts) Error() string { return e.text }

func notTwo(columns int) error {
	return &notCounts{fmt.Sprintf("yields %d columns, and must yield two: the host, and how many rows it wrote", columns)}
}

// scanQueried books a row of the answer to a query. What a table can have is here a mistake that would
// make the counts of two instants differ for no row: a host that is NULL, or two rows for one host.
func (h hostRows) scanQueried(row *sql.Rows) error {
	var host, rows sql.NullString
	if err := row.Scan(&host, &rows); err != nil {
		return err
	}
	if !host.Valid {
		return &notCounts{"yields a host that is NULL: leave such rows out by WHERE, or give them a name by COALESCE"}
	}
	name := runlog.HostName(host.String)
	if _, twice := h[name]; twice {
		return &notCounts{fmt.Sprintf("yields the host %.80q twice: GROUP BY the host", name)}
	}
	n, err := strconv.ParseInt(rows.String, 10, 64)
	switch {
	case !rows.Valid:
		return &notCounts{fmt.Sprintf("yields NULL as the count of the host %.80q: COUNT(*) is never NULL, and COALESCE(SUM(x), 0) is not either", name)}
	case err != nil:
		return &notCounts{fmt.Sprintf("yields %.40q as the count of the host %.80q, which is no whole number: its second column is how many rows the host wrote", rows.String, name)}
	case n < 0 || n > maxRows:
		return &notCounts{fmt.Sprintf("yields %d as the count of the host %.80q, which no host can have written", n, name)}
	}
	return h.add(host, n)
}
