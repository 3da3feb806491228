package swarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
)

// checkAddress is an error for what is no address of a Docker engine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return err
	case u.Scheme == "unix" && strings.HasPrefix(u.Path, "/") && u.Host == "":
		return nil
	case u.Scheme == "tcp" && u.Port() != "" && u.Path == "":
		return nil
	case u.Scheme == "ssh" && u.Hostname() != "" && u.Path == "" && !strings.HasPrefix(u.Hostname(), "-"):
		return nil
	}
	return errors.New("is no address of a Docker engine, such as unix:///var/run/docker.sock, tcp://10.0.0.4:2375 or ssh://user@10.0.0.4")
}

// engine is one daemon, which is only read.
type engine struct {
	address string
	docker  *client.Client
	timeout time.Duration // of one reading

	mu     sync.Mutex
	name   string // of its node, "" while it has not answered
	node   string // the id of its node
	offset time.Duration
}

// newEngine connects to nothing yet.
func newEngine(address string, cfg Config) (*engine, error) {
	c, err := reader(address, cfg)
	if err != nil {
		return nil, err
	}
	e := &engine{address: address, docker: c, timeout: callTimeout}
	if strings.HasPrefix(address, "ssh:") {
		e.timeout = sshTimeout
	}
	return e, nil
}

// Connect makes a client of an engine by its address, one of those that [Config.Docker] takes, and
// connects to nothing yet. It takes TLS and Control from the configuration.
func Connect(address string, cfg Config, options ...client.Opt) (*client.Client, error) {
	if err := checkAddress(address); err != nil {
		return nil, fmt.Errorf("%q %w", address, err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	host := u.String()
	if u.Scheme == "ssh" { // which the client does not know
		host = "tcp://docker.invalid:80"
	}
	// WithHost comes first: it sets a dialer of its own.
	return client.New(append([]client.Opt{client.WithHost(host), client.WithDialContext(dialerOf(u, cfg)), client.WithScheme("http")}, options...)...)
}

// HTTPClient speaks HTTP to whatever listens at a unix:// or tcp:// address, as the client of an
// engine there does. The host of a URL does not matter to it.
func HTTPClient(address string, cfg Config) (*http.Client, error) {
	if err := checkAddress(address); err != nil {
		return nil, fmt.Errorf("%q %w", address, err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	dial := dialerOf(u, cfg)
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, u.Host)
	}}}, nil
}

// reader is a client that only reads.
func reader(address string, cfg Config) (*client.Client, error) {
	return Connect(address, cfg, client.WithHTTPRequestHook(readsOnly))
}

// readsOnly refuses every request that could change something.
func readsOnly(r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return fmt.Errorf("%s %s would change the cluster: a watcher only reads", r.Method, r.URL.Path)
	}
	return nil
}

// words name an engine: by its node where that is known.
func (e *engine) words() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return cmp.Or(e.name, e.address)
}

// id is that of the engine's node.
func (e *engine) id() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.node
}

// Clock is how far the clock of an engine is ahead of ours.
type Clock struct {
	Node   string
	Offset time.Duration // the engine's time less ours
	Within time.Duration // how far the offset may be off
}

// probes is how often an engine is asked for its time: the quickest answer bounds it best.
const probes = 5

// meet asks an engine who it is and what time it has.
func (e *engine) meet(ctx context.Context) (Clock, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	var c Clock
	for i := range probes {
		sent := time.Now()
		answer, err := e.docker.Info(ctx, client.InfoOptions{})
		took := time.Since(sent)
		if err != nil {
			return c, err
		}
		theirs, err := time.Parse(time.RFC3339Nano, answer.Info.SystemTime)
		if err != nil {
			return c, fmt.Errorf("time of %s: %w", e.address, err)
		}
		if i == 0 || took/2 < c.Within {
			c = Clock{Node: answer.Info.Name, Offset: theirs.Sub(sent.Add(took / 2)), Within: took / 2}
		}
		e.mu.Lock()
		e.name, e.node, e.offset = c.Node, answer.Info.Swarm.NodeID, c.Offset
		e.mu.Unlock()
	}
	return c, nil
}

// ours is an instant of the engine's clock by ours, once the engine has been met.
func (e *engine) ours(t time.Time) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return t.Add(-e.offset)
}
