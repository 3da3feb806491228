package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/runlog"
)

// capture lets the requests that follow use the values of captures. first is how many there are before them.
func (k *marker) capture(captures []capture.Capture, first int) error {
	for i, c := range captures {
		if _, taken := k.names[c.Name]; taken {
			return fmt.Errorf("captures %s, and there is a value of that name already", c.Name)
		}
		k.names[c.Name] = template.Captured(first + i)
	}
	return nil
}

// End notes on an outcome how many requests of the pass are not sent because it gave no value for them.
// That it failed for another reason changes nothing: the value is missing. Where the leg itself cut it, the
// rest of the pass is the leg's affair.
func (r *Request) End(o *attack.Outcome) {
	if r.Captures == nil || o.Class == runlog.Success || o.Class == runlog.Cut {
		return
	}
	o.Skipped = r.later
	if o.Lacks == "" {
		o.Lacks = r.Captures.Name()
	}
}

// Head is the head of an answer from URL, whose cookies Cookies have kept.
type Head struct {
	Fields  http.Header
	URL     *url.URL
	Cookies *Cookies
}

// Header implements [capture.Head].
func (h *Head) Header(b []byte, name string) ([]byte, bool) {
	values := h.Fields[name]
	if len(values) == 0 {
		return b, false
	}
	return append(b, values[0]...), true
}

// Cookie implements [capture.Head]. What the answer sets counts before what was set for its address.
func (h *Head) Cookie(b []byte, name string) ([]byte, bool) {
	now := time.Now()
	for _, k := range slices.Backward((&http.Response{Header: h.Fields}).Cookies()) {
		if k.Name == name {
			gone := k.MaxAge < 0 || !k.Expires.IsZero() && !k.Expires.After(now)
			return append(b, k.Value...), !gone
		}
	}
	for _, k := range h.Cookies.For(h.URL) {
		if k.Name == name {
			return append(b, k.Value...), true
		}
	}
	return b, false
}
