package wire_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/wire"
)

func prepared(h http.Header) (wire.Request, error) {
	rs, err := wire.Prepare(attack.Job{
		Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Settings: attack.Settings{Timeout: time.Second},
		Requests: []attack.Request{{Name: "one", Path: "/", Header: h}},
	}, "")
	if err != nil {
		return wire.Request{}, err
	}
	return rs[0], nil
}

// What net/http would leave out or change in silence, or refuse only when the load is
// under way.
func TestHeadersThatCannotBeSentAreRefusedBeforeTheLoad(t *testing.T) {
	for _, h := range []http.Header{
		{"Host": {""}}, {"Host": {"a b"}}, {"host": {"a/b"}}, {"X-A": {"ok", "a\r\nB: c"}}, {"X A": {"b"}}, {"": {"b"}},
		{"Content-Length": {"5"}}, {"transfer-encoding": {"chunked"}}, {"Trailer": {"X"}},
	} {
		if _, err := prepared(h); err == nil {
			t.Errorf("%q is taken", h)
		}
	}
}

func TestAHostBeyondASCIIIsSentInPunycode(t *testing.T) {
	r, err := prepared(http.Header{"Host": {"bücher.test:8080"}})
	if err != nil || r.Host != "xn--bcher-kva.test:8080" {
		t.Errorf("host %q, error %v", r.Host, err)
	}
}
