//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/child"
)

// nginxConf is one process that answers from memory and closes nothing.
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
    listen %[2]s backlog=16384;
    location / { return 200 "%[3]s\n"; }
  }
}
`

// nginx is the server that every tool meets.
type nginx struct {
	*child.Process
	url, version string
}

func startNginx(ctx context.Context, dir string, core int) (*nginx, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, addr, body), 0o600); err != nil {
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
	n := &nginx{Process: p, url: "http://" + addr + "/", version: strings.TrimPrefix(v, "nginx version: ")}
	if err := answers(ctx, n.url); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w: %s", err, p.LastWords())
	}
	return n, nil
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
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
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
