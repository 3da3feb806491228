package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// parseDSN reads a data source name and fills in timeouts that it leaves open.
func parseDSN(dsn string, timeout time.Duration) (*mysql.Config, error) {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	if dsn == "" {
		return nil, badDSN("is empty")
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, badDSN(driverText(err))
	}
	// The driver takes anything before the bracket for a network and would show it
	// when dialing fails: in "root:secret(host)/db", the password.
	if !slices.Contains([]string{"tcp", "tcp4", "tcp6", "unix"}, cfg.Net) {
		return nil, badDSN("names no network, tcp or unix")
	}
	if cfg.Net != "unix" && strings.Contains(cfg.Addr, "@") {
		return nil, badDSN("has the user inside the brackets")
	}
	for _, t := range []*time.Duration{&cfg.Timeout, &cfg.ReadTimeout, &cfg.WriteTimeout} {
		if *t <= 0 {
			*t = timeout
		}
	}
	// Its default writes to standard error.
	cfg.Logger = &mysql.NopLogger{}
	return cfg, nil
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

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_$]{1,64}$`)

// quoteName makes an SQL identifier. Names are held to the characters that MySQL
// allows unquoted: that leaves no way out of the quotes.
func quoteName(name string) (string, error) {
	if !namePattern.MatchString(name) {
		return "", fmt.Errorf("%.80q is no name: use 1 to 64 letters, digits, _ and $", name)
	}
	return "`" + name + "`", nil
}

// quoteTable makes an SQL table name of "table" or "database.table"; the first needs
// a database in the DSN.
func quoteTable(name, database string) (string, error) {
	parts := strings.SplitN(name, ".", 2)
	if len(parts) == 1 && database == "" {
		return "", &Error{Kind: BadConfig, Text: "dsn names no database: end it with /database, or write the table as database.table"}
	}
	for i, part := range parts {
		quoted, err := quoteName(part)
		if err != nil {
			return "", &Error{Kind: BadConfig, Text: "table " + err.Error()}
		}
		parts[i] = quoted
	}
	return strings.Join(parts, "."), nil
}
