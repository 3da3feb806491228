package dsn

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for dsn, want := range map[string]string{
		"u:p@tcp(h:1)/d":                                    "tcp(h:1)/d",
		"u:p@unix(/run/m.sock)/d?x=1":                       "unix(/run/m.sock)/d",
		"postgres://u:p@db/d":                               "postgres://db:5432/d",
		"postgresql://u:p%2F%40@DB.test.:6543/d":            "postgres://db.test:6543/d",
		"postgres://u@bücher.test/d?sslmode=verify-full":    "postgres://xn--bcher-kva.test:5432/d",
		"postgres://u:p@[::1]:5433/d":                       "postgres://[::1]:5433/d",
		"postgres://u:p@/d?host=/run/postgresql":            "postgres:/run/postgresql/.s.PGSQL.5432/d",
		"postgres://u:p@:5433/d?host=/run/postgresql/":      "postgres:/run/postgresql/.s.PGSQL.5433/d",
		"postgres://u:p@h/":                                 "postgres://h:5432/",
		"postgres://u:p@h/d%20e?application_name=stress&x=": "",
	} {
		n, err := Parse(dsn)
		if got := n.String(); want != "" && (err != nil || got != want) {
			t.Errorf("%s: %s, %v; want %s", dsn, got, err, want)
		} else if want == "" && err == nil {
			t.Errorf("%s: %s, want an error", dsn, got)
		}
	}
	n, err := Parse("postgres://u:p%2F%40@h/d")
	if err != nil || n.User != "u" || n.Password != "p/@" || n.Database != "d" || !n.Postgres {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestWrongNames(t *testing.T) {
	for dsn, says := range map[string]string{
		"postgres://":                                    "names no user",
		"postgres://u:hunter2@":                          "names no host",
		"postgres://:hunter2@h/d":                        "names no user",
		"postgres://u:hunter2@h/d/e":                     "has a / in the name",
		"postgres://u:hun/ter2@h/d":                      "is no URL",
		"postgres://u:hunter2%@h/d":                      "is no URL",
		"postgres://u:hunter2#x@h/d":                     "is no URL",
		"postgres://u:hunter2@h:x/d":                     "is no URL",
		"postgres://u:hunter2@h:65536/d":                 "names no port",
		"postgres://u:hunter2@h,i/d":                     "several hosts",
		"postgres://u@h/d?password=hunter2":              "a parameter that is not understood",
		"postgres://u@h/d?hunter2":                       "a parameter that is not understood",
		"postgres://u@h/d?sslmode=disable&sslmode=allow": "has a parameter twice",
		"postgres://u@h/d?host=/run":                     "instead of a host",
		"postgres://u@/d?host=h":                         "instead of a host",
		"postgres://u:p@h/d?%zz":                         "cannot be read",
		"postgres://u:p@h/d#hunter2":                     "cannot be read",
		"postgres://u@../d":                              "names no host",
	} {
		_, err := Parse(dsn)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want one that says %q and keeps the secret", dsn, err, says)
		}
	}
}

// FuzzParse mangles everything around a password; no error may show it.
func FuzzParse(f *testing.F) {
	f.Add("postgres://u:", "@h:5432/d?sslmode=require")
	f.Add("postgresql://u:", "/@h/d")
	f.Add("u:", "@tcp(h:1)/d")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2"
		dsn := before + secret + after
		if !IsPostgres(dsn) || strings.Contains(before, "@") {
			return // MySQL's driver quotes what it reads; package ledger leaves its words out
		}
		if n, err := Parse(dsn); err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", dsn, err)
		} else if err == nil && strings.Contains(n.Password, secret) && strings.Contains(n.String(), secret) {
			t.Errorf("%q: shown as %s", dsn, n)
		}
	})
}

func TestQueries(t *testing.T) {
	for _, c := range []struct{ query, mysql, postgres string }{
		{"SELECT host, COUNT(*) FROM t GROUP BY host", "", ""},
		{"with x AS (SELECT 1) select * from x;", "", ""},
		{" -- rows\n/* by; host */ SELECT ';', \"a;b\", `c;d` FROM t ; -- done;\n", "", ""},
		{"SELECT 'it''s; fine', \"a\"\"b;\" FROM t", "", ""},
		{`SELECT 'it\'s; fine' FROM t`, "", "goes on"},
		{"SELECT 1 # one; two\n", "", "goes on"},
		{"SELECT a #> '{b}' FROM t", "", ""},
		{"SELECT $$a;b$$", "goes on", ""},
		{"", "is empty", "is empty"},
		{" -- nothing", "is empty", "is empty"},
		{"/* SELECT", "does not end", "does not end"},
		{"INSERT INTO t VALUES (1)", "does not begin", "does not begin"},
		{"SELECTED", "does not begin", "does not begin"},
		{"(SELECT 1)", "does not begin", "does not begin"},
		{"SELECT 1; DROP TABLE t", "goes on", "goes on"},
		{"SELECT 1;;", "goes on", "goes on"},
		{"SELECT 'x", "quote ' that does not end", "quote ' that does not end"},
	} {
		for postgres, says := range map[bool]string{false: c.mysql, true: c.postgres} {
			got, err := ParseQuery(c.query, postgres)
			switch {
			case says == "" && (err != nil || strings.HasSuffix(got, ";") || !strings.HasPrefix(c.query, got)):
				t.Errorf("%q, PostgreSQL %v: %q, %v", c.query, postgres, got, err)
			case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
				t.Errorf("%q, PostgreSQL %v: %v, want %q", c.query, postgres, err, says)
			}
		}
	}
}

// FuzzParseQuery holds a query that passes to end where it says: with a semicolon more it is the same.
func FuzzParseQuery(f *testing.F) {
	f.Add("SELECT 'a;b' -- c\n", true)
	f.Add("WITH `x` AS (SELECT 1) SELECT * FROM x;", false)
	f.Fuzz(func(t *testing.T, query string, postgres bool) {
		got, err := ParseQuery(query, postgres)
		if err != nil {
			return
		}
		if again, err := ParseQuery(got+"\n;", postgres); err != nil || again != got+"\n" {
			t.Errorf("%q: %q, and with a semicolon %q, %v", query, got, again, err)
		}
	})
}
