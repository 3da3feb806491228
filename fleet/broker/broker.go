// Package broker is a NATS server with JetStream within this process: for a run whose agents are processes of
// this machine, and for a fleet of several that has no NATS server yet.
package broker

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/stress-tool/stress/fleet/link"
)

// Options are where a broker listens, and who is let in. Listen and Dir must be given.
type Options struct {
	// Listen is HOST:PORT; port 0 is any that is free.
	Listen string
	// Dir is where streams are kept. It is made if it is not there, and one broker at a time has it.
	Dir string
	// User and Password, and who has the seed of one of Keys, the public keys of users, are let in. If there
	// are neither, everybody is.
	User, Password string
	Keys           []string
	// TLS is that of the broker; nil is none.
	TLS *tls.Config
	// Say is told of errors; nil tells nobody.
	Say func(string)
}

// Broker is a server.
type Broker struct {
	server *server.Server
	host   string // as it was asked for
	tls    bool
	ends   []func() error
	// User and Password let others in.
	User, Password string
}

// readyWithin is how long a server may take to begin: it reads its streams first.
const readyWithin = 30 * time.Second

// Start starts a server on a free port of the loopback, which only who knows its password may use. It keeps its
// streams in a directory of its own until it ends. Of a program that was killed the next one removes it.
func Start() (*Broker, error) {
	removeLeft()
	dir, err := os.MkdirTemp("", own)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b, err := Open(Options{Listen: "127.0.0.1:0", Dir: dir, User: "stress", Password: rand.Text()})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	b.ends = append(b.ends, func() error { return os.RemoveAll(dir) })
	return b, nil
}

// Open starts a server.
func Open(o Options) (_ *Broker, err error) {
	b := &Broker{User: o.User, Password: o.Password, tls: o.TLS != nil}
	defer func() {
		if err != nil {
			err = fmt.Errorf("broker: %w", errors.Join(err, b.Close()))
		}
	}()
	c, err := o.server()
	if err != nil {
		return nil, err
	}
	if err := b.claim(o.Dir); err != nil {
		return nil, err
	}
	b.host = c.Host
	if b.server, err = server.NewServer(c); err != nil {
		return nil, err
	}
	l := &log{say: o.Say}
	b.server.SetLogger(l, false, false)
	b.server.Start()
	for until := time.Now().Add(readyWithin); !b.server.ReadyForConnections(100 * time.Millisecond); {
		if text := l.fatal(); text != "" {
			return nil, errors.New(text)
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("did not begin within %v", readyWithin)
		}
	}
	return b, nil
}

// server are the options in the terms of NATS.
func (o Options) server() (*server.Options, error) {
	host, text, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is no port", o.Listen, text)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	c := &server.Options{
		ServerName: "stress", Host: host, Port: int(port), JetStream: true, StoreDir: o.Dir,
		NoSigs: true, NoSystemAccount: true, TLSConfig: o.TLS, TLSTimeout: 5,
	}
	if port == 0 {
		c.Port = server.RANDOM_PORT
	}
	if o.User != "" {
		c.Users = []*server.User{{Username: o.User, Password: o.Password}}
	}
	for _, key := range o.Keys {
		if !nkeys.IsValidPublicUserKey(key) {
			return nil, fmt.Errorf("%q is no public key of a user: it has 56 letters and digits, a U first", key)
		}
		c.Nkeys = append(c.Nkeys, &server.NkeyUser{Nkey: key})
	}
	return c, nil
}

// lockFile is held by the broker that has a directory.
const lockFile = "lock"

// claim has a directory for this broker alone.
func (b *Broker) claim(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	b.ends = append(b.ends, f.Close)
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s: another broker has this directory", dir)
	} else if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// URL is the address of the server, without a password.
func (b *Broker) URL() string {
	scheme := "nats"
	if b.tls {
		scheme = "tls"
	}
	_, port, _ := net.SplitHostPort(b.server.Addr().String())
	return (&url.URL{Scheme: scheme, Host: net.JoinHostPort(b.host, port)}).String()
}

// Link is how to reach the server.
func (b *Broker) Link(name string) link.Options {
	return link.Options{URL: b.URL(), Name: name, User: b.User, Password: b.Password}
}

// Close ends the server.
func (b *Broker) Close() error {
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	var errs []error
	for _, end := range b.ends {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}
