// Package postgres is a real PostgreSQL as a private process: in a directory of its own, on a free
// port of loopback, ended with the program that started it.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/process"
)

// startWithin bounds the start.
const startWithin = 60 * time.Second

// Package is the one of Debian that has the programs.
const Package = "postgresql"

// Options say how the server runs.
type Options struct {
	// Certificate and Key are those of a server that also speaks TLS, PEM; nil is one that does not.
	Certificate, Key []byte
}

// Server is a PostgreSQL that is up, with the lab's user, its password and its database.
type Server struct {
	Address string // host:port

	dir, bin string
	uid, gid int // whom its files belong to; -1 is this program's user
	port     int
	opts     Options
	process  *process.Process
}

// Installed reports that there is a PostgreSQL to start.
func Installed() bool { return programs() != "" }

// programs is the directory of PostgreSQL's newest programs, which Debian keeps out of PATH.
func programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // fails only for a malformed pattern
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // 0 for no number
	return n
}

// Start brings a server up and returns when it answers. ctx bounds the start only.
func Start(ctx context.Context, opts Options) (_ *Server, err error) {
	s := &Server{bin: programs(), opts: opts, uid: -1, gid: -1}
	if s.bin == "" {
		return nil, errors.New("postgres: not installed: as root, run `apt-get install -y --no-install-recommends " + Package + "`")
	}
	if s.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for _, step := range []func(context.Context) error{s.own, s.create, s.Resume, s.createDatabase} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("postgres: %w", err), s.Close())
		}
	}
	return s, nil
}

// own gives the directory to the user that the server runs as, and finds a port. The server refuses
// to run as root.
func (s *Server) own(context.Context) error {
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		var err1, err2 error
		s.uid, err1 = strconv.Atoi(u.Uid)
		s.gid, err2 = strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2, os.Chown(s.dir, s.uid, s.gid)); err != nil {
			return err
		}
	}
	l, err := process.Listen()
	if err != nil {
		return err
	}
	s.Address, s.port = l.Addr().String(), l.Addr().(*net.TCPAddr).Port
	return l.Close()
}

// asServer is a command line of the user that the server runs as.
func asServer(args ...string) []string {
	if os.Geteuid() != 0 {
		return args
	}
	return append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"}, args...)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// create makes the data directory, for the lab's user with its password.
func (s *Server) create(ctx context.Context) error {
	password := filepath.Join(s.dir, "password")
	if err := os.WriteFile(password, []byte(lab.Password+"\n"), 0o644); err != nil {
		return err
	}
	err := process.Command{Name: "initdb", Log: filepath.Join(s.dir, "initdb.log"), Args: asServer(filepath.Join(s.bin, "initdb"),
		"--pgdata="+s.data(), "--username="+lab.User, "--pwfile="+password, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")}.Run(ctx)
	if err != nil || s.opts.Certificate == nil {
		return err
	}
	key := filepath.Join(s.data(), "server.key")
	return errors.Join(
		os.WriteFile(filepath.Join(s.data(), "server.crt"), s.opts.Certificate, 0o644),
		os.WriteFile(key, s.opts.Key, 0o600), os.Chown(key, s.uid, s.gid))
}

// Resume starts the server again, on the data it had, and returns when it answers.
func (s *Server) Resume(ctx context.Context) error {
	args := asServer(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-F",
		"-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", s.port), "-c", "unix_socket_directories="+s.dir)
	if s.opts.Certificate != nil {
		args = append(args, "-c", "ssl=on") // its files have the names that the server looks for
	}
	var err error
	if s.process, err = (process.Command{Name: "postgres", Log: filepath.Join(s.dir, "postgres.log"), Args: args}).Start(); err != nil {
		return err
	}
	return s.process.Ready(ctx, func(ctx context.Context) error { return s.Execute(ctx, "postgres", "SELECT 1") })
}

func (s *Server) createDatabase(ctx context.Context) error {
	return s.Execute(ctx, "postgres", "CREATE DATABASE "+lab.Database)
}

// DSN is the lab's database for the lab's user.
func (s *Server) DSN() string { return s.dsn(lab.Database) }

func (s *Server) dsn(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(lab.User, lab.Password), Host: s.Address, Path: "/" + database}
	return u.String()
}

// Directory is where its unix socket is.
func (s *Server) Directory() string { return s.dir }

// Execute carries out statements in a database, one after the other.
func (s *Server) Execute(ctx context.Context, database string, statements ...string) (err error) {
	cfg, err := pgx.ParseConfig(s.dsn(database))
	if err != nil {
		return err
	}
	db := sql.OpenDB(stdlib.GetConnector(*cfg))
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%.80s: %w", strings.TrimSpace(statement), err)
		}
	}
	return nil
}

// Stop stops the server in order; its data stays.
func (s *Server) Stop() error { return s.process.Stop(10 * time.Second) }

// Close ends the server and removes its data.
func (s *Server) Close() error {
	if err := errors.Join(s.Stop(), os.RemoveAll(s.dir)); err != nil {
		return fmt.Errorf("postgres: closing: %w", err)
	}
	return nil
}
