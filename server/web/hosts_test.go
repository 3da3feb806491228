package web

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/server/control"
)

// What a page lists of a host that is not verified are whole sentences, each once.
func TestWhatWasLookedForIsSaidInSentences(t *testing.T) {
	of := func(scheme string) error {
		return &route.RefusedError{Err: &ownership.UnverifiedError{
			Host: "shop.example", Address: netip.MustParseAddrPort("192.0.2.1:80"), Token: "loaderio-1",
			Tried: []ownership.Attempt{{Where: scheme + "://shop.example/loaderio-1/", Found: "status 404"}, {Where: "TXT record loaderio=1 of shop.example", Found: "not there"}},
		}}
	}
	got := lookedFor(fmt.Errorf("%w: %w", control.ErrUnverified, errors.Join(of("http"), of("https"), errors.New("lookup shop.example: no such host"))))
	want := []string{
		"shop.example is public, and 192.0.2.1 does not prove that it is yours.",
		"Looked at http://shop.example/loaderio-1/, and found: status 404.",
		"Looked at TXT record loaderio=1 of shop.example, and found: not there.",
		"Looked at https://shop.example/loaderio-1/, and found: status 404.",
		"lookup shop.example: no such host.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
