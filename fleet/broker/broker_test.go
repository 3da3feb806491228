package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/link"
)

func open(t *testing.T, o broker.Options) *broker.Broker {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	b, err := broker.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// What a stream holds is there again when a broker begins anew.
func TestStreamsOutliveTheirBroker(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for _, again := range []bool{false, true} {
		b := open(t, broker.Options{Dir: dir, User: "me", Password: "topsecret"})
		to := b.Link("test")
		to.Once = true
		conn, err := link.Dial(to)
		if err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		_, started, err := link.Buckets(t.Context(), js)
		if err != nil {
			t.Fatal(err)
		}
		_, err = started.Create(t.Context(), "run.1.n1", []byte("x"))
		if (err != nil) != again {
			t.Errorf("created, again is %v: %v", again, err)
		}
		conn.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// One broker at a time has a directory and an address, and says so at once.
func TestTwoBrokers(t *testing.T) {
	dir := t.TempDir()
	b := open(t, broker.Options{Dir: dir})
	if _, err := broker.Open(broker.Options{Listen: "127.0.0.1:0", Dir: dir}); err == nil || !strings.Contains(err.Error(), "another broker has this directory") {
		t.Error(err)
	}
	at := strings.TrimPrefix(b.URL(), "nats://")
	if _, err := broker.Open(broker.Options{Listen: at, Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), at) || !strings.Contains(err.Error(), "address already in use") {
		t.Error(err)
	}
}

// What a broker of a killed program left is removed by the next one; what another has, or somebody else made, is not.
func TestWhatAKilledBrokerLeft(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	old := time.Now().Add(-time.Hour)
	place := func(name string, at time.Time, locked bool) string {
		dir := filepath.Join(temporary, name)
		if err := os.MkdirAll(filepath.Join(dir, "jetstream"), 0o700); err != nil {
			t.Fatal(err)
		}
		if locked {
			if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	left, young, others := place("stress-broker-1", old, true), place("stress-broker-2", time.Now(), true), place("stress-broker-3", old, false)
	outside := place("outside", old, true)
	if err := os.Symlink(outside, filepath.Join(temporary, "stress-broker-4")); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(temporary, "stress-broker-5")
	open(t, broker.Options{Dir: used})
	if err := os.Chtimes(used, old, old); err != nil {
		t.Fatal(err)
	}
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed broker left is still there")
	}
	for _, dir := range []string{young, others, outside, used} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}

// Only those are let in whom the options name, by password and by key.
func TestWhoIsLetIn(t *testing.T) {
	mine, seed := key(t)
	_, other := key(t)
	b := open(t, broker.Options{Dir: t.TempDir(), User: "me", Password: "topsecret", Keys: []string{mine}})
	for name, c := range map[string]struct {
		o  link.Options
		in bool
	}{
		"nobody":              {link.Options{}, false},
		"a wrong password":    {link.Options{User: "me", Password: "guessed"}, false},
		"the password":        {link.Options{User: "me", Password: "topsecret"}, true},
		"the key":             {link.Options{Nkey: write(t, seed)}, true},
		"the key of somebody": {link.Options{Nkey: write(t, other)}, false},
	} {
		c.o.URL, c.o.Once = b.URL(), true
		conn, err := link.Dial(c.o)
		if (err == nil) != c.in {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			conn.Close()
		} else if strings.Contains(err.Error(), "guessed") {
			t.Errorf("%s: the error holds the password: %v", name, err)
		}
	}
}

// key is a new key of a user, and its seed.
func key(t *testing.T) (public string, seed []byte) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = pair.PublicKey(); err == nil {
		seed, err = pair.Seed()
	}
	if err != nil {
		t.Fatal(err)
	}
	return public, seed
}

// write keeps a seed in a file of its own.
func write(t *testing.T, seed []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seed")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
