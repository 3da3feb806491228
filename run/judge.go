package run

import (
	"context"
	"net"
	"net/netip"
	"net/url"

	"github.com/stress-tool/stress/attack/route"
)

// judge returns why an address must not be dialled for an origin, nil if it may be. Requests that name
// another host in their header Host are for that host, wherever their address leads: at a public address,
// which may serve many, that host must be the user's too.
func (g *Generator) judge(ctx context.Context, o route.Origin, to netip.AddrPort) error {
	err := g.guard.Judge(ctx, o, to)
	for _, host := range g.namedHosts(o) {
		if err != nil {
			break
		}
		_, port, _ := net.SplitHostPort(o.Address)
		named := route.OriginOf(&url.URL{Scheme: o.Scheme, Host: host})
		name, _, _ := net.SplitHostPort(named.Address)
		err = g.guard.Judge(ctx, route.Origin{Scheme: o.Scheme, Address: net.JoinHostPort(name, port)}, to)
	}
	return err
}

// namedHosts are the Host headers that requests to an origin may have.
func (g *Generator) namedHosts(o route.Origin) []string {
	var hosts []string
	for _, t := range g.targets {
		if t.Host != "" && route.OriginOf(t.URL) == o {
			hosts = append(hosts, t.Host)
		}
	}
	for _, request := range g.sc.Requests {
		if host := request.Header.Get("Host"); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
