package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
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
	Claims []int // how many rows a success claims, of each request of the pass
	// Claimed is how many rows the successes claim.
	Claimed uint64
}

// perRow is how long each row of a leg's names may take, beside what every count may. MariaDB
// sends a million in 2 s.
const perRow = 10 * time.Microsecond

// named counts the rows by the names of the requests that wrote them. It reads the rows of the
// leg in one scan, for a column of names has no index as a rule, and adds them up itself: MariaDB
// takes 20 times as long to group a million of them.
func (c *Counter) named(ctx context.Context, s *Sent) (*runlog.Named, error) {
	bound := s.Bound()
	if bound > claim.Most {
		return nil, fmt.Errorf("the leg sent more than %d requests", claim.Most)
	}
	hosts := make(hostRows)
	out := &runlog.Named{Hosts: hosts, Success: runlog.NamedRows{Missing: int64(s.Claimed)}}
	prefixes := make([]string, len(s.Claims))
	for i := range prefixes {
		prefixes[i] = s.Names.Prefix(i)
	}
	written := make([]uint16, bound) // rows of each request so far, or more than it can claim
	limit := c.db.limit + time.Duration(bound)*perRow
	selected := fmt.Sprintf("%s, %s %s", c.db.text(c.column), c.db.text(c.claim), c.fromLeg(s.Names.Leg))
	err := c.ask(ctx, limit, c.db.timed(limit, selected), c.config.Claim, func(row *sql.Rows) error {
		var host, name sql.NullString
		if row.Scan(&host, &name) != nil {
			return errNotACount
		}
		out.Altered++
		for i, prefix := range prefixes {
			if n, ok := claim.Number(name.String, prefix); ok && s.WasSent(n) && s.Claims[i] > 0 {
				out.Altered--
				book(out, s.Of(n), int(written[n]), s.Claims[i])
				written[n] = min(written[n], math.MaxUint16-1) + 1
			}
		}
		return hosts.add(host, 1)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// book adds one row of a request, which had written so many before it, to those of its kind.
func book(to *runlog.Named, k claim.Kind, written, claims int) {
	r := &to.Success
	switch k {
	case claim.Unknown:
		r = &to.Unknown
	case claim.Failed:
		r = &to.Failed
	}
	r.Rows++
	if written == 0 {
		r.Wrote++
	}
	if written >= claims {
		r.Doubled++
	} else if k == claim.Success {
		r.Missing--
	}
}

// fromLeg are the rows that have a name of a leg, also one whose end was changed.
func (c *Counter) fromLeg(leg string) string {
	return fmt.Sprintf("FROM %s WHERE %s LIKE '%s-%%'", c.table, c.db.text(c.claim), leg)
}

// RowsOfLeg counts the rows per host that have a name of a leg, also one whose end was changed.
// The error is an [*Error].
func (c *Counter) RowsOfLeg(ctx context.Context, leg string) (map[string]int64, error) {
	return c.hosts(ctx, c.byHost(c.fromLeg(leg)))
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
var typeOfText = lazy.Regexp(`(?i)^(?:(?:var)?(?:char|binary)|character(?: varying)?)\(([0-9]+)\)|^(?:(?:tiny|medium|long)?(?:text|blob)|citext|character varying$)`)

// fits reports why a name of so many characters cannot stand in the column for names.
func (c *Counter) fits(ctx context.Context, length int) error {
	rows, err := c.pool.QueryContext(ctx, c.db.columns(c.table))
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
		if strings.EqualFold(strings.Trim(name.String, "`"), wanted[0].text) {
			return c.holds(kind.String, length)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return &Error{Kind: NoColumn, Text: fmt.Sprintf("database %s: %s has no column %s that can be read: check ledger.claim.column", c.db.address, c.config.Table, c.config.Claim)}
}

// holds reports why a column of a type cannot hold a name.
func (c *Counter) holds(kind string, length int) error {
	found := typeOfText().FindStringSubmatch(kind)
	switch {
	case found == nil:
		return &Error{Kind: BadConfig, Text: printable(fmt.Sprintf("database %s: column %s of %s is of type %.40s: a claim is text of %d characters", c.db.address, c.config.Claim, c.config.Table, kind, length))}
	case found[1] == "":
		return nil
	}
	if n, err := strconv.Atoi(found[1]); err == nil && n >= length {
		return nil
	}
	return &Error{Kind: BadConfig, Text: fmt.Sprintf("database %s: column %s of %s holds %s characters, a claim needs %d: widen it, or take another for ledger.claim.column", c.db.address, c.config.Claim, c.config.Table, found[1], length)}
}
