package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseDSN(t *testing.T) {
	for _, c := range []struct{ dsn, wrong string }{
		{"root:Senha123@tcp(127.0.0.1:3306)/meubanco", ""},
		{"root:p@ss/w:rd@tcp([::1]:3306)/meubanco?tls=skip-verify", ""},
		{"root@unix(/run/mysqld/mysqld.sock)/meubanco", ""},
		{"root:hunter2@/meubanco", ""}, // the driver's default address
		{"", "is empty"},
		{"root:hunter2", "missing the slash"},
		{"root:hunter2@tcp(127.0.0.1:3306", "missing the slash"},
		{"root:hunter2@tcp(127.0.0.1:3306/meubanco", "not terminated"},
		{"root:hunter2@127.0.0.1:3306/meubanco", "names no network"},
		{"root:x@hunter2/meubanco", "names no network"},
		{"root:hunter2(127.0.0.1:3306)/meubanco", "names no network"},
		{"root:x@pipe(hunter2)/meubanco", "names no network"},
		{"tcp(root:hunter2@127.0.0.1:3306)/meubanco", "names no network"},
		{"root:x@tcp(root:hunter2@db:3306)/meubanco", "names no network"},
		{"root:hunter2@tcp(db)/meubanco?tls=hunter2", "not understood"},
		{"root:hunter2@tcp(db)/meubanco?parseTime=hunter2", "not understood"},
		{"root:hunter2@tcp(db)/%hunter2", "not understood"},
	} {
		cfg, err := parseDSN(c.dsn, 0)
		if c.wrong == "" {
			if err != nil {
				t.Errorf("%s: %v", c.dsn, err)
			} else if cfg.Timeout != DefaultTimeout || cfg.ReadTimeout != DefaultTimeout || cfg.WriteTimeout != DefaultTimeout {
				t.Errorf("%s: timeouts %v %v %v, want %v", c.dsn, cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout, DefaultTimeout)
			}
			continue
		}
		wantKind(t, err, BadConfig)
		if !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %q, want one that says %q and keeps the secret", c.dsn, err, c.wrong)
		}
	}
}

func TestTimeoutsOfTheDSNStay(t *testing.T) {
	cfg, err := parseDSN("root@tcp(db)/x?readTimeout=1m", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Timeout != 2*time.Second || cfg.ReadTimeout != time.Minute || cfg.WriteTimeout != 2*time.Second {
		t.Errorf("timeouts %v %v %v", cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout)
	}
}

// FuzzDSN mangles everything around a password; no error and no address may show it.
func FuzzDSN(f *testing.F) {
	f.Add("root:", "@tcp(127.0.0.1:3306)/meubanco")
	f.Add("root:p@", "/meubanco")
	f.Add("", "(db)/meubanco?tls=true")
	f.Add("root:x/", "@unix(/tmp/s)/meubanco")
	f.Add("root:", "@tcp(db)/meubanco?readTimeout=never")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2"
		if strings.Contains(before, "(") || strings.Contains(before, "?") {
			return // then it is an address or a parameter, not a password
		}
		cfg, err := parseDSN(before+secret+after, 0)
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q: %v", before+secret+after, err)
			}
		} else if strings.Contains(cfg.Net, secret) {
			t.Errorf("%q: network %q", before+secret+after, cfg.Net)
		}
	})
}

func TestQuoteTable(t *testing.T) {
	for _, c := range []struct{ name, database, want string }{
		{"dados", "meubanco", "`dados`"},
		{"outro.dados", "meubanco", "`outro`.`dados`"},
		{"outro.dados", "", "`outro`.`dados`"},
		{"$a_1", "x", "`$a_1`"},
		{"dados", "", ""},
		{"", "x", ""},
		{".dados", "x", ""},
		{"a.b.c", "x", ""},
		{"dados`; DROP TABLE dados; --", "x", ""},
		{"da dos", "x", ""},
		{"dádos", "x", ""},
		{strings.Repeat("a", 65), "x", ""},
	} {
		got, err := quoteTable(c.name, c.database)
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.name, got, c.want)
		}
		if c.want == "" {
			wantKind(t, err, BadConfig)
		}
	}
}

// FuzzQuoteTable: what is accepted is the name itself in quotes, and holds no quote.
func FuzzQuoteTable(f *testing.F) {
	for _, s := range []string{"dados", "meubanco.dados", "`", "a`.`b", "a.b.c", "", ".", "a\x00", "ﬀ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		quoted, err := quoteTable(name, "x")
		if err != nil {
			return
		}
		plain := strings.ReplaceAll(quoted, "`", "")
		names := strings.Count(name, ".") + 1
		if plain != name || strings.Count(quoted, "`") != 2*names || names > 2 ||
			strings.ContainsFunc(plain, func(r rune) bool { return r >= 0x80 || strings.ContainsRune(" ;'\"\\-#/*()\x00\n", r) }) {
			t.Errorf("%q became %s", name, quoted)
		}
	})
}

func wantKind(t *testing.T, err error, kind Kind) {
	t.Helper()
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error %v is no *Error", err)
	}
	if fault.Kind != kind {
		t.Errorf("kind %s, want %s: %v", fault.Kind, kind, err)
	}
}
