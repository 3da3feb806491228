package ledger

import (
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/attack/route"
)

// parseDSN reads a data source name, and says how long a count may take: timeout where
// that is given, else the name's own readTimeout, else [DefaultTimeout].
func parseDSN(dsn string, timeout time.Duration) (*mysql.Config, time.Duration, error) {
	if dsn == "" {
		return nil, 0, badDSN("is empty")
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, 0, badDSN(driverText(err))
	}
	// The driver takes anything before the bracket for a network and would show it
	// when dialing fails: in "root:secret(host)/db", the password.
	if !slices.Contains([]string{"tcp", "tcp4", "tcp6", "unix"}, cfg.Net) {
		return nil, 0, badDSN("names no network, tcp or unix")
	}
	if cfg.Net != "unix" && strings.Contains(cfg.Addr, "@") {
		return nil, 0, badDSN("has the user inside the brackets")
	}
	if host, port, err := net.SplitHostPort(cfg.Addr); err == nil && cfg.Net != "unix" {
		ascii, err := route.ASCIIHost(host)
		if err != nil {
			return nil, 0, badDSN("names no host that can be looked up")
		}
		cfg.Addr = net.JoinHostPort(ascii, port)
	}
	for _, t := range []time.Duration{cfg.ReadTimeout, DefaultTimeout} {
		if timeout <= 0 {
			timeout = t
		}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = timeout
	}
	// A count ends as a whole; while the server counts it sends nothing.
	cfg.ReadTimeout = timeout + 2*grace
	if cfg.WriteTimeout <= 0 {
		cfg.WriteTimeout = timeout
	}
	// In another character set a byte of a name could swallow the back-tick behind it.
	if err := cfg.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, 0, badDSN(driverText(err))
	}
	// Its default writes to standard error.
	cfg.Logger = &mysql.NopLogger{}
	return cfg, timeout, nil
}

func badDSN(text string) *Error {
	return &Error{Kind: BadConfig, Text: "dsn " + text + ": it should look like user:password@tcp(host:port)/database"}
}

// driverText says what the driver finds wrong with a data source name. Its own words
// are passed on only where they are constant: elsewhere they quote what may be a
// piece of the password.
func driverText(err error) string {
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "invalid DSN: "):
		return "is invalid: " + strings.TrimPrefix(text, "invalid DSN: ")
	case strings.HasPrefix(text, "default addr for network"):
		return "names no network, tcp or unix"
	}
	return "has a parameter or a database name that is not understood"
}
