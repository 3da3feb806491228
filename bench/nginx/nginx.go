//go:build linux

// Package nginx is the server of benches: one process on a core of its own, which answers from memory.
package nginx

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/internal/authority"
)

// conf is one process that answers from memory and closes nothing. Its 10 kB are
// ten times a variable, as a text of its configuration is at most 4 kB. No session of
// TLS is resumed: each connection costs every tool the same handshake.
const conf = `daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events { worker_connections 20000; multi_accept on; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s backlog=16384%[4]s;
    ssl_session_tickets off;
    set $k "%[5]s";
    location / { return 200 "%[3]s\n"; }
    location /large/ { return 200 "$k$k$k$k$k$k$k$k$k$k"; }
  }
}
`

// secure ends a listen directive and gives the server its certificate.
const secure = ` ssl;
    ssl_certificate %[1]s/server.pem;
    ssl_certificate_key %[1]s/server.pem`

// Server is one that runs.
type Server struct {
	*child.Process
	URL, Version string
}

// Options say how it runs.
type Options struct {
	// Dir is where its files go.
	Dir string
	// Host is the address it listens on; "" is 127.0.0.1.
	Host string
	// Core is the processor it runs on, counted from 1; 0 is any.
	Core int
	// Secured has it speak TLS.
	Secured bool
	// Body is every answer's.
	Body string
}

// Start starts a server on a free port. [child.Process.Stop] ends it.
func Start(ctx context.Context, o Options) (*Server, error) {
	o.Host = cmp.Or(o.Host, "127.0.0.1")
	addr, err := freeAddress(o.Host)
	if err != nil {
		return nil, err
	}
	file, scheme, listen := filepath.Join(o.Dir, "nginx.conf"), "http", ""
	if o.Secured {
		scheme, listen = "https", fmt.Sprintf(secure, o.Dir)
		if err := certify(filepath.Join(o.Dir, "server.pem"), o.Host); err != nil {
			return nil, err
		}
	}
	kilobyte := strings.Repeat("0123456789", 100)
	if err := os.WriteFile(file, fmt.Appendf(nil, conf, o.Dir, addr, o.Body, listen, kilobyte), 0o600); err != nil {
		return nil, fmt.Errorf("nginx's configuration: %w", err)
	}
	version, err := exec.CommandContext(ctx, "nginx", "-v").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("nginx is the server of this bench: %w", err)
	}
	p, err := child.Start(ctx, child.Options{Core: o.Core}, "nginx", "-c", file, "-p", o.Dir)
	if err != nil {
		return nil, err
	}
	_, v, _ := strings.Cut(strings.TrimSpace(string(version)), ": ")
	n := &Server{Process: p, URL: scheme + "://" + addr + "/", Version: strings.TrimPrefix(v, "nginx version: ")}
	if err := answers(ctx, n.URL); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w: %s", err, p.LastWords())
	}
	return n, nil
}

// certify writes a certificate for a host, and its key.
func certify(file, host string) error {
	a, err := authority.New()
	if err != nil {
		return err
	}
	c, err := a.Issue(24*time.Hour, host)
	if err != nil {
		return err
	}
	certificate, key, err := authority.PEM(c)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(certificate, key...), 0o600)
}

// freeAddress is one that nobody listens on now. nginx does not say which port it
// was given, so that it cannot choose.
func freeAddress(host string) (string, error) {
	l, err := net.Listen("tcp4", host+":0")
	if err != nil {
		return "", fmt.Errorf("a port for nginx: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// answers waits, for at most ten seconds, until a GET succeeds.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", url, err)
		case <-tick.C:
		}
	}
}
