// Package lab is a small system under test that needs nothing installed: a
// MySQL-protocol database, replicas of a page that writes one row per hit, one
// replica alone and several behind a round-robin proxy.
//
// It behaves like the system of lab/deploy where that matters to somebody who
// measures it. The page answers 200 even when it wrote nothing; the database
// refuses connections beyond its limit; the proxy sends a request again to the
// next replica when one breaks, which may write its row twice. It does not perform
// like that system: how much a replica serves is set by [Options], and [Lab.Words]
// says so.
//
// Every part is a process of its own. A replica can be killed like a container,
// and neither the CPU nor the garbage collection of the system under test is the
// load generator's. All listen on 127.0.0.1 only.
package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
)

// Replica is one process that writes rows.
type Replica struct {
	// Host is 12 hex digits, new at every start, and stands in the column Host of
	// the rows.
	Host string
	// URL goes to this replica directly, past the proxy.
	URL string
	Pid int
}

// Lab is a running system.
type Lab struct {
	options  Options
	mysql    string // host:port
	cluster  string // host:port
	single   Replica
	replicas []Replica

	children []*process // all of them
	behind   []*process // the replicas behind the proxy
	close    func() error
}

// Start brings a lab up and returns when all of it answers. ctx bounds the start;
// the lab stays up until [Lab.Close], or until the calling process ends, by
// whatever means.
func Start(ctx context.Context, options Options) (*Lab, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	l := &Lab{options: options}
	l.close = sync.OnceValue(l.stop)
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, child := range l.children {
		if err := child.awaitReady(ctx); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// start starts every child. All sockets are open before the first child runs, so
// that a port that is taken starts nothing, the children come up side by side and
// none has to wait for another's address.
func (l *Lab) start() error {
	o := l.options
	mysql, err := listen("database", o.Ports.MySQL)
	if err != nil {
		return err
	}
	defer mysql.Close()
	single, err := listen("single replica", o.Ports.Single)
	if err != nil {
		return err
	}
	defer single.Close()
	cluster, err := listen("proxy", o.Ports.Cluster)
	if err != nil {
		return err
	}
	defer cluster.Close()

	l.mysql, l.cluster = mysql.Addr().String(), cluster.Addr().String()
	if _, err := l.child("database", mysql, childConfig{Database: &databaseConfig{MaxConnections: o.MaxConnections}}); err != nil {
		return err
	}
	if l.single, _, err = l.replica(-1, single); err != nil {
		return err
	}
	proxy := proxyConfig{Connections: o.ProxyConnections}
	for i := range o.Replicas {
		listener, err := listen("replica", 0)
		if err != nil {
			return err
		}
		replica, child, err := l.replica(i, listener)
		if err != nil {
			return err
		}
		l.replicas = append(l.replicas, replica)
		l.behind = append(l.behind, child)
		proxy.Upstreams = append(proxy.Upstreams, address(replica))
	}
	_, err = l.child("proxy", cluster, childConfig{Proxy: &proxy})
	return err
}

func listen(name string, port int) (*net.TCPListener, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}
	return l, nil
}

func address(r Replica) string { return strings.TrimPrefix(r.URL, "http://") }

// replica starts a replica on a socket; i is its number behind the proxy, -1 for
// the single one.
func (l *Lab) replica(i int, listener *net.TCPListener) (Replica, *process, error) {
	host := newHost()
	child, err := l.child("replica "+host, listener, childConfig{Replica: &replicaConfig{
		Host:       host,
		Database:   l.mysql,
		Workers:    l.options.Workers,
		Service:    l.options.Faults.slowed(i, l.options.Service),
		DropInsert: l.options.Faults.DropInsert,
		Seed:       l.options.Seed + uint64(i+1),
	}})
	if err != nil {
		return Replica{}, nil, err
	}
	return Replica{Host: host, URL: "http://" + listener.Addr().String(), Pid: child.cmd.Process.Pid}, child, nil
}

func (l *Lab) child(name string, listener *net.TCPListener, config childConfig) (*process, error) {
	child, err := startProcess(name, l.options.Exec, config, listener, l.options.Log)
	if err != nil {
		return nil, err
	}
	l.children = append(l.children, child)
	return child, nil
}

// newHost is a name as Docker gives it: the beginning of a random container id.
func newHost() string {
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// Single is the URL of the replica that stands alone.
func (l *Lab) Single() string { return l.single.URL }

// Cluster is the URL of the proxy.
func (l *Lab) Cluster() string { return "http://" + l.cluster }

// SingleReplica is the replica that stands alone.
func (l *Lab) SingleReplica() Replica { return l.single }

// Replicas are those behind the proxy, the killed ones included.
func (l *Lab) Replicas() []Replica { return slices.Clone(l.replicas) }

// DSN is the database for github.com/go-sql-driver/mysql.
func (l *Lab) DSN() string { return databaseAccess(l.mysql).FormatDSN() }

// MySQLCommand is a command for the shell that opens the database.
func (l *Lab) MySQLCommand() string {
	host, port, _ := net.SplitHostPort(l.mysql)
	return fmt.Sprintf("mysql --protocol=TCP --host=%s --port=%s --user=%s --password=%s %s",
		host, port, databaseUser, databasePassword, databaseName)
}

// Kill ends the replica with index i of [Lab.Replicas] with SIGKILL and returns
// when it is gone. Nothing replaces it. Killing it again is no error.
func (l *Lab) Kill(i int) error {
	if i < 0 || i >= len(l.behind) {
		return fmt.Errorf("lab: killing replica %d: there are 0 to %d", i, len(l.behind)-1)
	}
	return l.behind[i].kill()
}

// Close ends every child and returns when all are gone. Requests in flight are
// cut. It may be called more than once, and by several goroutines.
func (l *Lab) Close() error { return l.close() }

func (l *Lab) stop() error {
	for _, child := range l.children {
		child.letGo()
	}
	var errs []error
	for _, child := range l.children {
		errs = append(errs, child.wait())
	}
	return errors.Join(errs...)
}
