package control

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/server/store"
)

// AddHost keeps a host, by the name of its address: with a port where that is not the usual one.
// One that is kept already stays as it is.
func (c *Control) AddHost(ctx context.Context, name string) (store.Host, error) {
	origins, err := originsOf(name)
	if err != nil {
		return store.Host{}, &InvalidError{Err: err}
	}
	name = origins[0].Name()
	token, err := c.Guard().Token(origins[0])
	if err != nil {
		return store.Host{}, err
	}
	h := store.Host{ID: strings.TrimPrefix(token, ownership.TokenPrefix), Name: name, Created: time.Now()}
	if err := c.Store.AddHost(ctx, h, By(ctx)); err != nil {
		return store.Host{}, err
	}
	return c.Store.HostNamed(ctx, name)
}

// InURL is the name of a host as it stands in a URL: an address of IPv6 in brackets.
func InURL(name string) string {
	if a, err := netip.ParseAddr(name); err == nil && a.Is6() {
		return "[" + name + "]"
	}
	return name
}

// originsOf are where a host of that name answers: by plain HTTP, or by HTTPS.
func originsOf(name string) ([]route.Origin, error) {
	name = InURL(name)
	var origins []route.Origin
	for _, scheme := range []string{"http", "https"} {
		u, err := url.Parse(scheme + "://" + name)
		if err != nil || u.Host != name || u.Hostname() == "" {
			return nil, fmt.Errorf("%q is no host: want a name or an address, with a port where it is not the usual one", name)
		}
		if _, err := route.Host(u); err != nil {
			return nil, err
		}
		origins = append(origins, route.OriginOf(u))
	}
	return origins, nil
}

// Prove looks whether a host may be loaded, and keeps the answer. The error says why it may not, or
// why that cannot be kept.
func (c *Control) Prove(ctx context.Context, h store.Host) (store.Host, error) {
	origins, err := originsOf(h.Name)
	if err != nil {
		return h, err
	}
	var unproven []error
	for _, o := range origins {
		routes := route.Table{Judge: c.Guard().Judge}
		if err := routes.Resolve(ctx, route.Hop{Origin: o}); err != nil {
			unproven = append(unproven, err)
		}
	}
	if h.Verified = (time.Time{}); len(unproven) < len(origins) {
		h.Verified, unproven = time.Now().UTC().Truncate(time.Millisecond), nil
	}
	return h, errors.Join(c.Store.Verify(ctx, h.ID, h.Verified, By(ctx)), errors.Join(unproven...))
}

// DeleteHost forgets a host with its tests and their runs, and ends the one of these that goes on.
func (c *Control) DeleteHost(ctx context.Context, id string) error {
	if err := c.Store.DeleteHost(ctx, id, By(ctx)); err != nil {
		return err
	}
	return c.Queue.StopForgotten(ctx)
}

// DeleteTest forgets a test with its runs, and ends the one of these that goes on.
func (c *Control) DeleteTest(ctx context.Context, id string) error {
	if err := c.Store.DeleteTest(ctx, id, By(ctx)); err != nil {
		return err
	}
	return c.Queue.StopForgotten(ctx)
}
