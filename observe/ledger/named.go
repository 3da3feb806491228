package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog"
)

// Sent are the requests of a leg that were sent with names.
type Sent struct {
	*claim.Outcomes
	Count  uint64 // all requests of the leg, with names and without
	Claims []int  // how many rows a success claims, of each request of the pass
	// Claimed is how many rows the successes claim.
	Claimed uint64
}

// namesEach is how many names one query asks for at most.
const namesEach = 50_000

// named counts the rows by the names of the requests that wrote them. It asks for some
// numbers at a time, and keeps sums alone.
func (c *Counter) named(ctx context.Context, s *Sent) (*runlog.Named, error) {
	if s.Count > claim.Most {
		return nil, fmt.Errorf("the leg sent more than %d requests", claim.Most)
	}
	out := &runlog.Named{}
	var err error
	if out.Hosts, err = c.RowsOfLeg(ctx, s.Names.Leg); err != nil {
		return nil, err
	}
	out.Success.Missing = int64(s.Claimed)
	for i, claims := range s.Claims {
		if claims == 0 {
			continue
		}
		prefix := s.Names.Prefix(i)
		for from := uint64(0); from < s.Count; from += namesEach {
			query := c.namesQuery(s.Names.Name(i, from), s.Names.Name(i, from+namesEach))
			err := c.ask(ctx, query, c.config.Claim, func(name sql.NullString, rows int64) error {
				if n, ok := claim.Number(name.String, prefix); ok && n < s.Count {
					book(out, s.Of(n), rows, int64(claims))
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	out.Altered = total(out.Hosts) - out.Success.Rows - out.Unknown.Rows - out.Failed.Rows
	return out, nil
}

// book adds the rows of one request to those of its kind.
func book(to *runlog.Named, k claim.Kind, rows, claims int64) {
	r := map[claim.Kind]*runlog.NamedRows{claim.Success: &to.Success, claim.Unknown: &to.Unknown, claim.Failed: &to.Failed}[k]
	r.Wrote++
	r.Rows += rows
	r.Doubled += max(0, rows-claims)
	if k == claim.Success {
		r.Missing -= min(rows, claims)
	}
}

// namesQuery counts the rows with names from one up to another. Names have the same length and
// only letters that every collation sorts in the same way.
func (c *Counter) namesQuery(from, to string) string {
	return c.bounded("MIN(%[1]s), COUNT(*) FROM %[2]s WHERE %[1]s >= '%[3]s' AND %[1]s < '%[4]s' GROUP BY CAST(%[1]s AS BINARY) LIMIT %[5]d",
		c.claim, c.table, from, to, 4*namesEach)
}

// RowsOfLeg counts the rows per host that have a name of a leg, also one whose end was changed.
// The error is an [*Error].
func (c *Counter) RowsOfLeg(ctx context.Context, leg string) (map[string]int64, error) {
	return c.hosts(ctx, c.bounded("MIN(%[1]s), COUNT(*) FROM %[2]s WHERE %[3]s LIKE '%[4]s-%%' GROUP BY CAST(%[1]s AS BINARY) LIMIT %[5]d",
		c.column, c.table, c.claim, leg, maxHosts+1))
}

// settleNamed counts by name until no row that a success claims is missing, or until end. The
// count of all rows can be reached with rows of others, and others can change it for ever. Rows
// with names have settled when two counts in a row are the same, whatever others write.
func (c *Counter) settleNamed(ctx context.Context, l *runlog.Ledger, s *Sent, end time.Time) {
	for first := true; ; first = false {
		found, err := c.named(ctx, s)
		if err != nil {
			l.NamedError = err.Error()
			return
		}
		alike := !first && total(found.Hosts) == total(l.Named.Hosts)
		l.Named = found
		switch over := time.Until(end) < countEvery; {
		case found.Success.Missing == 0 || total(found.Hosts) == 0:
			return
		case over && !first:
			l.Settled = alike
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(countEvery):
		}
		rows, err := c.Count(ctx)
		if err != nil {
			return
		}
		l.After, l.AfterAt = rows, time.Now().UTC()
	}
}

// typeOfText is a column's type that holds text, and how much of it.
var typeOfText = lazy.Regexp(`(?i)^(?:var)?(?:char|binary)\(([0-9]+)\)|^(tiny|medium|long)?(?:text|blob)`)

// fits reports why a name of so many characters cannot stand in the column for names.
func (c *Counter) fits(ctx context.Context, length int) error {
	rows, err := c.db.QueryContext(ctx, "SHOW COLUMNS FROM "+c.table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || len(columns) < 2 {
		return cmp.Or(err, errNotACount)
	}
	var name, kind sql.NullString
	fields := []any{&name, &kind}
	for range columns[2:] {
		fields = append(fields, new(any))
	}
	wanted, _ := readNames(c.config.Claim)
	for rows.Next() {
		if err := rows.Scan(fields...); err != nil {
			return err
		}
		if strings.EqualFold(name.String, wanted[0]) {
			return c.holds(kind.String, length)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return &Error{Kind: NoColumn, Text: fmt.Sprintf("database %s: %s has no column %s that can be read: check ledger.claim.column", c.address, c.config.Table, c.config.Claim)}
}

// holds reports why a column of a type cannot hold a name.
func (c *Counter) holds(kind string, length int) error {
	found := typeOfText().FindStringSubmatch(kind)
	switch {
	case found == nil:
		return &Error{Kind: BadConfig, Text: printable(fmt.Sprintf("database %s: column %s of %s is of type %.40s: a claim is text of %d characters", c.address, c.config.Claim, c.config.Table, kind, length))}
	case found[1] == "":
		return nil
	}
	if n, err := strconv.Atoi(found[1]); err == nil && n >= length {
		return nil
	}
	return &Error{Kind: BadConfig, Text: fmt.Sprintf("database %s: column %s of %s holds %s characters, a claim needs %d: widen it, or take another for ledger.claim.column", c.address, c.config.Claim, c.config.Table, found[1], length)}
}
