// Package dsn reads where a ledger's rows are, as a person writes it: the name of a database, and a
// query. It connects to nothing.
package dsn

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/attack/route"
)

// Name is a data source name, read.
type Name struct {
	// Postgres tells a database of PostgreSQL from one of MySQL's protocol.
	Postgres bool
	// Network and Address are where it is: tcp and host:port, or unix and a path.
	Network, Address         string
	User, Password, Database string
	// Parameters are those of a PostgreSQL name.
	Parameters url.Values
}

// The schemes of PostgreSQL's names, and what a name of each database looks like.
const (
	postgresScheme = "postgres"
	postgresLong   = "postgresql"
	FormMySQL      = "user:password@tcp(host:3306)/database"
	FormPostgres   = "postgres://user:password@host:5432/database"
)

// PostgresPort is the port of a PostgreSQL name that has none.
const PostgresPort = "5432"

// PostgresParameters are those that a name of PostgreSQL may have. User and password are none of
// them: they stand before the @ alone, where they are found and hidden.
var PostgresParameters = []string{
	"sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation", "channel_binding", "require_auth",
	"connect_timeout", "target_session_attrs", "application_name", "search_path", "options", "host",
}

// IsPostgres reports that a data source name is one of PostgreSQL: a URL.
func IsPostgres(written string) bool {
	scheme, _, is := strings.Cut(written, "://")
	return is && (scheme == postgresScheme || scheme == postgresLong)
}

// Parse reads a data source name: go-sql-driver/mysql's, or a URL of PostgreSQL. No error quotes
// what was written, for it may be a piece of the password.
func Parse(written string) (Name, error) {
	if IsPostgres(written) {
		return parsePostgres(written)
	}
	c, err := mysql.ParseDSN(written)
	if err != nil {
		return Name{}, err
	}
	return Name{Network: c.Net, Address: c.Addr, User: c.User, Password: c.Passwd, Database: c.DBName}, nil
}

// Credentials are user and password of a data source name, whatever else may be wrong with it; "" for
// what it does not have.
func Credentials(written string) (user, password string) {
	if !IsPostgres(written) {
		n, _ := Parse(written)
		return n.User, n.Password
	}
	if u, err := url.Parse(written); err == nil {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	return user, password
}

// String is where the database is, without user and password.
func (n Name) String() string {
	switch {
	case !n.Postgres:
		return n.Network + "(" + n.Address + ")/" + n.Database
	case n.Network == "unix":
		return postgresScheme + ":" + n.Address + "/" + n.Database
	}
	return postgresScheme + "://" + n.Address + "/" + n.Database
}

func parsePostgres(written string) (Name, error) {
	u, err := url.Parse(written)
	if err != nil {
		return Name{}, errors.New("is no URL: a character of the password such as / or # is written %2F, %23")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Fragment != "" {
		return Name{}, errors.New("has parameters that cannot be read")
	}
	for name, values := range q {
		if !slices.Contains(PostgresParameters, name) {
			return Name{}, errors.New("has a parameter that is not understood: there are " + strings.Join(PostgresParameters, ", "))
		}
		if len(values) > 1 {
			return Name{}, errors.New("has a parameter twice")
		}
	}
	n := Name{Postgres: true, Network: "tcp", User: u.User.Username(), Database: strings.TrimPrefix(u.Path, "/"), Parameters: q}
	n.Password, _ = u.User.Password()
	port := cmp.Or(u.Port(), PostgresPort)
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return Name{}, errors.New("names no port: there are 1 to 65535")
	}
	socket := q.Get("host")
	switch {
	case n.User == "":
		return Name{}, errors.New("names no user")
	case strings.Contains(n.Database, "/"):
		return Name{}, errors.New("has a / in the name of its database")
	case socket != "" && (u.Hostname() != "" || !strings.HasPrefix(socket, "/")):
		return Name{}, errors.New("has a parameter host, which is for the directory of a unix socket and stands instead of a host")
	case socket != "":
		n.Network, n.Address = "unix", path.Join(socket, ".s.PGSQL."+port)
		q.Set("port", port)
		return n, nil
	case strings.Contains(u.Host, ","):
		return Name{}, errors.New("names several hosts: rows are counted at one")
	}
	host, err := route.ASCIIHost(u.Hostname())
	if err != nil || host == "" {
		return Name{}, errors.New("names no host that can be looked up")
	}
	n.Address = net.JoinHostPort(host, port)
	return n, nil
}
