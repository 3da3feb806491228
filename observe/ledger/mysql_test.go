package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseMySQL(t *testing.T) {
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
		cfg, limit, err := parseMySQL(c.dsn, 0)
		if c.wrong == "" {
			if err != nil {
				t.Errorf("%s: %v", c.dsn, err)
			} else if limit != DefaultTimeout || cfg.Timeout != limit || cfg.ReadTimeout <= limit || cfg.WriteTimeout != limit {
				t.Errorf("%s: limit %v, timeouts %v %v %v", c.dsn, limit, cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout)
			}
			continue
		}
		wantKind(t, err, BadConfig)
		if !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %q, want one that says %q and keeps the secret", c.dsn, err, c.wrong)
		}
	}
}

// A host is looked up as a target's is.
func TestHostsOfDatabases(t *testing.T) {
	for dsn, want := range map[string]string{
		"root@tcp(bücher.test:3306)/x":       "xn--bcher-kva.test:3306",
		"root@tcp(DB.test.)/x":               "db.test:3306",
		"root@tcp(１２７。0。0。1:3307)/x":         "127.0.0.1:3307",
		"root@tcp([::FFFF:10.0.0.1]:3307)/x": "10.0.0.1:3307",
		"root@unix(/run/BÜCHER.sock)/x":      "/run/BÜCHER.sock",
	} {
		if cfg, _, err := parseMySQL(dsn, 0); err != nil || cfg.Addr != want {
			t.Errorf("%s: %v, %v", dsn, cfg, err)
		}
	}
	_, _, err := parseMySQL("root:hunter2@tcp(..:3306)/x", 0)
	wantKind(t, err, BadConfig)
}

// The scenario's own timeout goes before the data source name's.
func TestHowLongACountMayTake(t *testing.T) {
	for _, c := range []struct {
		dsn         string
		asked, want time.Duration
	}{
		{"root@tcp(db)/x", 0, DefaultTimeout},
		{"root@tcp(db)/x?readTimeout=1m", 0, time.Minute},
		{"root@tcp(db)/x?readTimeout=1m", 2 * time.Second, 2 * time.Second},
		{"root@tcp(db)/x?timeout=1s&writeTimeout=3s", time.Hour, time.Hour},
	} {
		cfg, limit, err := parseMySQL(c.dsn, c.asked)
		if err != nil || limit != c.want || cfg.ReadTimeout <= limit {
			t.Errorf("%s, %v: %v, %v; want %v", c.dsn, c.asked, limit, err, c.want)
		}
		if strings.Contains(c.dsn, "?timeout") && (cfg.Timeout != time.Second || cfg.WriteTimeout != 3*time.Second) {
			t.Errorf("timeouts %v %v do not stay", cfg.Timeout, cfg.WriteTimeout)
		}
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
		cfg, _, err := parseMySQL(before+secret+after, 0)
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q: %v", before+secret+after, err)
			}
		} else if strings.Contains(cfg.Net, secret) {
			t.Errorf("%q: network %q", before+secret+after, cfg.Net)
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
