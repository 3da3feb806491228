package ledger

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesThatMySQLAllows(t *testing.T) {
	for _, c := range []struct{ name, database, table string }{
		{"dados", "", "`dados`"},
		{"outro.dados", "`outro`", "`outro`.`dados`"},
		{"$a_1", "", "`$a_1`"},
		{"2024", "", "`2024`"},
		{"acessos-2024", "", "`acessos-2024`"},
		{"meu-banco.acessos-2024", "`meu-banco`", "`meu-banco`.`acessos-2024`"},
		{"acessos de 2024", "", "`acessos de 2024`"},
		{"acentuação", "", "`acentuação`"},
		{"`meu-banco`.`acessos-2024`", "`meu-banco`", "`meu-banco`.`acessos-2024`"},
		{"`meu.banco`.dados", "`meu.banco`", "`meu.banco`.`dados`"},
		{"`a.b`", "", "`a.b`"},
		{"` a`", "", "` a`"},
		{"`a``b`", "", "`a``b`"},
		{"````", "", "````"},
		{"dados; DROP TABLE dados; --", "", "`dados; DROP TABLE dados; --`"},
		{strings.Repeat("é", 64), "", "`" + strings.Repeat("é", 64) + "`"},
	} {
		database, table, err := quoteTable(mysqlDialect{}, c.name, "x")
		if err != nil || database != c.database || table != c.table {
			t.Errorf("%q: %s, %s, %v; want %s, %s", c.name, database, table, err, c.database, c.table)
		}
	}
	for name, want := range map[string]string{"nome do host": "`nome do host`", "`a.b`": "`a.b`", "Host": "`Host`"} {
		if got, err := quoteColumn(mysqlDialect{}, "column", name); err != nil || got != want {
			t.Errorf("column %q: %s, %v; want %s", name, got, err, want)
		}
	}
}

func TestWhatIsNoName(t *testing.T) {
	for name, why := range map[string]string{
		"": "empty", "``": "empty", ".dados": "empty", "dados.": "empty", "``.dados": "empty",
		"a.b.c": "dot in it stands in back-ticks", "`a": "closing back-tick is missing", "`": "closing", "`a``": "closing",
		"a`b": "doubled", "dados` WHERE 1; --": "doubled", "`a`b": "only a dot", "`a` .b": "only a dot",
		" dados": "blanks", "a .b": "blanks", "`a `": "end in a blank", "a\x00": "does not take", "\U0001F600": "does not take",
		"a\xff": "not UTF-8", strings.Repeat("a", 65): "more than 64",
	} {
		_, _, err := quoteTable(mysqlDialect{}, name, "x")
		wantKind(t, err, BadConfig)
		if !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", name, err, why)
		}
	}
	_, err := quoteColumn(mysqlDialect{}, "column", "dados.Host")
	wantKind(t, err, BadConfig)
	_, _, err = quoteTable(mysqlDialect{}, "dados", "")
	wantKind(t, err, BadConfig)
}

// FuzzNames: whatever is accepted is read by MySQL's own rule as the same names and
// nothing more, and quoting is undone by reading.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"dados", "meubanco.dados", "`", "a`.`b", "`a``b`.` c`", "a.b.c", "", ".", "a\x00", "ﬀ", "\xbf`; DROP"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		names, err := readNames(s)
		if err != nil {
			return
		}
		var quoted []string
		for _, n := range names {
			q, err := mysqlDialect{}.quote(n)
			if err != nil {
				return
			}
			if !utf8.ValidString(q) || strings.Contains(strings.ReplaceAll(q[1:len(q)-1], "``", ""), "`") {
				t.Errorf("%q became %s", s, q)
			}
			quoted = append(quoted, q)
		}
		if again, err := readNames(strings.Join(quoted, ".")); err != nil || !slices.EqualFunc(again, names, func(a, b name) bool { return a.text == b.text }) {
			t.Errorf("%q: %v read again is %v, %v", s, names, again, err)
		}
	})
}
