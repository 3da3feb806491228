// Package stack runs the real system under test as private processes: MariaDB, Apache
// with PHP for each replica, and nginx as the balancer, all on loopback ports, from
// configuration and data of their own. Nothing of the machine's own servers is touched.
//
// Each Apache lives in a UTS namespace of its own and so has its own host name, twelve
// hexadecimal digits like a container's, which the page writes into column Host.
//
// No process outlives the program that started it, whatever ends that program.
// Linux only. Needs root, or a kernel that lets users make user namespaces.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/process"
)

// startWithin bounds the start of each part; a healthy machine needs about 3 s for all.
const startWithin = 60 * time.Second

// Options say what to start. The zero value is three replicas on free ports.
type Options struct {
	// Dir is where configuration, data and logs go. It must be empty or absent, and
	// stays after Close; "" takes a temporary one, which does not. As root, every
	// user must be able to reach it: Apache's workers run as www-data.
	Dir      string
	Replicas int // Apaches behind nginx; 0 is 3
	// MaxConnections is MariaDB's limit, at least 10; 0 is its default, 151.
	MaxConnections int
	Ports          lab.Ports
	// Network is where the servers listen; nil is 127.0.0.1.
	Network *Network
	Log     io.Writer // a line per step; nil for none
}

// Network is a network namespace for the servers, and whose replicas nginx deals requests to.
// In a namespace every port is free: those of [Options] that are 0 are the catalogue's.
type Network struct {
	// Address is where the servers listen. It must be of the namespace, and this program
	// must reach it.
	Address string
	// Enter is a command that runs another one in the namespace: nsenter --net=FILE.
	Enter []string
	// Upstreams are the host:port of replicas that stand elsewhere: the stack then runs none
	// of its own, and its nginx starts by StartProxy once those answer.
	Upstreams []string
	// Tries is a file for a line per answer of that nginx: the status, and address and status of
	// every replica that it tried, with ", " between them.
	Tries string
}

// Stack is a running system, whose parts can be stopped and started one by one. Its methods
// may be called from several goroutines.
type Stack struct {
	lab.System
	Dir string

	programs programs
	opts     Options
	ports    ports
	temp     bool // Dir goes with Close

	mu       sync.Mutex // guards Log and the processes
	database *process.Process
	proxy    *process.Process
	single   *process.Process
	replicas []*process.Process
}

// Start brings a stack up and returns when every part answers. ctx bounds the start
// only. An error says which part failed, with the end of its log, and leaves nothing
// running.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("stack: the real servers need Linux, this is %s: the embedded lab runs here", runtime.GOOS)
	}
	if missing := Missing(); len(missing) > 0 {
		return nil, &MissingError{Packages: missing}
	}
	if opts.Network == nil {
		opts.Network = &Network{Address: "127.0.0.1"}
	}
	if opts.Replicas == 0 && opts.Network.Upstreams == nil {
		opts.Replicas = lab.DefaultReplicas
	}
	if opts.Replicas < 0 {
		return nil, fmt.Errorf("stack: %d replicas: give at least 1", opts.Replicas)
	}
	if n := opts.MaxConnections; n != 0 && n < leastConnections {
		return nil, fmt.Errorf("stack: max connections %d: MariaDB allows no fewer than %d", n, leastConnections)
	}
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	s := &Stack{opts: opts, programs: findPrograms()}
	s.Words = []string{"MariaDB, Apache with PHP and nginx, as private processes on loopback."}
	s.Kill, s.Close = s.kill, s.stop
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("stack: %w", err), s.Close())
	}
	began := time.Now()
	if err := s.startAll(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("stack: %w", err), s.Close())
	}
	s.logStep("up in %.1f s", time.Since(began).Seconds())
	return s, nil
}

// prepare fixes directory, ports and names.
func (s *Stack) prepare() (err error) {
	if s.Dir, s.temp, err = workDir(s.opts.Dir); err != nil {
		return err
	}
	if s.opts.Network.Enter != nil {
		s.ports = namespacePorts(s.opts.Ports, s.opts.Replicas)
	} else if s.ports, err = choosePorts(s.opts.Ports, s.opts.Replicas); err != nil {
		return err
	}
	address := s.address
	s.MySQL, s.Single, s.Cluster = address(s.ports.mysql), "http://"+address(s.ports.single), "http://"+address(s.ports.cluster)
	s.SingleHost = lab.NewHost()
	for _, p := range s.ports.replicas {
		s.Hosts, s.Replicas = append(s.Hosts, lab.NewHost()), append(s.Replicas, "http://"+address(p))
	}
	s.replicas = make([]*process.Process, s.opts.Replicas)
	// Apache's workers write here, whoever they run as.
	return errors.Join(os.Mkdir(s.sessions(), 0o777), os.Chmod(s.sessions(), 0o1777))
}

// address is host:port of one of the servers.
func (s *Stack) address(port int) string {
	return net.JoinHostPort(s.opts.Network.Address, strconv.Itoa(port))
}

// command is c where the servers listen.
func (s *Stack) command(c process.Command) process.Command {
	c.Args = slices.Concat(s.opts.Network.Enter, c.Args)
	return c
}

// startAll starts the parts side by side: none needs another to start.
func (s *Stack) startAll(ctx context.Context) error {
	starts := []func(context.Context) error{
		s.createDatabase,
		func(ctx context.Context) (err error) {
			s.single, err = s.startApache(ctx, "single", s.SingleHost, s.ports.single)
			return err
		},
	}
	for i, host := range s.Hosts {
		starts = append(starts, func(ctx context.Context) (err error) {
			s.replicas[i], err = s.startApache(ctx, fmt.Sprintf("web-%d", i+1), host, s.ports.replicas[i])
			return err
		})
	}
	errs := make([]error, len(starts))
	var wg sync.WaitGroup
	for i, start := range starts {
		wg.Go(func() { errs[i] = start(ctx) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if s.opts.Network.Upstreams != nil {
		return nil
	}
	return s.StartProxy(ctx)
}

// stop ends every process and removes a temporary directory.
func (s *Stack) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range append([]*process.Process{s.proxy, s.single, s.database}, s.replicas...) {
		errs = append(errs, p.Kill())
	}
	s.proxy, s.single, s.database, s.replicas = nil, nil, nil, nil
	if s.temp {
		errs = append(errs, os.RemoveAll(s.Dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stack: closing: %w", err)
	}
	return nil
}

// kill ends the i-th Apache behind nginx, with all its workers.
func (s *Stack) kill(i int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i < 0 || i >= len(s.replicas) {
		return fmt.Errorf("stack: no replica %d: there are %d", i, len(s.replicas))
	}
	return s.replicas[i].Kill()
}

func (s *Stack) logStep(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.opts.Log, "stack: "+format+"\n", args...)
}

// workDir makes dir, or a temporary one for "", and checks that it is empty.
func workDir(dir string) (path string, temp bool, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "stack-"); err != nil {
			return "", false, err
		}
		// MkdirTemp's 0700 would lock out Apache's workers.
		return dir, true, os.Chmod(dir, 0o755)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", false, err
	}
	if err = os.MkdirAll(dir, 0o755); err != nil {
		return "", false, err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: choose another directory", dir)
	}
	if err == nil && strings.ContainsAny(dir, "\"\n\\") {
		err = fmt.Errorf("%q: a path with quotes, backslashes or line breaks cannot stand in the configuration", dir)
	}
	return dir, false, err
}

// ports are the chosen ports.
type ports struct {
	single, cluster, mysql int
	replicas               []int
}

// namespacePorts are ports in a namespace where nobody else listens.
func namespacePorts(want lab.Ports, replicas int) ports {
	p := ports{
		single:  cmp.Or(want.Single, lab.CataloguePorts.Single),
		cluster: cmp.Or(want.Cluster, lab.CataloguePorts.Cluster),
		mysql:   cmp.Or(want.MySQL, lab.CataloguePorts.MySQL),
	}
	for i := range replicas {
		p.replicas = append(p.replicas, firstReplicaPort+i)
	}
	return p
}

// firstReplicaPort is that of the first Apache behind nginx in a namespace.
const firstReplicaPort = 20_000

// choosePorts checks the ports that are asked for and finds free ones for the rest.
func choosePorts(want lab.Ports, replicas int) (ports, error) {
	var held []net.Listener // until all are chosen, so that none is chosen twice
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	var failed error
	choose := func(port int) int {
		l, err := listen(port)
		if err != nil {
			failed = errors.Join(failed, err)
			return 0
		}
		held = append(held, l)
		return l.Addr().(*net.TCPAddr).Port
	}
	p := ports{single: choose(want.Single), cluster: choose(want.Cluster), mysql: choose(want.MySQL)}
	for range replicas {
		p.replicas = append(p.replicas, choose(0))
	}
	return p, failed
}

// listen takes port, or a free one for 0.
func listen(port int) (net.Listener, error) {
	if port == 0 {
		return process.Listen()
	}
	l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("port %d: %w: stop what listens there, or ask for another port", port, err)
	}
	return l, nil
}
