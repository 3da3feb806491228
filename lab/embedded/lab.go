// Package embedded is a small system under test that needs nothing installed: a
// MySQL-protocol database, replicas of a page that writes one row per hit, one
// replica alone and several behind a round-robin proxy.
//
// It behaves like the system of lab/deploy where that matters to somebody who
// measures it. The page answers 200 even when it wrote nothing; the database
// refuses connections beyond its limit; the proxy sends a request again to the
// next replica when one breaks, which may write its row twice. It does not perform
// like that system: how much a replica serves is set by [Options], and the words of
// its [lab.System] say so.
//
// Every part is a process of its own. A replica can be killed like a container,
// and neither the CPU nor the garbage collection of the system under test is the
// load generator's. All listen on 127.0.0.1 only.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/control"
	"github.com/stress-tool/stress/lab/docker"
)

// Lab is a running system.
type Lab struct {
	lab.System
	options Options
	proxy   *process
	swarm   *docker.Swarm // of the replicas behind the proxy
	behind  []*process    // those that there were first
	control *control.Server
	orders  orders // to the replicas behind the proxy

	mu       sync.Mutex
	children []*process // all of them
	slots    []*slot    // of the Swarm
}

// Start brings a lab up and returns when all of it answers. ctx bounds the start;
// the lab stays up until it is closed, or until the calling process ends, by
// whatever means.
func Start(ctx context.Context, options Options) (*Lab, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	l := &Lab{options: options}
	l.orders.ills = ills{Slowness: 1, DropInsert: options.Faults.DropInsert}
	l.Words, l.Kill, l.Close = options.words(), l.kill, sync.OnceValue(l.stop)
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, child := range l.children {
		if err := child.awaitReady(ctx); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	if err := errors.Join(l.startSwarm(ctx), l.startControl()); err != nil {
		return nil, errors.Join(err, l.Close())
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

	l.MySQL, l.Single, l.Cluster = mysql.Addr().String(), urlOf(single), urlOf(cluster)
	if _, err := l.child("database", mysql, childConfig{Database: &databaseConfig{MaxConnections: o.MaxConnections}}); err != nil {
		return err
	}
	l.SingleHost = lab.NewHost()
	if _, err := l.replica(-1, l.SingleHost, single); err != nil {
		return err
	}
	if err := l.openSlots(o.Replicas); err != nil {
		return err
	}
	l.proxy, err = l.child("proxy", cluster, childConfig{Proxy: &proxyConfig{Connections: o.ProxyConnections, Upstreams: l.upstreams(o.Replicas)}})
	return err
}

func listen(name string, port int) (*net.TCPListener, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}
	return l, nil
}

func urlOf(l net.Listener) string { return "http://" + l.Addr().String() }

// replicaName begins the name of a replica's process; its host follows.
const replicaName = "replica "

// replica starts a replica on a socket; i is its number behind the proxy, -1 for
// the single one.
func (l *Lab) replica(i int, host string, listener *net.TCPListener) (*process, error) {
	suffers := ills{DropInsert: l.options.Faults.DropInsert}
	if i >= 0 {
		suffers = l.orders.now()
	}
	return l.child(replicaName+host, listener, childConfig{Replica: &replicaConfig{
		Host:     host,
		Database: l.MySQL,
		Workers:  l.options.Workers,
		Service:  l.options.Faults.slowed(i, l.options.Service),
		ills:     suffers,
		Seed:     l.options.Seed + uint64(i+1),
	}})
}

func (l *Lab) child(name string, listener *net.TCPListener, config childConfig) (*process, error) {
	child, err := startProcess(name, l.options.Exec, config, listener, l.options.Log)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.children = append(l.children, child)
	return child, nil
}

// kill ends a replica behind the proxy with SIGKILL, and keeps the Swarm from replacing it.
func (l *Lab) kill(i int) error {
	if i < 0 || i >= len(l.behind) {
		return fmt.Errorf("lab: killing replica %d: there are 0 to %d", i, len(l.behind)-1)
	}
	l.swarm.Abandon(l.Hosts[i])
	return l.behind[i].kill()
}

// stop ends every child. Requests in flight are cut.
func (l *Lab) stop() error {
	errs := []error{l.control.Close()}
	if l.swarm != nil {
		errs = append(errs, l.swarm.Close())
	}
	l.closeSlots()
	for _, child := range l.children {
		child.closeStdin()
	}
	for _, child := range l.children {
		errs = append(errs, child.wait())
	}
	return errors.Join(errs...)
}
