package ledger

import (
	"context"
	"database/sql"
	"strings"
)

// connections are what a database says of those to itself.
type connections struct {
	refused uint64 // since it began, because as many were open as there may be
	most    uint64 // that there may be
}

// The names under which databases tell them.
const (
	refusedStatus   = "connection_errors_max_connections"
	mostConnections = "max_connections"
)

// connections asks for them; nil where the database does not tell: not every server knows them, and
// not every user may ask.
func (c *Counter) connections(ctx context.Context) *connections {
	told := map[string]uint64{}
	for _, query := range c.db.connections() {
		err := c.ask(ctx, c.db.limit, statements{query: query}, "", func(row *sql.Rows) error {
			var name string
			var value uint64
			if len(told) > 2 || row.Scan(&name, &value) != nil {
				return errNotACount
			}
			told[strings.ToLower(name)] = value
			return nil
		})
		if err != nil {
			return nil
		}
	}
	refused, known := told[refusedStatus]
	if !known {
		return nil
	}
	return &connections{refused, told[mostConnections]}
}
