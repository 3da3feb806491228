package route_test

import (
	"net/url"
	"testing"

	"github.com/stress-tool/stress/attack/route"
)

func TestOrigins(t *testing.T) {
	for raw, want := range map[string]struct{ address, name string }{
		"http://Www.Test":              {"www.test:80", "www.test"},
		"https://www.test.:443/x?y#z":  {"www.test:443", "www.test"},
		"http://www.test:443":          {"www.test:443", "www.test:443"},
		"http://my_app:8080":           {"my_app:8080", "my_app:8080"},
		"http://b\u00fccher.test":      {"xn--bcher-kva.test:80", "xn--bcher-kva.test"},
		"http://B\u00dcCHER\u3002test": {"xn--bcher-kva.test:80", "xn--bcher-kva.test"},
		"http://１２７.0.0.1":             {"127.0.0.1:80", "127.0.0.1"},
		"http://[::FFFF:10.0.0.1]:81":  {"10.0.0.1:81", "10.0.0.1:81"},
		"http://[2001:DB8:0:0::1]":     {"[2001:db8::1]:80", "2001:db8::1"},
		"http://[fe80::1%25eth0]:81":   {"[fe80::1%eth0]:81", "[fe80::1%eth0]:81"},
		"http://user:pw@www.test":      {"www.test:80", "www.test"},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		o := route.OriginOf(u)
		if o.Address != want.address || o.Name() != want.name || o.Scheme != u.Scheme {
			t.Errorf("%s leads to %q, named %q, want %q and %q", raw, o.Address, o.Name(), want.address, want.name)
		}
	}
}

func TestImpossibleHosts(t *testing.T) {
	for _, host := range []string{"", ".", "\u00fc\u202e.test", "\u00fc_.test"} {
		if got, err := route.ASCIIHost(host); err == nil {
			t.Errorf("%q became %q", host, got)
		}
	}
}
