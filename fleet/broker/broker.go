// Package broker is a NATS server within this process, for a run whose agents are processes of this machine.
package broker

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/stress-tool/stress/fleet/link"
)

// Broker is a server with JetStream, on a free port of the loopback. Only who knows its password is let in.
type Broker struct {
	server *server.Server
	dir    string
	// User and Password let others in.
	User, Password string
}

// readyWithin is how long a server may take to begin.
const readyWithin = 10 * time.Second

// Start starts a server, which keeps its streams in a directory of its own until it ends.
func Start() (*Broker, error) {
	dir, err := os.MkdirTemp("", "stress-broker-")
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b := &Broker{dir: dir, User: "stress", Password: rand.Text()}
	b.server, err = server.NewServer(&server.Options{
		ServerName: "stress", Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: b.User, Password: b.Password,
		JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true, NoSystemAccount: true,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("broker: %w", err), os.RemoveAll(dir))
	}
	b.server.Start()
	if !b.server.ReadyForConnections(readyWithin) {
		b.Close()
		return nil, errors.New("broker: did not begin")
	}
	return b, nil
}

// URL is the address of the server, without a password.
func (b *Broker) URL() string {
	return (&url.URL{Scheme: "nats", Host: b.server.Addr().String()}).String()
}

// Link is how to reach the server.
func (b *Broker) Link(name string) link.Options {
	return link.Options{URL: b.URL(), Name: name, User: b.User, Password: b.Password}
}

// Close ends the server.
func (b *Broker) Close() error {
	b.server.Shutdown()
	b.server.WaitForShutdown()
	return os.RemoveAll(b.dir)
}
