package control

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/store"
)

// By is who asks, by the context of a request, now.
func By(ctx context.Context) store.By {
	p := peer.Of(ctx)
	by := store.By{At: time.Now(), Who: p.Name}
	if p.Address.IsValid() {
		by.From = p.Address.String()
	}
	return by
}

// Keyed is the context of whoever brings a key of the store, by the name of that key. It reports false for
// one that is nobody's.
func (c *Control) Keyed(ctx context.Context, key string) (context.Context, bool, error) {
	k, known, err := c.Store.UseKey(ctx, key, time.Now())
	return peer.Named(ctx, "API key "+k.Name), known, err
}

// mostName bounds the name of a key, in characters.
const mostName = 100

// AddKey makes an API key and returns it, which nothing does again.
func (c *Control) AddKey(ctx context.Context, name string) (string, error) {
	if name == "" || utf8.RuneCountInString(name) > mostName || plain.Line(name) != name || strings.TrimSpace(name) != name {
		return "", &InvalidError{Err: fmt.Errorf("want a name of up to %d characters that can be seen", mostName)}
	}
	return c.Store.AddKey(ctx, name, By(ctx))
}
