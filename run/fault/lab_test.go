package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/internal/authority"
	"github.com/stress-tool/stress/lab/control"
	observed "github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/scenarios"
)

// startLab starts a lab of a service and three nodes that keeps what it is told, and returns its
// address.
func startLab(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	knobs := map[string]control.Knob{"slowness/web": keeps("1"), "lost_writes/web": keeps("0%")}
	for _, n := range []string{"n1", "n2", "n3"} {
		knobs["cable/"+n], knobs["power/"+n] = keeps("in"), keeps("on")
	}
	s := control.Serve(l, knobs)
	t.Cleanup(func() { s.Close() })
	return "tcp://" + l.Addr().String()
}

// keeps is a knob that takes everything but "none".
func keeps(first string) control.Knob {
	var value atomic.Value
	value.Store(first)
	return control.Knob{
		Value: func() string { return value.Load().(string) },
		Set: func(_ context.Context, to string) error {
			if to == "none" {
				return &control.ImpossibleError{Value: to, Want: "a value"}
			}
			value.Store(to)
			return nil
		},
	}
}

// What a lab cannot do is said before anything is done, with what it can; and what nothing but a
// lab can do, that there is none.
func TestOnlyWhatALabCan(t *testing.T) {
	s, c := up(t)
	for _, test := range []struct {
		i    scenarios.Injection
		want string
	}{
		{scenarios.Injection{Kind: scenarios.Partition, What: "n9"}, "fault partition n9: the lab at " + c.lab.address + " has no cable of n9: it has cable of n1, cable of n2, cable of n3, lost writes of web, power of n1"},
		{scenarios.Injection{Kind: scenarios.PowerOff, What: "../power/n1"}, "has no power of ../power/n1"},
	} {
		if err := New(c, []scenarios.Injection{test.i}, nil).Check(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v", err)
		}
	}
	if err := c.Set(t.Context(), Resource{Kind: Power, ID: "n1", Name: "n1"}, "none"); err == nil || !strings.Contains(err.Error(), `"none" is not a value`) {
		t.Errorf("%v", err)
	}
	alone := open(t, observed.Config{Docker: s.Engines, Service: "web"}, "")
	err := New(alone, []scenarios.Injection{{Kind: scenarios.Slow, What: "2"}}, nil).Check(t.Context())
	if !errors.As(err, new(*PlanError)) || !strings.Contains(err.Error(), "only a lab can do that, and cluster.lab names none") {
		t.Errorf("%v", err)
	}
}

// Engines that are spoken to by TLS are reached again with the certificates, which no journal
// holds.
func TestRecoverByTLS(t *testing.T) {
	s, c := up(t)
	engine, err := url.Parse(strings.Replace(s.Engines[0], "tcp:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := signed.Issue(time.Hour, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	secured := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(engine))
	secured.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	secured.StartTLS()
	t.Cleanup(secured.Close)
	roots := x509.NewCertPool()
	roots.AddCert(signed.Leaf)

	how := observed.Config{TLS: &tls.Config{RootCAs: roots}}
	cfg := observed.Config{Docker: []string{strings.Replace(secured.URL, "https:", "tcp:", 1)}, Service: "web", TLS: how.TLS}
	index, run := broken(t, open(t, cfg, ""), scenarios.Injection{Kind: scenarios.Scale, Replicas: 5})
	if _, err := index.Recover(t.Context(), run, false, observed.Config{}); !errors.Is(err, ErrNoCertificates) {
		t.Errorf("%v", err)
	}
	undone, err := index.Recover(t.Context(), run, false, how)
	if err != nil || len(undone) != 1 || undone[0].Err != nil {
		t.Fatalf("%+v, %v", undone, err)
	}
	if now, err := c.Value(t.Context(), Resource{Kind: Replicas, ID: "web"}); now != "3" {
		t.Errorf("%s, %v", now, err)
	}
}
