//go:build linux

package main

import (
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

// nginxConf is one process that answers from memory and closes nothing. Its 10 kB are
// ten times a variable, as a text of its configuration is at most 4 kB. No session of
// TLS is resumed: each connection costs every tool the same handshake.
const nginxConf = `daemon off;
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

// nginx is the server that every tool meets.
type nginx struct {
	*child.Process
	url, version string
}

func startNginx(ctx context.Context, dir string, core int, secured bool) (*nginx, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	conf, scheme, listen := filepath.Join(dir, "nginx.conf"), "http", ""
	if secured {
		scheme, listen = "https", fmt.Sprintf(secure, dir)
		if err := certify(filepath.Join(dir, "server.pem")); err != nil {
			return nil, err
		}
	}
	kilobyte := strings.Repeat("0123456789", 100)
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, addr, body, listen, kilobyte), 0o600); err != nil {
		return nil, fmt.Errorf("nginx's configuration: %w", err)
	}
	version, err := exec.CommandContext(ctx, "nginx", "-v").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("nginx is the server of this bench: %w", err)
	}
	p, err := child.Start(ctx, child.Options{Core: core}, "nginx", "-c", conf, "-p", dir)
	if err != nil {
		return nil, err
	}
	_, v, _ := strings.Cut(strings.TrimSpace(string(version)), ": ")
	n := &nginx{Process: p, url: scheme + "://" + addr + "/", version: strings.TrimPrefix(v, "nginx version: ")}
	if err := answers(ctx, n.url); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w: %s", err, p.LastWords())
	}
	return n, nil
}

// certify writes a certificate for this machine, and its key.
func certify(file string) error {
	a, err := authority.New()
	if err != nil {
		return err
	}
	c, err := a.Issue(24*time.Hour, "127.0.0.1")
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
func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
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
