package stack

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/deploy"
	"github.com/stress-tool/stress/lab/process"
)

//go:embed files/apache.conf
var apacheConf string

//go:embed files/nginx.conf
var nginxConf string

//go:embed files/ready.php
var readyPHP []byte

//go:embed files/login.php
var loginPHP []byte

// startApache runs one Apache with mod_php under a host name of its own.
func (s *Stack) startApache(ctx context.Context, name, host string, port int) (*process.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	dir, err := s.partDir(name)
	if err != nil {
		return nil, err
	}
	root := filepath.Join(dir, "app")
	conf, log := filepath.Join(dir, "apache.conf"), filepath.Join(dir, "apache.log")
	if err := errors.Join(
		os.Mkdir(root, 0o755),
		os.WriteFile(filepath.Join(root, "index.php"), deploy.IndexPHP, 0o644),
		os.WriteFile(filepath.Join(root, "ready.php"), readyPHP, 0o644),
		os.WriteFile(filepath.Join(root, "login.php"), loginPHP, 0o644),
		render(conf, apacheConf, map[string]any{
			"Dir": dir, "Log": log, "Host": host, "Listen": s.address(port), "DocRoot": root,
			"Modules": s.programs.modules, "PHP": s.programs.php, "User": webUser(),
		}),
	); err != nil {
		return nil, err
	}
	p, err := s.command(process.Command{
		Name: name, Log: log, Host: host, Env: append(PageEnv(s.opts.Network.Address, s.ports.mysql), "SESSION_DIR="+s.sessions()),
		Args: []string{s.programs.apache, "-f", conf, "-D", "FOREGROUND"},
	}).Start()
	if err != nil {
		return nil, err
	}
	err = p.Ready(ctx, func(ctx context.Context) error { return answers(ctx, s.address(port), host) })
	if err != nil {
		return p, err
	}
	s.logStep("Apache %s, host %s, on %s", name, host, s.address(port))
	return p, nil
}

// sessions is where every Apache keeps the sessions of its users, so that any of them can go on with one.
func (s *Stack) sessions() string { return filepath.Join(s.Dir, "sessions") }

// PageEnv tells the page where its database is.
func PageEnv(host string, port int) []string {
	return []string{
		"DB_HOST=" + host, fmt.Sprintf("DB_PORT=%d", port),
		"DB_USER=" + lab.User, "DB_PASSWORD=" + lab.Password, "DB_NAME=" + lab.Database,
	}
}

// StartProxy starts nginx and returns when it passes requests on to a replica, of
// which one at least must live. With replicas that stand elsewhere Hosts must name theirs.
func (s *Stack) StartProxy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.StopProxy(); err != nil {
		return err
	}
	dir, err := s.partDir("proxy")
	if err != nil {
		return err
	}
	upstreams := slices.Clone(s.opts.Network.Upstreams)
	for _, p := range s.ports.replicas {
		upstreams = append(upstreams, s.address(p))
	}
	conf, log := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "nginx.log")
	if err := render(conf, nginxConf, map[string]any{
		"Dir": dir, "Log": log, "Listen": s.address(s.ports.cluster), "Upstreams": upstreams, "Tries": s.opts.Network.Tries, "User": webUser(),
	}); err != nil {
		return err
	}
	p, err := s.command(process.Command{
		Name: "nginx", Log: log,
		Args: []string{s.programs.nginx, "-p", dir, "-e", log, "-c", conf},
	}).Start()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.proxy = p
	s.mu.Unlock()
	err = p.Ready(ctx, func(ctx context.Context) error { return answers(ctx, s.address(s.ports.cluster), s.Hosts...) })
	if err != nil {
		return err
	}
	s.logStep("nginx on %s", s.address(s.ports.cluster))
	return nil
}

// StopProxy kills nginx, with every connection it holds.
func (s *Stack) StopProxy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proxy.Kill()
}

// answers asks ready.php at host:port for its host name and expects one of hosts.
func answers(ctx context.Context, address string, hosts ...string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/ready.php", nil)
	if err != nil {
		return err
	}
	req.Close = true // an Apache worker kept alive is one fewer for the load
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if err != nil {
		return err
	}
	if got := string(body); resp.StatusCode != http.StatusOK || !slices.Contains(hosts, got) {
		return fmt.Errorf("ready.php: status %d, %q, not the host %s", resp.StatusCode, got, strings.Join(hosts, " or "))
	}
	return nil
}

// webUser is whom root's web servers give their workers to; "" for a plain user.
func webUser() string {
	if os.Geteuid() == 0 {
		return "www-data"
	}
	return ""
}

// partDir makes the directory of one part.
func (s *Stack) partDir(name string) (string, error) {
	dir := filepath.Join(s.Dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

// render writes a template's result to a file.
func render(file, text string, data any) error {
	t, err := template.New(filepath.Base(file)).Option("missingkey=error").Parse(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
