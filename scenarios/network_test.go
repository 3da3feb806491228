package scenarios

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWaysToATarget(t *testing.T) {
	s := parse(t, smallest, "load.resolve_every=0s")
	if s.Loads[0].ResolveEvery != 0 {
		t.Errorf("resolve_every %v", s.Loads[0].ResolveEvery)
	}
	if every := parse(t, smallest).Loads[0].ResolveEvery; every != DefaultResolveEvery {
		t.Errorf("resolve_every is %v without being given", every)
	}
	for written, want := range map[string][]string{
		"10.0.0.7":            {"10.0.0.7:8080"},
		"replica1":            {"replica1:8080"},
		"B\u00fccher.test:81": {"xn--bcher-kva.test:81"},
		"'[::1]:81'":          {"[::1]:81"},
		"'::1'":               {"[::1]:8080"},
		"[10.0.0.7, '10.0.0.8:81', replica.test]": {"10.0.0.7:8080", "10.0.0.8:81", "replica.test:8080"},
	} {
		for _, key := range []string{"connect_to", "resolve"} {
			s := parse(t, smallest, "targets.0."+key+"="+written)
			if got := s.Targets[0].ConnectTo; !slices.Equal(got, want) {
				t.Errorf("%s: %s leads to %v, want %v", key, written, got, want)
			}
		}
	}
	s = parse(t, smallest, "targets.0.proxy=socks5://ann:sesame@127.0.0.1:1080", "targets.0.server_name=Shop.Test.")
	if p := s.Targets[0].Proxy; p == nil || p.Host != "127.0.0.1:1080" || s.Targets[0].ServerName != "shop.test" {
		t.Errorf("proxy %v, server name %q", p, s.Targets[0].ServerName)
	}
	if stored := string(s.Redacted()); strings.Contains(stored, "sesame") || !strings.Contains(stored, "socks5://127.0.0.1:1080") {
		t.Errorf("stored: %s", stored)
	}
}

func TestFaultsOfWays(t *testing.T) {
	for set, want := range map[string]string{
		"targets.0.connect_to=10.0.0.7:0":          "must have a port from 1 to 65535",
		"targets.0.connect_to=http://10.0.0.7":     "must be a host or address",
		"targets.0.connect_to=[]":                  "must be a host or address, with or without a port, or a list of them",
		"targets.0.server_name=a b":                "must be a host name",
		"targets.0.server_name=shop.test:443":      "must be a host name",
		"targets.0.proxy=https://127.0.0.1:3128":   "must be a proxy's address",
		"targets.0.proxy=http://127.0.0.1":         "must have a port from 1 to 65535",
		"targets.0.proxy=http://127.0.0.1:3128/?a": "must have no path, query or fragment",
		"targets.0.tls={ca: none.pem}":             "cannot be read",
		"targets.0.tls={key: none.pem}":            "stands without cert",
		"targets.0.tls={cert: network_test.go}":    "is no certificate with its key",
		"targets.0.tls={min_version: 1.4}":         "must be one of 1.0, 1.1, 1.2, 1.3, got 1.4",
		"targets.0.tls={resume: never}":            "must be true or false",
		"load.resolve_every=-1s":                   "must be",
	} {
		if got := strings.Join(faultsOf(t, smallest, set), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", set, got, want)
		}
	}
	both := faultsOf(t, smallest, "targets.0.proxy=http://127.0.0.1:3128", "targets.0.connect_to=10.0.0.7")
	if !strings.Contains(strings.Join(both, "\n"), "stands beside proxy") {
		t.Errorf("both: %v", both)
	}
	socket := faultsOf(t, smallest, "targets.0.url=unix:/run/app.sock", "targets.0.server_name=shop.test")
	if !strings.Contains(strings.Join(socket, "\n"), "says nothing for a unix socket") {
		t.Errorf("socket: %v", socket)
	}
}

func TestCertificatesAreRead(t *testing.T) {
	dir := t.TempDir()
	cert, key := writePEM(t, dir)
	both := filepath.Join(dir, "both.pem")
	a, _ := os.ReadFile(cert)
	b, _ := os.ReadFile(key)
	if err := os.WriteFile(both, append(a, b...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range []string{
		fmt.Sprintf("{ca: %s, cert: %s, key: %s}", cert, cert, key), fmt.Sprintf("{ca: %s, cert: %s}", both, both),
	} {
		s := parse(t, smallest, "targets.0.tls="+files)
		if target := s.Targets[0]; target.Roots == nil || target.Certificate == nil {
			t.Errorf("%s: roots %v, certificate %v", files, target.Roots, target.Certificate)
		}
	}
	for _, version := range []string{"1.3", `"1.3"`} {
		s := parse(t, smallest, "targets.0.tls={min_version: "+version+", resume: true}")
		if target := s.Targets[0]; target.MinVersion != tls.VersionTLS13 || !target.TLS.Resume {
			t.Errorf("min_version %s: %x, %+v", version, target.MinVersion, target.TLS)
		}
	}
	for files, want := range map[string]string{
		"{ca: " + key + "}":                      "holds no certificate in PEM",
		"{cert: " + cert + "}":                   "is no certificate with its key",
		"{cert: " + key + ", key: " + cert + "}": "is no certificate with its key",
	} {
		if got := strings.Join(faultsOf(t, smallest, "targets.0.tls="+files), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", files, got, want)
		}
	}
}

// writePEM writes a certificate that signs itself, and its key.
func writePEM(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestHeadersFromVariablesAreSecret(t *testing.T) {
	src := strings.Replace(smallest, "path: /index.php", `path: /, headers: {X-Odd: "${ODD}", Accept: text/plain, X-Api-Key: b}`, 1)
	s, err := Parse("dir/some.yaml", []byte(src), Options{Lookup: env(map[string]string{"ODD": "sesame"})})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Requests[0].Secret; !slices.Contains(got, "X-Odd") || slices.Contains(got, "Accept") {
		t.Errorf("secret headers %v", got)
	}
}

// The engines of a cluster are no load: their connections take up no sessions.
func TestClusterTakesNoResumption(t *testing.T) {
	const text = smallest + "\ncluster: {service: web, tls: {min_version: 1.3, resume: true}}\n"
	_, err := Parse("a.yaml", []byte(text), Options{})
	if fs, ok := err.(Faults); !ok || len(fs) != 1 || fs[0].Key != "cluster.tls.resume" || fs[0].Message != "no such key" {
		t.Errorf("%v", err)
	}
}
