package stack

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/deploy"
	"github.com/stress-tool/stress/lab/process"
)

//go:embed files/setup.sql
var setupSQL string

// leastConnections is the least max_connections that MariaDB accepts; it silently
// raises anything less.
const leastConnections = 10

// createDatabase makes the data directory and starts MariaDB on it for the first time.
func (s *Stack) createDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	dir, err := s.partDir("mariadb")
	if err != nil {
		return err
	}
	setup := filepath.Join(dir, "setup.sql")
	if err := render(setup, setupSQL, map[string]string{
		"Database": lab.Database, "User": lab.User, "Password": lab.Password, "Schema": deploy.Schema, "From": s.callers(),
	}); err != nil {
		return err
	}
	install := process.Command{
		Name: "mariadb-install-db", Log: filepath.Join(dir, "install.log"),
		Args: append([]string{
			s.programs.installDB, "--no-defaults", "--datadir=" + filepath.Join(dir, "data"),
			"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
		}, asRoot("--user=root")...),
	}
	if err := install.Run(ctx); err != nil {
		return err
	}
	return s.startMariaDB(ctx, "--init-file="+setup)
}

// StartDatabase starts MariaDB again, on the data it had, and returns when it answers.
func (s *Stack) StartDatabase(ctx context.Context) error {
	if err := s.StopDatabase(); err != nil {
		return err
	}
	return s.startMariaDB(ctx)
}

// startMariaDB runs the server with MariaDB's own defaults, durability included, but
// for what keeps it private. skip-name-resolve: a client on 127.0.0.1 would else be
// taken for localhost and refused.
func (s *Stack) startMariaDB(ctx context.Context, extra ...string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	dir := filepath.Join(s.Dir, "mariadb")
	args := []string{
		s.programs.mariadbd, "--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--tmpdir=" + dir,
		// Relative to the data directory: a socket's path may have 107 bytes at most.
		"--socket=mariadb.sock", "--pid-file=mariadb.pid",
		"--bind-address=" + s.opts.Network.Address, fmt.Sprintf("--port=%d", s.ports.mysql), "--skip-name-resolve",
	}
	if n := s.opts.MaxConnections; n != 0 {
		args = append(args, fmt.Sprintf("--max-connections=%d", n))
	}
	args = append(append(args, asRoot("--user=root")...), extra...)
	p, err := s.command(process.Command{Name: "mariadbd", Log: filepath.Join(dir, "mariadb.log"), Args: args}).Start()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.database = p
	s.mu.Unlock()
	if err := p.Ready(ctx, s.pingDatabase); err != nil {
		return err
	}
	s.logStep("MariaDB on %s", s.MySQL)
	return nil
}

// callers are whom MariaDB lets in: in a namespace that it was entered into whoever gets there, else this
// machine, which calls an address of its own from that very one.
func (s *Stack) callers() string {
	if s.opts.Network.Enter != nil {
		return "%"
	}
	return s.opts.Network.Address
}

// StopDatabase stops MariaDB in order, as `docker stop` does; its data stays.
func (s *Stack) StopDatabase() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.database.Stop(10 * time.Second)
}

// SetMaxConnections changes MariaDB's limit while it runs, until it is stopped. As the
// page's user is root, it may have one connection more.
func (s *Stack) SetMaxConnections(ctx context.Context, n int) error {
	if n < leastConnections {
		return fmt.Errorf("stack: max connections %d: MariaDB allows no fewer than %d", n, leastConnections)
	}
	return s.exec(ctx, fmt.Sprintf("SET GLOBAL max_connections = %d", n))
}

// DropTable removes the table that the page writes.
func (s *Stack) DropTable(ctx context.Context) error { return s.exec(ctx, "DROP TABLE "+lab.Table) }

// CreateTable makes it again, empty; a table that is there is left alone.
func (s *Stack) CreateTable(ctx context.Context) error { return s.exec(ctx, deploy.Schema) }

func (s *Stack) pingDatabase(ctx context.Context) error {
	return s.withDB(func(db *sql.DB) error { return db.PingContext(ctx) })
}

func (s *Stack) exec(ctx context.Context, statement string) error {
	return s.withDB(func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, statement)
		return err
	})
}

// withDB opens a connection for f and closes it: an idle one would count against
// max_connections.
func (s *Stack) withDB(f func(*sql.DB) error) (err error) {
	cfg, err := mysql.ParseDSN(s.DSN())
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	cfg.Timeout, cfg.Logger = 5*time.Second, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := f(db); err != nil {
		return fmt.Errorf("stack: database: %w", err)
	}
	return nil
}

// asRoot is args for a program that must be told when it runs as root, else none.
func asRoot(args ...string) []string {
	if os.Geteuid() != 0 {
		return nil
	}
	return args
}
