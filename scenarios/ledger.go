package scenarios

import (
	"sync"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/observe/dsn"
)

// ledgerSpec is the key ledger. It has a table and a column, or a query.
type ledgerSpec struct {
	dsn, table, column at[string]
	query              at[string]
	timeout, settle    at[time.Duration]
	every              at[time.Duration]
	claim              at[claimSpec]
}

var ledgerForm = sync.OnceValue(func() form[ledgerSpec] {
	return object(
		field("dsn", dataSource(), func(l *ledgerSpec) *at[string] { return &l.dsn },
			"Data source name: "+dsn.FormMySQL+" of MySQL or MariaDB, "+dsn.FormPostgres+" of PostgreSQL. Best a ${VARIABLE}; never stored.").required(),
		field("table", identifier("a table name, with or without its database or schema, a name with a dot or a back-tick in back-ticks", true), func(l *ledgerSpec) *at[string] { return &l.table },
			"Table that the service writes. PostgreSQL reads a name in small letters unless it stands in back-ticks."),
		field("column", identifier("a column name, in back-ticks if it holds a dot or a back-tick", false), func(l *ledgerSpec) *at[string] { return &l.column },
			"Column that names the host."),
		field("query", anyText("a SELECT", 1), func(l *ledgerSpec) *at[string] { return &l.query },
			"Instead of table and column, one SELECT that yields two columns, each host once and how many rows it wrote. It is asked wherever a table would be counted, in a transaction that may only read. The whole of what it counts may only grow while load is put on."),
		field("timeout", duration(time.Millisecond), func(l *ledgerSpec) *at[time.Duration] { return &l.timeout },
			"How long one count of the rows may take. A table that takes longer is told before any load is sent: index the column, or raise this.").
			or("5s, or the readTimeout of a dsn of MySQL"),
		field("settle", duration(time.Millisecond), func(l *ledgerSpec) *at[time.Duration] { return &l.settle },
			"How long rows that are missing after a leg are waited for: while there are fewer than successful answers claimed, they are counted again.").or(`"10s"`),
		field("every", duration(0), func(l *ledgerSpec) *at[time.Duration] { return &l.every },
			"How often the rows are counted while load is put on, so that the first and the last row of a host have a time; 0s never. A count gets at most a twentieth of the time, so a large table without an index is counted less often.").
			or("1s with a cluster, else 0s"),
		field("claim", claimForm(), func(l *ledgerSpec) *at[claimSpec] { return &l.claim },
			"How a row tells which request wrote it: each request that claims rows is sent with a name of its own, of some 25 small letters, digits and hyphens, which the page writes into a column of the table. Then rows lost and rows written twice are counted exactly."),
	).described(func(s *jsonschema.Schema) {
		query := &jsonschema.Schema{Required: []string{"query"}}
		table := &jsonschema.Schema{Required: []string{"table", "column"}, Not: query.CloneSchemas()}
		for _, name := range []string{"table", "column", "claim"} {
			query.AllOf = append(query.AllOf, &jsonschema.Schema{Not: &jsonschema.Schema{Required: []string{name}}})
		}
		s.AnyOf = []*jsonschema.Schema{table, query}
	})
})

// dataSource says nothing of what the driver said: it may quote the password.
func dataSource() form[string] {
	const postgres = `^postgres(ql)?://`
	const parameters = `(\?[^#]*)?$`
	schema := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", Pattern: `^(.*@)?((tcp|unix)?|[^@(/]*\(.*\))/([^/?%]|%[0-9A-Fa-f]{2})+(\?[^/]*)?$`, Not: &jsonschema.Schema{Pattern: postgres}},
		{Type: "string", Pattern: postgres + `[^:/?#@]+(:[^/?#@]*)?@([^:/?#@,\[\]]+|\[[^\]]+\])?(:[0-9]{1,5})?/[^/?#]+` + parameters},
	}}
	return scalar("a data source name", orVariable(schema), func(s string) (string, error) {
		const hint = "write " + dsn.FormMySQL + ", or " + dsn.FormPostgres
		n, err := dsn.Parse(s)
		switch {
		case err != nil && dsn.IsPostgres(s):
			return "", &refusal{err.Error(), "write " + dsn.FormPostgres}
		case err != nil:
			return "", &refusal{"is no data source name", hint}
		case n.Database == "":
			return "", &refusal{"names no database", hint}
		}
		return s, nil
	}, text)
}

// identifier is a name as MySQL has it: bare, or in back-ticks with those in it doubled,
// where it must stand if it holds a dot.
func identifier(words string, qualified bool) form[string] {
	const name = "(`([^`\\x00]|``)+`|[^`.\\s\\x00]([^`.\\x00]*[^`.\\s\\x00])?)"
	pattern := "^" + name + "$"
	if qualified {
		pattern = "^" + name + `(\.` + name + ")?$"
	}
	return textLike(words, pattern)
}

// ledger is where the rows are counted; nil without a database.
func (b *builder) ledger(s scenarioSpec) *Ledger {
	if !s.ledger.ok() {
		return nil
	}
	l := s.ledger.value
	out := &Ledger{
		DSN: l.dsn.value, Table: l.table.value, Column: l.column.value, Query: l.query.value,
		Timeout: l.timeout.value, Settle: l.settle.value, Every: l.every.value, Claim: b.claim(s, l.claim),
	}
	if !l.every.given() && s.cluster.given() {
		out.Every = DefaultCountEvery
	}
	b.counted(s.ledger.node, l)
	return out
}

// counted finds a ledger that has too little or too much to say what is counted.
func (b *builder) counted(n *node, l ledgerSpec) {
	if !l.query.given() {
		for _, key := range []string{"table", "column"} {
			if k := ledgerForm().key(key); n.lacks(k) {
				b.faults.add(n.where(), join(n.path, key), "is missing", k.about+" Or give a query.")
			}
		}
		return
	}
	for name, given := range map[string]bool{"table": l.table.given(), "column": l.column.given()} {
		if given {
			b.fault(l.query.node, "stands beside "+name, "give table and column, or a query, which says by itself what is counted")
		}
	}
	if l.claim.given() {
		b.fault(l.claim.node, "stands beside query", "names of requests are looked for in the rows of a table: give table and column")
	}
	if l.query.ok() && l.dsn.ok() {
		if _, err := dsn.ParseQuery(l.query.value, dsn.IsPostgres(l.dsn.value)); err != nil {
			b.fault(l.query.node, err.Error(), "write one SELECT that yields each host and how many rows it wrote")
		}
	}
}
