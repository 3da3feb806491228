package link_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/internal/authority"
)

// What is no address of a broker is refused as it was typed, but for what is secret in it.
func TestAddresses(t *testing.T) {
	for text, shown := range map[string]string{
		"nats://me:topsecret@bad host:4222":             "bad host:4222",
		"nats://me:topsecret@h:port":                    "h:port",
		"nats://me:topsecret@a:1,nats://me:topsecret@b": "b",
		"http://me:topsecret@h":                         "http://h",
		"ws://me:topsecret@h":                           "ws://h",
		"h:4222":                                        "h:4222",
		"me:topsecret@h:4222":                           "h:4222",
		"":                                              "",
		"nats://":                                       "nats://",
		"nats://me:top%zzsecret@h":                      "h",
		"nats://me:topsecret@":                          "",
	} {
		if got := link.Shown(text); got != shown {
			t.Errorf("%q is shown as %q, want %q", text, got, shown)
		}
		for _, err := range []error{link.Check(text), dialled(link.Options{URL: text, Once: true})} {
			if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "want nats://HOST:PORT or tls://HOST:PORT") {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
	for _, text := range []string{"nats://h", "nats://me:topsecret@h:4222", "tls://[::1]:4222", "nats://me:p@ss@h"} {
		if err := link.Check(text); err != nil || strings.Contains(link.Shown(text), "secret") || strings.Contains(link.Shown(text), "ss@") {
			t.Errorf("%q: %v, shown as %q", text, err, link.Shown(text))
		}
	}
}

func dialled(o link.Options) error {
	c, err := link.Dial(o)
	if err == nil {
		c.Close()
	}
	return err
}

func put(t *testing.T, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// certified is a broker with a certificate, and the file of who signed it.
func certified(t *testing.T, valid time.Duration, names ...string) (url, ca string) {
	t.Helper()
	b, ca := certifiedAt(t, "127.0.0.1:0", valid, names...)
	return b.URL(), ca
}

// certifiedAt is one at an address.
func certifiedAt(t *testing.T, listen string, valid time.Duration, names ...string) (b *broker.Broker, ca string) {
	t.Helper()
	signer, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	pem, _, err := authority.PEM(signer.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := signer.Issue(valid, names...)
	if err != nil {
		t.Fatal(err)
	}
	b, err = broker.Open(broker.Options{Listen: listen, Dir: t.TempDir(), User: "me", Password: "topsecret", TLS: &tls.Config{Certificates: []tls.Certificate{issued}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, put(t, "ca.pem", pem)
}

// Whoever is not let in, or does not know the broker, is told why and what to do; and who would wait for a broker does
// not wait for one that is not who it should be.
func TestWhyThereIsNoWay(t *testing.T) {
	known, ca := certified(t, time.Hour, "127.0.0.1")
	_, others := certified(t, time.Hour, "127.0.0.1")
	elsewhere, elsewheres := certified(t, time.Hour, "10.0.0.4")
	expired, expireds := certified(t, -time.Hour, "127.0.0.1")
	plain, err := broker.Open(broker.Options{Listen: "127.0.0.1:0", Dir: t.TempDir(), User: "me", Password: "topsecret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plain.Close() })
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	const let = "give the user and the password, or the key, that the broker lets in"
	for what, c := range map[string]struct {
		o     link.Options
		says  []string
		waits bool // who waits for a broker waits on
	}{
		"as it should be":      {link.Options{URL: known, CA: ca, User: "me", Password: "topsecret"}, nil, false},
		"a wrong password":     {link.Options{URL: known, CA: ca, User: "me", Password: "guessed"}, []string{"nats: Authorization Violation", let}, false},
		"nobody":               {link.Options{URL: plain.URL()}, []string{"nats: Authorization Violation", let}, false},
		"a key":                {link.Options{URL: plain.URL(), Nkey: put(t, "key.nk", seed)}, []string{"nkeys not supported", "the broker knows no keys"}, true},
		"no key":               {link.Options{URL: plain.URL(), Nkey: put(t, "key.nk", []byte("none"))}, []string{"key.nk: ", "must hold the seed of a user's key"}, false},
		"a key that is gone":   {link.Options{URL: plain.URL(), Nkey: "/nowhere/key.nk"}, []string{"/nowhere/key.nk: no such file"}, false},
		"authorities of none":  {link.Options{URL: known, CA: put(t, "ca.pem", []byte("none"))}, []string{"failed to parse root certificate"}, false},
		"authorities are gone": {link.Options{URL: known, CA: "/nowhere/ca.pem"}, []string{"/nowhere/ca.pem: no such file"}, false},
		"no TLS there":         {link.Options{URL: strings.Replace(plain.URL(), "nats:", "tls:", 1)}, []string{"the broker has no TLS: name it as nats://HOST:PORT"}, true},
		"another authority":    {link.Options{URL: known, CA: others}, []string{"certificate signed by unknown authority", "--tls-ca, or generators.ca"}, false},
		"the system's":         {link.Options{URL: known}, []string{"certificate signed by unknown authority", "--tls-ca, or generators.ca"}, false},
		"another name":         {link.Options{URL: elsewhere, CA: elsewheres}, []string{"valid for 10.0.0.4, not 127.0.0.1", "name the broker as its certificate does"}, false},
		"expired":              {link.Options{URL: expired, CA: expireds}, []string{"certificate has expired", "give the broker a certificate that holds"}, false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c.o.Once = true
			says(t, dialled(c.o), c.says...)
			if c.waits {
				return
			}
			c.o.Once = false
			conn, err := link.Dial(c.o)
			if err == nil {
				defer conn.Close()
				for until := time.Now().Add(20 * time.Second); !conn.IsConnected() && link.Ended(conn) == nil && time.Now().Before(until); {
					time.Sleep(10 * time.Millisecond)
				}
				err = link.Ended(conn)
			}
			says(t, err, c.says...)
		})
	}
}

func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	if (err == nil) != (texts == nil) {
		t.Errorf("%v, want %q", err, texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "guessed") {
			t.Errorf("%v, want %q", err, text)
		}
	}
}

// A broker that takes less in a message than those of a fleet have is refused before anything is sent.
func TestABrokerOfSmallMessages(t *testing.T) {
	s := natsServer(t, &server.Options{MaxPayload: 64 << 10})
	conn, err := link.Dial(link.Options{URL: s.ClientURL(), Once: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, _, err := link.Buckets(ctx, js); err == nil || !strings.Contains(err.Error(), "takes 64 KiB in one message, and those of a fleet have up to 1024: set its max_payload to 1048576") {
		t.Error(err)
	}
}

func natsServer(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.Port, o.JetStream, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir(), true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the broker does not begin")
	}
	return s
}

// A broker without TLS names another, as those of a cluster do. Nobody follows it there: it would be sent the password,
// and what is secret, by a way that others can read.
func TestNobodyIsLedElsewhere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprint(c, `INFO {"server_id":"x","version":"2.12.0","max_payload":1048576,"connect_urls":["127.0.0.2:1"]}`+"\r\n")
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if lines.Text() == "PING" {
						fmt.Fprint(c, "PONG\r\n")
					}
				}
			}()
		}
	}()
	conn, err := link.Dial(link.Options{URL: "nats://" + l.Addr().String(), Once: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if known := conn.Servers(); len(known) != 1 || !link.Private(conn) {
		t.Errorf("%q are known, private: %v", known, link.Private(conn))
	}
	conn.Close()
	if err := link.Ended(conn); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Error(err)
	}
}

// A broker that comes back as another, with a certificate that nobody knows, is left, and that is said.
func TestABrokerThatComesBackAsAnother(t *testing.T) {
	before, ca := certifiedAt(t, "127.0.0.1:0", time.Hour, "127.0.0.1")
	conn, err := link.Dial(link.Options{URL: before.URL(), CA: ca, User: "me", Password: "topsecret"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	at := strings.TrimPrefix(before.URL(), "tls://")
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	certifiedAt(t, at, time.Hour, "127.0.0.1")
	for until := time.Now().Add(30 * time.Second); link.Ended(conn) == nil && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	says(t, link.Ended(conn), "certificate signed by unknown authority", "--tls-ca")
}
