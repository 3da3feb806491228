// Package peer says who asks a server for something: from which address, over TLS or in clear, and by
// which account or key, also where a proxy stands between.
package peer

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Peer is who asks. The zero value is nobody that is known.
type Peer struct {
	Address netip.Addr // invalid where it is unknown
	Secure  bool       // what is sent goes over TLS, as far as the proxy that is believed
	Proxied bool       // it came through a proxy, whether that one is believed or not
	Name    string     // an account's, or "API key NAME"; "" is nobody in particular
}

type inContext struct{}

// Of is who asks by a request that has passed [Proxies.Handler]; its context alone is enough.
func Of(ctx context.Context) Peer {
	p, _ := ctx.Value(inContext{}).(Peer)
	return p
}

// Named is a context of the same peer, by that name.
func Named(ctx context.Context, name string) context.Context {
	p := Of(ctx)
	p.Name = name
	return context.WithValue(ctx, inContext{}, p)
}

// Proxies are the networks of proxies that are believed. Without any, nobody is.
type Proxies []netip.Prefix

// Handler lets requests pass with who asks in their contexts. Of X-Forwarded-For it believes what the
// proxies say, from the last of them on: everything before the first address that is none of theirs was
// written by who asks. X-Forwarded-Proto is believed of a proxy alone.
func (p Proxies) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), inContext{}, p.peerOf(r))))
	})
}

// forwarding are the headers by which proxies are known.
var forwarding = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via"}

func (p Proxies) peerOf(r *http.Request) Peer {
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // invalid of no network
	who := Peer{Address: from.Addr().Unmap().WithZone(""), Secure: r.TLS != nil}
	who.Proxied = slices.ContainsFunc(forwarding, func(h string) bool { return r.Header.Get(h) != "" })
	if !p.Include(who.Address) {
		return who
	}
	if said := r.Header.Values("X-Forwarded-Proto"); len(said) > 0 {
		all := strings.Split(said[len(said)-1], ",")
		who.Secure = strings.EqualFold(strings.TrimSpace(all[len(all)-1]), "https")
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break // of what stands before nobody knows who wrote it
		}
		if who.Address = a.Unmap().WithZone(""); !p.Include(who.Address) {
			break
		}
	}
	return who
}

// Include reports that an address is one of the proxies.
func (p Proxies) Include(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}
