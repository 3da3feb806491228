package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/internal/authority"
)

// withAccount is a directory of a server in which there is an account.
func withAccount(t *testing.T) (data, name, password string) {
	t.Helper()
	data, name, password = filepath.Join(t.TempDir(), "data"), "anna", "four words of mine"
	if r := withInput(t, password+"\n", "serve", "--data", data, "--add-user", name); r.code != exitPass {
		t.Fatalf("exit code %d, %s", r.code, r.stderr)
	}
	return data, name, password
}

// freePort is a port that nobody had a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// certificate is one for localhost, and a client that trusts it.
func certificate(t *testing.T) (cert, key string, client *http.Client) {
	t.Helper()
	ca, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := ca.Issue(time.Hour, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM, err := authority.PEM(issued)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, string(certPEM))
	write(t, key, string(keyPEM))
	roots := x509.NewCertPool()
	roots.AddCert(ca.Leaf)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

// logsIn holds a server to what somebody who comes over TLS gets: a page to log in, a cookie that goes nowhere
// else, and the audit with an address.
func logsIn(t *testing.T, client *http.Client, base, name, password string) {
	t.Helper()
	var answer *http.Response
	var err error
	until(t, "the server", func() bool {
		answer, err = client.Get(base + "/settings/audit")
		return err == nil && answer.StatusCode == http.StatusOK
	})
	answer.Body.Close()
	if answer.Request.URL.Path != "/login" {
		t.Errorf("without a session it leads to %s", answer.Request.URL)
	}
	answer, err = client.PostForm(base+"/login", url.Values{"name": {name}, "password": {password}, "next": {"/settings/audit"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.Request.URL.Path != "/settings/audit" || !strings.Contains(string(text), "127.0.0.1") {
		t.Errorf("the log-in leads to %s, %v, %.2000s", answer.Request.URL, err, text)
	}
	at, _ := url.Parse(base)
	if all := client.Jar.Cookies(at); len(all) != 1 || all[0].Name != "__Host-stress" {
		t.Errorf("the cookies are %v", all)
	}
}

func TestServeOverTLSWithAnAccount(t *testing.T) {
	data, name, password := withAccount(t)
	cert, key, client := certificate(t)
	base := "https://localhost:" + freePort(t)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(base, "https://"))
	s := startServer(t, data, "", "--listen", "0.0.0.0:"+port, "--base", base, "--tls-cert", cert, "--tls-key", key)
	defer s.end()
	logsIn(t, client, base, name, password)
}

// The proxy that the document describes is one.
func TestTheProxyOfTheDocument(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("!!! LEFT OUT: there is no nginx here; apt-get install nginx")
	}
	document, err := os.ReadFile("../../docs/server.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```nginx\n(.*?)```").FindStringSubmatch(string(document))
	if block == nil {
		t.Fatal("the document describes none")
	}
	data, name, password := withAccount(t)
	cert, key, client := certificate(t)
	front, back := freePort(t), freePort(t)
	conf := strings.NewReplacer("listen 443 ssl", "listen 127.0.0.1:"+front+" ssl", "/etc/ssl/stress.example.pem", cert, "/etc/ssl/stress.example.key", key,
		"stress.example;", "localhost;", "127.0.0.1:4510", "127.0.0.1:"+back, "$host;", "$http_host;").Replace(block[1])
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	whole := fmt.Sprintf("daemon off; master_process off; pid %s/pid; error_log stderr;\nevents {}\nhttp { access_log off; client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n%s}\n", dir, dir, dir, dir, dir, dir, conf)
	write(t, file, whole)
	base := "https://localhost:" + front
	s := startServer(t, data, "", "--listen", "127.0.0.1:"+back, "--trust-proxy", "127.0.0.1", "--base", base)
	defer s.end()
	proxy := exec.CommandContext(t.Context(), nginx, "-c", file, "-e", "stderr", "-p", dir)
	var said strings.Builder
	proxy.Stderr = &said
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		proxy.Process.Kill()
		proxy.Wait()
		t.Log(said.String())
	}()
	logsIn(t, client, base, name, password)
}
