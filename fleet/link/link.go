// Package link is how the members of a fleet reach their broker: the connection, who may be on it, and the
// buckets that all of them share.
package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/wire"
)

// Options are how to reach a broker. URL must be given.
type Options struct {
	// URL is nats://HOST:PORT, or tls://HOST:PORT; it may hold a user and a password.
	URL string
	// Name is what the broker calls the connection.
	Name string
	// User and Password, or the file Nkey with the seed of a key, say who is there; "" is nobody.
	User, Password, Nkey string
	// CA is a file with who may sign the broker's certificate; "" is the system's. With it TLS is required.
	CA string
	// Once makes a broker that does not answer an error; else it is waited for.
	Once bool
}

// Dial connects to a broker. The connection is made again whenever it is lost, to that broker and no other: one that
// others tell of without TLS would be sent the password of this one.
func Dial(o Options) (*nats.Conn, error) {
	if err := Check(o.URL); err != nil {
		return nil, err
	}
	opts := []nats.Option{
		nats.Name(o.Name), nats.MaxReconnects(-1), nats.Timeout(5 * time.Second),
		nats.CustomReconnectDelay(func(int) time.Duration { return wire.Renew / 2 }),
		nats.PingInterval(wire.TTL / 3), nats.MaxPingsOutstanding(2), // a broker that is silent is left
		nats.ReconnectBufSize(-1), // what is late is sent anew, by whoever sent it
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
	switch {
	case o.Nkey != "":
		if _, err := os.Stat(o.Nkey); err != nil {
			return nil, err
		}
		key, err := nats.NkeyOptionFromSeed(o.Nkey)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: it must hold the seed of a user's key, as `stress fleet key` makes it", o.Nkey, err)
		}
		opts = append(opts, key)
	case o.User != "":
		opts = append(opts, nats.UserInfo(o.User, o.Password))
	}
	if o.CA != "" {
		if _, err := os.Stat(o.CA); err != nil {
			return nil, err
		}
		opts = append(opts, nats.RootCAs(o.CA))
	}
	if o.CA == "" && !strings.HasPrefix(o.URL, "tls:") {
		opts = append(opts, nats.IgnoreDiscoveredServers())
	}
	c, err := nats.Connect(o.URL, append(opts, nats.RetryOnFailedConnect(false))...)
	if err != nil && !o.Once && !stranger(err) { // a connection that waits does not tell why
		c, err = nats.Connect(o.URL, append(opts, nats.RetryOnFailedConnect(true))...)
	}
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", Shown(o.URL), advised(err))
	}
	return c, nil
}

// Check returns why a text is no address of a broker. The error shows no password.
func Check(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Host == "" || strings.Contains(text, ",") {
		return fmt.Errorf("broker %s: is no address of a NATS server: want nats://HOST:PORT or tls://HOST:PORT", Shown(text))
	}
	return nil
}

// Ended is why a connection is not made again: the broker lets nobody in as this one, or is not who it should be. It is
// nil while there is one, or may be.
func Ended(c *nats.Conn) error {
	err := c.LastError()
	if !c.IsClosed() && !stranger(err) {
		return nil
	}
	return fmt.Errorf("broker: %w", advised(cmp.Or(err, nats.ErrConnectionClosed)))
}

// Shown is the URL of a broker without a password.
func Shown(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || strings.Contains(text, ",") {
		return text[strings.LastIndex(text, "@")+1:]
	}
	u.User = nil
	return u.String()
}

// Private reports that nobody on the way to the broker can read what is sent: over TLS that was asked for, over
// the loopback of this machine, or within this process. A tunnel that begins on this machine is the loopback to it:
// whoever digs one sees to it that nobody reads it. The state of the connection is not asked for: it
// is read without a lock there while the connection is made again.
func Private(c *nats.Conn) bool {
	if c.Opts.TLSConfig != nil { // by tls:// or an authority, before the first connection
		return true
	}
	host, _, err := net.SplitHostPort(c.ConnectedAddr())
	if err != nil {
		return c.ConnectedAddr() == "pipe" // within this process
	}
	at, err := netip.ParseAddr(host)
	return err == nil && at.IsLoopback()
}

// Buckets are those of the leases and of what was started. They are made if there are none.
func Buckets(ctx context.Context, js jetstream.JetStream) (leases, started jetstream.KeyValue, err error) {
	leases, err = bucket(ctx, js, jetstream.KeyValueConfig{Bucket: wire.Agents, TTL: wire.TTL, Description: "who of a fleet is alive"})
	if err != nil {
		return nil, nil, err
	}
	started, err = bucket(ctx, js, jetstream.KeyValueConfig{Bucket: wire.Started, TTL: wire.KeptFor, Description: "what was started, so that nothing is started twice"})
	return leases, started, err
}

// Calibrations are the newest of every agent. The bucket is made if there is none.
func Calibrations(ctx context.Context, js jetstream.JetStream) (jetstream.KeyValue, error) {
	return bucket(ctx, js, jetstream.KeyValueConfig{Bucket: wire.Calibrations, Description: "what agents can send"})
}

// Measured is what such a bucket has of an agent, of each engine at most once. What is no calibration is left out.
func Measured(ctx context.Context, kept jetstream.KeyValue, agent string) (all []calibration.Record, err error) {
	for _, engine := range []string{"rawhttp", "nethttp"} {
		e, err := kept.Get(ctx, wire.CalibrationKey(agent, engine))
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		if r, err := calibration.Parse(e.Value()); err == nil && r.Agent == agent {
			all = append(all, r)
		}
	}
	return all, nil
}

// Lease is one that an agent holds.
type Lease struct {
	wire.Hello
	// Age is the time since it was renewed, by the broker's clock.
	Age time.Duration
}

// Leases are those that agents hold, by their names. What is no lease is left out.
func Leases(ctx context.Context, leases jetstream.KeyValue) ([]Lease, error) {
	keys, err := leases.ListKeysFiltered(ctx, wire.AgentKey("*"))
	if err != nil {
		return nil, err
	}
	var all []Lease
	var renewed []time.Time
	for key := range keys.Keys() {
		e, err := leases.Get(ctx, key)
		if err != nil {
			continue // it ended meanwhile
		}
		h, err := wire.Decode[wire.Hello](e.Value())
		if err == nil && wire.AgentKey(h.Name) == key {
			all, renewed = append(all, Lease{Hello: h}), append(renewed, e.Created())
		}
	}
	status, err := leases.Status(ctx)
	if err != nil {
		return nil, err
	}
	if s, ok := status.(*jetstream.KeyValueBucketStatus); ok {
		for i := range all {
			all[i].Age = max(0, s.StreamInfo().TimeStamp.Sub(renewed[i]))
		}
	}
	slices.SortFunc(all, func(a, b Lease) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// bucket waits until the broker has a bucket: it may be starting.
func bucket(ctx context.Context, js jetstream.JetStream, c jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	for {
		kv, err := js.KeyValue(ctx, c.Bucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			kv, err = js.CreateKeyValue(ctx, c)
		}
		if most := js.Conn().MaxPayload(); err == nil && most < wire.Payload {
			return nil, fmt.Errorf("broker %s: takes %d KiB in one message, and those of a fleet have up to %d: set its max_payload to %d", Shown(js.Conn().ConnectedUrl()), most>>10, wire.Payload>>10, wire.Payload)
		}
		if err == nil {
			return kv, nil
		}
		if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
			return nil, fmt.Errorf("broker %s: %w: start it with JetStream, as `nats-server -js` does", Shown(js.Conn().ConnectedUrl()), err)
		}
		if err := Ended(js.Conn()); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("broker %s: %w", cmp.Or(Shown(js.Conn().ConnectedUrl()), "of the fleet"), err)
		case <-time.After(wire.Renew):
		}
	}
}
