package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/internal/authority"
)

// balancerConf is nginx with TLS in front of replicas: with a sound certificate, with the client's
// required too, with one that has expired, and with one for another name.
const balancerConf = `daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream all { %s }
  ssl_client_certificate ca.pem;
  server { listen %s ssl; ssl_certificate sound.pem; ssl_certificate_key sound.key; location / { proxy_pass http://all/; } }
  server { listen %s ssl; ssl_certificate sound.pem; ssl_certificate_key sound.key; ssl_verify_client on; location / { proxy_pass http://all/; } }
  server { listen %s ssl; ssl_certificate expired.pem; ssl_certificate_key expired.key; location / { proxy_pass http://all/; } }
  server { listen %s ssl; ssl_certificate other.pem; ssl_certificate_key other.key; location / { proxy_pass http://all/; } }
}
`

// secureBalancer is that nginx; its addresses are of its four servers.
type secureBalancer struct {
	dir, sound, mutual, expired, other string
}

func (s *testStack) secureBalancer(t *testing.T) secureBalancer {
	t.Helper()
	b := secureBalancer{dir: t.TempDir()}
	ca, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	pem, _, err := authority.PEM(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(b.dir, "ca.pem"), string(pem))
	for name, c := range map[string]struct {
		expires time.Duration
		bears   string
	}{"sound": {time.Hour, "127.0.0.1"}, "expired": {-time.Hour, "127.0.0.1"}, "other": {time.Hour, "shop.test"}, "client": {time.Hour, "stress"}} {
		issued, err := ca.Issue(c.expires, c.bears)
		if err != nil {
			t.Fatal(err)
		}
		certificate, key, err := authority.PEM(issued)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(b.dir, name+".pem"), string(certificate))
		write(t, filepath.Join(b.dir, name+".key"), string(key))
	}
	var upstreams strings.Builder
	for _, r := range s.Replicas {
		fmt.Fprintf(&upstreams, "server %s; ", strings.TrimPrefix(r, "http://"))
	}
	var listens []any
	var held []net.Listener // until all are chosen, so that none is chosen twice
	for _, at := range []*string{&b.sound, &b.mutual, &b.expired, &b.other} {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l)
		*at = "https://" + l.Addr().String()
		listens = append(listens, l.Addr().String())
	}
	for _, l := range held {
		l.Close()
	}
	write(t, filepath.Join(b.dir, "nginx.conf"), fmt.Sprintf(balancerConf, append([]any{upstreams.String()}, listens...)...))
	b.start(t)
	return b
}

func (b secureBalancer) start(t *testing.T) {
	t.Helper()
	nginx := exec.Command("nginx", "-p", b.dir, "-c", filepath.Join(b.dir, "nginx.conf"))
	nginx.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nginx.Process.Kill()
		nginx.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(b.dir, "error.log"))
			t.Logf("nginx: %s", said)
		}
	})
	eventually(t, "nginx", func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(b.sound, "https://"))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// Behind TLS every row is accounted for as without: with an authority of one's own, and with a
// certificate that the server asks of its clients.
func (s *testStack) testTLS(t *testing.T) {
	b := s.secureBalancer(t)
	tls := func(more string) string {
		return fmt.Sprintf("targets.1.tls={ca: %q%s}", filepath.Join(b.dir, "ca.pem"), more)
	}
	own := fmt.Sprintf(", cert: %q, key: %q", filepath.Join(b.dir, "client.pem"), filepath.Join(b.dir, "client.key"))
	for address, set := range map[string]string{b.sound: tls(""), b.mutual: tls(own)} {
		env := append(s.env(), "STRESS_CLUSTER="+address)
		r := stress(t, env, s.args(t, "--target", "cluster", "--duration", "3s", "--set", set, "--set", untimed)...)
		r.wantCode(t, exitPass)
		a := r.summary(t)
		l := a.Legs[0]
		if l.Outcomes.Success != 50 || l.Reconcile == nil || l.Reconcile.Rows != 50 || l.Reconcile.Lost != 0 || l.Reconcile.Extra != 0 || len(l.Hosts) != 3 {
			t.Errorf("%s: outcomes %+v, rows %+v of %d hosts; want 50 of 3", set, l.Outcomes, l.Reconcile, len(l.Hosts))
		}
		// The kernel begins to stamp in its own time: the first answer may have no stamp.
		if l.Handshake.N != 50 || l.Stamped < 0.9 || a.Run.Engine == "nethttp" {
			t.Errorf("%s: %d handshakes, %g of the answers stamped, by %s", set, l.Handshake.N, l.Stamped, a.Run.Engine)
		}
	}
	for _, c := range []struct{ address, set, want string }{
		{b.expired, tls(""), "certificate has expired or is not yet valid: current time 2"},
		{b.expired, tls(""), ": the server needs a new one, or take any with `insecure: true`"},
		{b.other, tls(""), "it doesn't contain any IP SANs"},
		{b.other, tls(""), ": name the one that it bears with `server_name: NAME` of the target, or"},
		{b.sound, "targets.1.insecure=false", "certificate signed by unknown authority: name who signed it with `tls: {ca: FILE}` of the target, or"},
	} {
		r := stress(t, append(s.env(), "STRESS_CLUSTER="+c.address), s.args(t, "--target", "cluster", "--duration", "3s", "--set", c.set)...)
		r.wantCode(t, exitUnable)
		if said := unfolded(r.stderr); !strings.Contains(said, c.want) {
			t.Errorf("%s\nwant %q", r.stderr, c.want)
		}
	}
	r := stress(t, append(s.env(), "STRESS_CLUSTER="+b.other), s.args(t, "--target", "cluster", "--duration", "3s", "--set", tls(""), "--set", "targets.1.server_name=shop.test", "--set", untimed)...)
	r.wantCode(t, exitPass)
	r = stress(t, append(s.env(), "STRESS_CLUSTER="+b.mutual), s.args(t, "--target", "cluster", "--duration", "3s", "--set", tls(""))...)
	r.wantCode(t, exitFail)
	if l := r.summary(t).Legs[0]; l.Outcomes.HTTP4xx == 0 || len(l.Failures) == 0 || !strings.Contains(l.Failures[0].Excerpt, "No required SSL certificate was sent") {
		t.Errorf("without the certificate that is asked for: %+v, %+v", l.Outcomes, l.Failures)
	}
}
