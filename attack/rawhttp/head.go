package rawhttp

import (
	"bytes"
	"math"

	"github.com/stress-tool/stress/attack/wire"
)

// head is what a response's head says.
type head struct {
	status int
	// length is the Content-Length, -1 without one; badLength says that there is one
	// and it is none, or several contradict each other.
	length    int64
	badLength bool
	chunked   bool
	keepAlive bool
	// fields are the headers wanted, in order; host is the value of the header that names who
	// answers, nil without one.
	fields []field
	host   []byte

	version       int  // 11 is HTTP/1.1
	encodings     int  // how many Transfer-Encoding there are
	closes, stays bool // what Connection says
}

// field is a header that was wanted.
type field struct {
	name  string // as in wanted
	value []byte
}

// parse reads a head, its empty line included.
func (h *head) parse(b []byte, asked *question) error {
	*h = head{length: -1, fields: h.fields[:0]}
	var first wire.StatusLine
	b, ok := first.Feed(b)
	if !ok || !first.Whole {
		return wire.ErrMalformed
	}
	h.status, h.version = first.Status, first.Version
	for {
		var line []byte
		if line, b = cutField(b); len(line) == 0 {
			break
		}
		if !h.line(line, asked) {
			return wire.ErrMalformed
		}
	}
	if h.encodings > 0 && h.version >= 11 {
		// Two codings, or one that is not known, cannot be undone.
		if h.encodings > 1 || !h.chunked {
			return wire.ErrMalformed
		}
	} else {
		h.chunked = false
	}
	h.keepAlive = h.version >= 10 && !h.closes && (h.version > 10 || h.stays)
	return nil
}

// line reads "Name: value".
func (h *head) line(b []byte, asked *question) bool {
	if !validField(b) {
		return false
	}
	colon := bytes.IndexByte(b, ':')
	// A blank before the colon is let pass, as net/http does, but then the header is
	// none of those that mean something.
	name, value := b[:colon], trimLeft(b[colon+1:])
	switch len(name) {
	case len("Connection"):
		if fold(name, "connection") {
			h.closes = h.closes || hasToken(value, "close")
			h.stays = h.stays || hasToken(value, "keep-alive")
		}
	case len("Content-Length"):
		if fold(name, "content-length") {
			n, ok := number(trimRight(value))
			h.badLength = h.badLength || !ok || h.length >= 0 && h.length != n
			h.length = n
		}
	case len("Transfer-Encoding"):
		if fold(name, "transfer-encoding") {
			h.encodings++
			h.chunked = fold(value, "chunked")
		}
	}
	if asked.host != "" && fold(name, asked.host) {
		h.names(value)
	}
	for _, w := range asked.wanted {
		if len(w) == len(name) && fold(name, w) {
			h.fields = append(h.fields, field{w, value})
			break
		}
	}
	return true
}

// names notes who answers. Several values are one, as RFC 9110 §5.3 joins them.
func (h *head) names(value []byte) {
	if h.host == nil {
		h.host = value[:len(value):len(value)]
		return
	}
	h.host = append(append(h.host, ", "...), value...)
}

// number reads a Content-Length: digits, below 2⁶³.
func number(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if !digit(c) || n > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// doubt judges a head that has not all come, line by line as net/http reads it. The zero
// value has seen nothing.
type doubt struct {
	first  wire.StatusLine
	judged int // bytes of the head that have been found good
}

// maxDoubted is how much of a head is judged before it is whole, in bytes: a longer one
// that comes in small pieces would be looked at too often.
const maxDoubted = 16 << 10

// believes reports that what has come may be the beginning of a head; fresh is the end of
// it, not looked at yet.
func (d *doubt) believes(head, fresh []byte) bool {
	if !d.first.Whole {
		rest, ok := d.first.Feed(fresh)
		if !ok || !d.first.Whole {
			return ok
		}
		d.judged = len(head) - len(rest)
	}
	for d.judged < len(head) && len(head) <= maxDoubted {
		rest := head[d.judged:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return true
		}
		if !beginsField(rest[:end]) {
			return false
		}
		line, after := cutField(rest)
		if len(after) == 0 {
			return true // the next line may belong to it
		}
		if !validField(line) {
			return false
		}
		d.judged = len(head) - len(after)
	}
	return true
}
