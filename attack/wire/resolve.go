package wire

import (
	"net/url"
	"strings"
)

// Resolve returns the URL of a path, or of a redirect's Location, relative to base, in the form that
// is sent. Package net/url does not encode a query, but a request line must not hold spaces or
// bytes beyond ASCII (RFC 9112 §3.2, RFC 3986 §3.4); those are percent-encoded here. The error is
// that of [url.URL.Parse].
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	u, err := base.Parse(ref)
	if err != nil {
		return nil, err
	}
	u.RawQuery = encodeQuery(u.RawQuery)
	return u, nil
}

// encodeQuery percent-encodes the bytes that a query must not hold: those that browsers encode (the
// special-query percent-encode set of the WHATWG URL standard), and the others that RFC 3986 §3.4
// does not allow. Brackets stay, as in browsers, and so does every %: the server decides what %2F
// and %zz mean.
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
