package wire

import (
	"net/url"
	"strings"
)

// Resolve is the address that a path, or a redirect's Location, leads to from base, as
// it is put on the wire. Package net/url sends a query as it stands, but a request line
// may hold no space and nothing beyond ASCII (RFC 9112 §3.2, RFC 3986 §3.4), so those
// are percent-encoded here. The error is that of [url.URL.Parse].
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	u, err := base.Parse(ref)
	if err != nil {
		return nil, err
	}
	u.RawQuery = encodeQuery(u.RawQuery)
	return u, nil
}

// encodeQuery percent-encodes what no query may hold: what browsers encode in one (the
// special-query percent-encode set of the WHATWG URL standard), and what RFC 3986 §3.4
// does not allow besides. Brackets, which browsers send, and every % stay as they are:
// %2F and %zz mean what the server takes them for.
func encodeQuery(q string) string {
	const upperhex = "0123456789ABCDEF"
	if strings.IndexFunc(q, func(r rune) bool { return r >= 0x7f || mustEncode(byte(r)) }) < 0 {
		return q
	}
	var b strings.Builder
	for _, c := range []byte(q) {
		if mustEncode(c) {
			b.Write([]byte{'%', upperhex[c>>4], upperhex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func mustEncode(c byte) bool {
	return c <= ' ' || c >= 0x7f || strings.IndexByte("\"#'<>\\^`{|}", c) >= 0
}
