package route_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack/route"
)

// server is a name server whose answers change.
type server struct {
	mu      sync.Mutex
	answers map[string][]string
	down    error
	asked   int
}

func (s *server) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.down != nil {
		return nil, s.down
	}
	var out []netip.Addr
	for _, a := range s.answers[host] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func (s *server) set(host string, addresses ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers == nil {
		s.answers = map[string][]string{}
	}
	s.answers[host] = addresses
}

var app = route.Hop{Origin: route.Origin{Scheme: "http", Address: "app.test:80"}}

// begins are the addresses at which the next n connections begin.
func begins(t *testing.T, table *route.Table, n int) []string {
	t.Helper()
	var out []string
	for range n {
		turn, err := table.Next(app)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, turn.At(0).Addr().String())
	}
	return out
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAddressesAreUsedInTurn(t *testing.T) {
	dns := &server{}
	dns.set("app.test", "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.12")
	table := &route.Table{Resolver: dns}
	if _, err := table.Next(app); !errors.Is(err, route.ErrUnresolved) {
		t.Fatalf("before it was asked for: %v", err)
	}
	if err := table.Resolve(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	want(t, begins(t, table, 5), "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.11", "127.0.0.12")
	turn, _ := table.Next(app)
	if turn.Len() != 3 || turn.At(1).String() != "127.0.0.11:80" || turn.At(2).String() != "127.0.0.12:80" {
		t.Errorf("a refused connection goes on to %v, %v", turn.At(1), turn.At(2))
	}
}

func TestNamesAreAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := &server{}
		dns.set("app.test", "10.0.0.1", "10.0.0.2")
		table := &route.Table{Resolver: dns, ResolveEvery: 30 * time.Second}
		if err := table.Resolve(t.Context(), app); err != nil {
			t.Fatal(err)
		}
		dns.set("app.test", "10.0.0.2", "10.0.0.1") // shuffled: the turns go on
		time.Sleep(29 * time.Second)
		want(t, begins(t, table, 1), "10.0.0.1")
		time.Sleep(time.Second)
		begins(t, table, 1)
		synctest.Wait()
		want(t, begins(t, table, 2), "10.0.0.1", "10.0.0.2")

		dns.set("app.test", "10.0.0.9")
		time.Sleep(30 * time.Second)
		begins(t, table, 1) // does not wait, and has the name asked
		synctest.Wait()
		want(t, begins(t, table, 2), "10.0.0.9", "10.0.0.9")

		dns.down = errors.New("server misbehaving")
		time.Sleep(30 * time.Second)
		begins(t, table, 1)
		synctest.Wait()
		want(t, begins(t, table, 1), "10.0.0.9") // a name server that is down ends no run
		if dns.asked != 4 {
			t.Errorf("asked %d times, want 4", dns.asked)
		}
	})
}

// Whatever it led to before.
func TestReboundNamesAreRefused(t *testing.T) {
	for name, c := range map[string][]string{
		"elsewhere":      {"203.0.113.7"},
		"elsewhere too":  {"10.0.0.1", "203.0.113.7"},
		"metadata":       {"169.254.169.254"},
		"metadata, IPv6": {"10.0.0.1", "fd00:ec2::254"},
	} {
		synctest.Test(t, func(t *testing.T) {
			dns := &server{}
			dns.set("app.test", "10.0.0.1")
			table := &route.Table{Resolver: dns, ResolveEvery: time.Second}
			if err := table.Resolve(t.Context(), app); err != nil {
				t.Fatal(err)
			}
			dns.set("app.test", c...)
			time.Sleep(time.Second)
			want(t, begins(t, table, 1), "10.0.0.1")
			synctest.Wait()
			var refused *route.RefusedError
			if _, err := table.Next(app); !errors.As(err, &refused) || !errors.Is(err, route.ErrPublic) {
				t.Errorf("%s: %v", name, err)
			}
			if _, _, err := table.Dial(t.Context(), app, func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
				t.Errorf("%s: %v was dialled", name, to)
				return nil, net.ErrClosed
			}); !errors.As(err, &refused) {
				t.Errorf("%s: dialling: %v", name, err)
			}
			dns.set("app.test", "10.0.0.1") // and back
			time.Sleep(time.Second)
			table.Next(app)
			synctest.Wait()
			want(t, begins(t, table, 1), "10.0.0.1")
		})
	}
}

func TestOneLookupForAll(t *testing.T) {
	dns := &server{}
	dns.set("app.test", "10.0.0.1")
	table := &route.Table{Resolver: dns}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := table.Resolve(t.Context(), app); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if dns.asked != 1 {
		t.Errorf("asked %d times", dns.asked)
	}
}

func TestFailedLookupsAreTriedAgain(t *testing.T) {
	dns := &server{down: &net.DNSError{Err: "server misbehaving", Name: "app.test"}}
	table := &route.Table{Resolver: dns}
	var failed *net.DNSError
	if err := table.Resolve(t.Context(), app); !errors.As(err, &failed) {
		t.Fatal(err)
	}
	dns.down = nil
	dns.set("app.test", "10.0.0.1")
	if err := table.Resolve(t.Context(), app); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsDialledInstead(t *testing.T) {
	dns := &server{}
	dns.set("replica.test", "10.0.0.7")
	table := &route.Table{Resolver: dns}
	h := route.Hop{Origin: app.Origin, To: "replica.test:8443,[::1]:81"}
	if err := table.Resolve(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	turn, err := table.Next(h)
	if err != nil || turn.Len() != 2 || turn.At(0).String() != "10.0.0.7:8443" || turn.At(1).String() != "[::1]:81" {
		t.Errorf("%v, %v", turn, err)
	}
}

func TestHopsAreBounded(t *testing.T) {
	table := &route.Table{}
	var err error
	for i := 1; i <= 2000 && err == nil; i++ {
		err = table.Resolve(t.Context(), route.Hop{Origin: route.Origin{Scheme: "http", Address: fmt.Sprintf("10.0.0.1:%d", i)}})
	}
	if !errors.Is(err, route.ErrTooMany) {
		t.Fatalf("2000 hosts were taken: %v", err)
	}
	if err := table.Resolve(t.Context(), route.Hop{Origin: route.Origin{Scheme: "http", Address: "10.0.0.1:1"}}); err != nil {
		t.Errorf("a known host: %v", err)
	}
}
