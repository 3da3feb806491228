package scenarios

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
)

// connectAddress is a host or address and a colon, behind which the port may be missing; the
// host is in ASCII.
func connectAddress() form[string] {
	const words = "a host or address, with or without a port, such as 10.0.0.7:8443"
	least := 1
	return scalar(words, &jsonschema.Schema{Type: "string", MinLength: &least}, func(s string) (string, error) {
		host, port := s, ""
		if strings.ContainsAny(s, "/,@ ") {
			return "", &refusal{message: "must be " + words}
		}
		if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
			host = a.String()
		} else if h, p, err := net.SplitHostPort(s); err == nil {
			host, port = h, p
		}
		if port != "" {
			if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
				return "", &refusal{"must have a port from 1 to 65535", ""}
			}
		}
		ascii, err := route.ASCIIHost(host)
		if err != nil {
			return "", &refusal{message: "must be " + words}
		}
		return net.JoinHostPort(ascii, port), nil
	}, text)
}

// hostHeader is what a Host header may be.
func hostHeader() form[string] {
	const words = "a host, with or without a port, such as shop.example.com"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: hostHeaderPattern})
	return scalar(words, schema, func(s string) (string, error) {
		if attack.CheckHost(s) != nil {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text).advised(func(s string) string {
		if strings.Contains(s, "://") {
			return "an address stands under url"
		}
		return ""
	})
}

func hostName() form[string] {
	const words = "a host name, such as shop.example.com"
	least := 1
	return scalar(words, &jsonschema.Schema{Type: "string", MinLength: &least}, func(s string) (string, error) {
		ascii, err := route.ASCIIHost(s)
		if err != nil || strings.ContainsAny(ascii, "/,@: ") {
			return "", &refusal{message: "must be " + words}
		}
		return ascii, nil
	}, text)
}

func proxyAddress() form[*url.URL] {
	const words = "a proxy's address, such as http://127.0.0.1:3128 or socks5://127.0.0.1:1080"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: `^(http|socks5)://`})
	return scalar(words, schema, func(s string) (*url.URL, error) {
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "socks5":
			return nil, &refusal{message: "must be " + words}
		case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			return nil, &refusal{"must have no path, query or fragment", ""}
		}
		if _, err := route.Host(u); err != nil {
			return nil, &refusal{message: "must be " + words}
		}
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
			return nil, &refusal{"must have a port from 1 to 65535", "write http://127.0.0.1:3128"}
		}
		return u, nil
	}, text)
}

// way fills in how connections reach a target.
func (b *builder) way(w targetSpec, t *Target) {
	port := ""
	if t.URL != nil {
		_, port, _ = net.SplitHostPort(route.OriginOf(t.URL).Address)
	}
	for _, to := range w.connectTo.value {
		if !to.ok() {
			continue
		}
		address := to.value
		if strings.HasSuffix(address, ":") {
			address += port
		}
		t.ConnectTo = append(t.ConnectTo, address)
	}
	t.Host, t.Proxy, t.ServerName = w.host.value, w.proxy.value, w.serverName.value
	if w.proxy.ok() && w.connectTo.given() {
		b.fault(w.connectTo.node, "stands beside proxy, which is where connections lead", "leave one of them out")
	}
	if t.Socket == "" {
		t.Certificates = b.certificates(w.tls)
		return
	}
	for name, n := range map[string]*node{"connect_to": w.connectTo.node, "proxy": w.proxy.node, "server_name": w.serverName.node, "tls": w.tls.node} {
		if n != nil {
			b.fault(n, name+" says nothing for a unix socket", "leave it out")
		}
	}
}

// ownConnections finds loads whose connections end after some requests, where a target is to speak HTTP/2.
func (b *builder) ownConnections(s scenarioSpec, target Target) {
	loads := []loadSpec{s.load.value}
	for _, l := range s.loads.value {
		loads = append(loads, l.value.loadSpec)
	}
	for _, l := range loads {
		n := l.perConnection.node
		if l.keepAlive.ok() && !l.keepAlive.value {
			n = l.keepAlive.node
		}
		if n != nil {
			b.fault(n, "says nothing over HTTP/2, which target "+target.Name+" is to speak", "leave out http2: true of the target")
		}
	}
}

// tlsVersions are the versions of TLS by their names.
var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func tlsVersion() form[string] {
	const words = "one of 1.0, 1.1, 1.2, 1.3"
	schema := orVariable(&jsonschema.Schema{Enum: []any{"1.0", "1.1", "1.2", "1.3", 1.0, 1.1, 1.2, 1.3}})
	return scalar(words, schema, func(s string) (string, error) {
		if tlsVersions[s] == 0 {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text, decimal)
}

// certificates reads the files of a target or a cluster.
func (b *builder) certificates(spec at[tlsSpec]) (out Certificates) {
	if !spec.ok() {
		return out
	}
	s := spec.value
	out.TLS = TLS{CA: b.shown(s.ca.value), Cert: b.shown(s.cert.value), Key: b.shown(s.key.value), MinVersion: s.minVersion.value, Resume: s.resume.value}
	out.MinVersion = tlsVersions[s.minVersion.value]
	if pem := b.pem(s.ca); pem != nil {
		out.Roots = x509.NewCertPool()
		if !out.Roots.AppendCertsFromPEM(pem) {
			b.fault(s.ca.node, "holds no certificate in PEM", "")
		}
	}
	if s.key.given() && !s.cert.given() {
		b.fault(s.key.node, "stands without cert", "say under cert which certificate it belongs to")
		return out
	}
	cert, key := b.pem(s.cert), b.pem(s.key)
	if !s.key.given() {
		key = cert
	}
	if cert == nil || key == nil {
		return out
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		b.fault(s.cert.node, "is no certificate with its key: "+err.Error(), "both are PEM files")
		return out
	}
	out.Certificate = &pair
	return out
}

// maxPEM bounds a file of certificates: the authorities of a whole system are 0.3 MB.
const maxPEM = 4 << 20

// pem is the content of a file that a key names, nil without one.
func (b *builder) pem(name at[string]) []byte {
	if !name.ok() {
		return nil
	}
	content, err := b.readFile(b.beside(name.value), maxPEM)
	if err != nil {
		b.unreadable(name.node, err)
		return nil
	}
	if len(content) == 0 {
		b.unreadable(name.node, errors.New("it is empty"))
		return nil
	}
	return content
}
