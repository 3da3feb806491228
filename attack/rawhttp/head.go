package rawhttp

import (
	"bytes"
	"math"

	"github.com/stress-tool/stress/attack/wire"
)

// head holds what the head of a response says.
type head struct {
	status int
	// length is the Content-Length, -1 without one. badLength says that it is no number, or
	// that there are several which differ.
	length    int64
	badLength bool
	chunked   bool
	keepAlive bool
	// fields are the wanted headers, in order. host is the value of the header that names the
	// host which answers, nil without one.
	fields []field
	host   []byte
	// captured are those of which a value is captured, in order.
	captured []field

	version                    int  // 11 is HTTP/1.1
	transferEncodings          int  // number of Transfer-Encoding headers
	closeToken, keepAliveToken bool // tokens of the Connection headers: close, keep-alive
}

// field is a header whose value is kept.
type field struct {
	name  string // as it is written in wanted
	value []byte
}

// parse reads a head with the empty line at its end.
func (h *head) parse(b []byte, asked *question) error {
	*h = head{length: -1, fields: h.fields[:0], captured: h.captured[:0]}
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
		if !h.parseLine(line, asked) {
			return wire.ErrMalformed
		}
	}
	if h.transferEncodings > 0 && h.version >= 11 {
		// Two codings, or an unknown one, cannot be decoded.
		if h.transferEncodings > 1 || !h.chunked {
			return wire.ErrMalformed
		}
	} else {
		h.chunked = false
	}
	h.keepAlive = h.version >= 10 && !h.closeToken && (h.version > 10 || h.keepAliveToken)
	return nil
}

// parseLine reads "Name: value". It returns false for a line that is no header.
func (h *head) parseLine(b []byte, asked *question) bool {
	if !validField(b) {
		return false
	}
	colon := bytes.IndexByte(b, ':')
	// Like net/http this accepts a blank before the colon, but such a header matches no name
	// below.
	name, value := b[:colon], trimLeft(b[colon+1:])
	switch len(name) {
	case len("Connection"):
		if equalFold(name, "connection") {
			h.closeToken = h.closeToken || hasToken(value, "close")
			h.keepAliveToken = h.keepAliveToken || hasToken(value, "keep-alive")
		}
	case len("Content-Length"):
		if equalFold(name, "content-length") {
			n, ok := contentLength(trimRight(value))
			h.badLength = h.badLength || !ok || h.length >= 0 && h.length != n
			h.length = n
		}
	case len("Transfer-Encoding"):
		if equalFold(name, "transfer-encoding") {
			h.transferEncodings++
			h.chunked = equalFold(value, "chunked")
		}
	}
	if asked.host != "" && equalFold(name, asked.host) {
		h.names(value)
	}
	h.fields = keep(h.fields, asked.wanted, name, value)
	h.captured = keep(h.captured, asked.captured, name, value)
	return true
}

// keep appends a header to fields if it is one of those that are wanted.
func keep(fields []field, wanted []string, name, value []byte) []field {
	for _, w := range wanted {
		if len(w) == len(name) && equalFold(name, w) {
			return append(fields, field{w, value})
		}
	}
	return fields
}

// names notes who answers. Several values are one, as RFC 9110 §5.3 joins them.
func (h *head) names(value []byte) {
	if h.host == nil {
		h.host = value[:len(value):len(value)]
		return
	}
	h.host = append(append(h.host, ", "...), value...)
}

// contentLength reads the value of a Content-Length: digits, below 2⁶³.
func contentLength(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if !isDigit(c) || n > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// headCheck checks an incomplete head line by line, as net/http does, so that a response that is
// no HTTP fails at once. The zero value has seen nothing.
type headCheck struct {
	status  wire.StatusLine
	checked int // number of bytes that are known to be valid
}

// maxChecked is how much of an incomplete head is checked, in bytes. A longer one that arrives
// in small pieces would cost too much.
const maxChecked = 16 << 10

// plausible reports that the bytes so far may be the beginning of a head. fresh is the end of
// them, which was not checked before.
func (d *headCheck) plausible(head, fresh []byte) bool {
	if !d.status.Whole {
		rest, ok := d.status.Feed(fresh)
		if !ok || !d.status.Whole {
			return ok
		}
		d.checked = len(head) - len(rest)
	}
	for d.checked < len(head) && len(head) <= maxChecked {
		rest := head[d.checked:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return true
		}
		if !beginsField(rest[:end]) {
			return false
		}
		line, after := cutField(rest)
		if len(after) == 0 {
			return true // the next line may continue this one
		}
		if !validField(line) {
			return false
		}
		d.checked = len(head) - len(after)
	}
	return true
}
