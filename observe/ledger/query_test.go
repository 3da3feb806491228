package ledger_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/observe/ledger"
)

// queries are asked of both databases, which have a table visits of the hosts a (2), b (1) and NULL (1).
var queries = []struct {
	name, query string
	want        map[string]int64
	kind        ledger.Kind
	says        string
}{
	{"a count", "SELECT host, COUNT(*) FROM visits WHERE host IS NOT NULL GROUP BY host;", map[string]int64{"a": 2, "b": 1}, "", ""},
	{"with a comment at its end", "SELECT host, COUNT(*) FROM visits WHERE host IS NOT NULL GROUP BY host -- all;", map[string]int64{"a": 2, "b": 1}, "", ""},
	{"a common table", "WITH x AS (SELECT COALESCE(host, 'none') AS h FROM visits) SELECT h, COUNT(*) AS n FROM x GROUP BY h ORDER BY h", map[string]int64{"a": 2, "b": 1, "none": 1}, "", ""},
	{"a sum", "SELECT COALESCE(host, ''), SUM(n) AS s FROM visits GROUP BY host", map[string]int64{"a": 5, "b": 4, "": 7}, "", ""},
	{"no rows", "SELECT host, 1 AS n FROM visits WHERE n > 99", map[string]int64{}, "", ""},
	{"not one statement", "SELECT host, 1 FROM visits; DELETE FROM visits", nil, ledger.BadConfig, "goes on after its semicolon"},
	{"no SELECT", "DELETE FROM visits", nil, ledger.BadConfig, "does not begin with SELECT or WITH"},
	{"out of its brackets", "SELECT host, 1 FROM visits) x UNION (SELECT 'z', 9", nil, ledger.Failed, "check ledger.query"},
	{"one column", "SELECT host FROM visits", nil, ledger.NotCounts, "yields 1 columns, and must yield two"},
	{"three columns", "SELECT host, n, 1 AS one FROM visits", nil, ledger.NotCounts, "yields 3 columns, and must yield two"},
	{"a host twice", "SELECT host, n FROM visits WHERE host = 'a'", nil, ledger.NotCounts, `yields the host "a" twice: GROUP BY the host`},
	{"NULL for a host", "SELECT host, COUNT(*) FROM visits WHERE host IS NULL GROUP BY host", nil, ledger.NotCounts, "a host that is NULL: leave such rows out by WHERE"},
	{"NULL for a count", "SELECT host, NULL AS n FROM visits WHERE host = 'b'", nil, ledger.NotCounts, `NULL as the count of the host "b": COUNT(*) is never NULL`},
	{"less than none", "SELECT host, -n FROM visits WHERE host = 'b'", nil, ledger.NotCounts, `-4 as the count of the host "b"`},
	{"no whole number", "SELECT host, n + 0.5 FROM visits WHERE host = 'b'", nil, ledger.NotCounts, `"4.5" as the count of the host "b", which is no whole number`},
	{"no number", "SELECT host, 'many' AS n FROM visits WHERE host = 'b'", nil, ledger.NotCounts, `"many" as the count`},
	{"no such table", "SELECT host, n FROM visit", nil, ledger.NoTable, "it has"},
	{"no such column", "SELECT hosts, n FROM visits", nil, ledger.NoColumn, "check ledger.query"},
	{"nonsense", "SELECT FROM WHERE", nil, ledger.Failed, "check ledger.query"},
}

func testQueries(t *testing.T, dsn string) {
	for _, c := range queries {
		t.Run(c.name, func(t *testing.T) {
			counter, err := ledger.Open(t.Context(), ledger.Config{DSN: dsn, Query: c.query})
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				defer counter.Close()
				if got, err := counter.Count(t.Context()); err != nil || !maps.Equal(got, c.want) {
					t.Errorf("%v, %v; want %v", got, err, c.want)
				}
				return
			}
			fault, ok := errors.AsType[*ledger.Error](err)
			if !ok || fault.Kind != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want kind %s that says %q", err, c.kind, c.says)
			}
		})
	}
}

// testSlowQuery: the server ends a query that takes too long, and one that is interrupted.
func testSlowQuery(t *testing.T, dsn, sleeps string) {
	cfg := ledger.Config{DSN: dsn, Query: sleeps, Timeout: 300 * time.Millisecond}
	_, err := ledger.Open(t.Context(), cfg)
	fault, ok := errors.AsType[*ledger.Error](err)
	if !ok || fault.Kind != ledger.TooSlow || !strings.Contains(err.Error(), "ledger.query took longer than 300ms: have it read less, or by an index, or raise ledger.timeout") {
		t.Errorf("error %v, want kind %s", err, ledger.TooSlow)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := ledger.Open(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
}
