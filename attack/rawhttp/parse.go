package rawhttp

import (
	"bytes"
	"io"
	"math"

	"github.com/stress-tool/stress/attack/wire"
)

// parser reads one response after another from the bytes of a connection, as they
// come. It decides as net/http does what is a response and how it ends, one thing
// excepted: header lines continued on the next (obs-fold), which RFC 9112 §5.2 calls
// obsolete, are malformed here. What it says does not depend on how the bytes are
// cut. The zero value is ready for [parser.reset].
type parser struct {
	state state
	// noBody says that the answer is to a HEAD: it ends with its head.
	noBody bool
	wanted []string
	known  *memo // nil remembers nothing
	head   head
	// held is the part of a head, a trailer or a chunk's first line that has come so
	// far; empty in the common case that the rest of it comes along. seen is how much
	// of it was searched for its end.
	held []byte
	seen int
	// heads is the size of the heads of the response so far, 1xx included.
	heads int
	// left is how much of a body of known length, or of a chunk, is to come.
	left   int64
	excess int64 // see chunkSize
}

// state is what comes next.
type state uint8

const (
	inHead state = iota
	inLength
	inChunkSize
	inChunk
	inChunkEnd
	inTrailer
	untilEnd
	ended
)

// event is what the parser has come upon.
type event uint8

const (
	// needMore says that all bytes are used up and more must come.
	needMore event = iota
	// gotHead says that the head is there, and its fields until the next call.
	gotHead
	// gotBody comes with a piece of the body.
	gotBody
	// gotEnd says that the response is complete.
	gotEnd
)

// memo is the last head that answered a request, and what it said. Servers answer
// the same request with the same head, the date aside, which changes once a second:
// comparing is a tenth of the work of parsing. One memo may serve many parsers whose
// wanted are the same.
type memo struct {
	bytes []byte
	head  head
}

// maxMemo is the largest head that is remembered, in bytes.
const maxMemo = 4 << 10

func (m *memo) matches(data []byte) bool {
	n := len(m.bytes)
	return n > 0 && len(data) >= n && bytes.Equal(data[:n], m.bytes)
}

// keep remembers a head. One with fields that were wanted says something else every
// time, mostly.
func (m *memo) keep(b []byte, h *head) {
	if len(b) <= maxMemo && len(h.fields) == 0 {
		m.bytes = append(m.bytes[:0], b...)
		m.head = *h
		m.head.fields = nil
	}
}

// reset begins with the next response. wanted are the canonical names of the headers
// whose values are kept.
func (p *parser) reset(isHead bool, wanted []string, known *memo) {
	p.state, p.noBody, p.wanted, p.known = inHead, isHead, wanted, known
	p.held, p.seen, p.heads = p.held[:0], 0, 0
}

// next looks at data until something is found. It returns what, the piece of a body,
// and the data that is left. The pieces and fields are slices of data or of the
// parser's memory, good until the next call.
func (p *parser) next(data []byte) (e event, piece, rest []byte, err error) {
	for {
		switch p.state {
		case inHead:
			e, rest, err = p.readHead(data)
			if e == needMore || e == gotHead || err != nil {
				return e, nil, rest, err
			}
			data = rest // that was a 1xx
		case inLength, inChunk:
			if len(data) == 0 {
				return needMore, nil, nil, nil
			}
			n := int(min(p.left, int64(len(data))))
			if p.left -= int64(n); p.left == 0 {
				p.state = p.afterBytes()
			}
			return gotBody, data[:n], data[n:], nil
		case untilEnd:
			if len(data) == 0 {
				return needMore, nil, nil, nil
			}
			return gotBody, data, nil, nil
		case ended:
			return gotEnd, nil, data, nil
		default:
			var ok bool
			if data, ok, err = p.readFraming(data); !ok || err != nil {
				return needMore, nil, nil, err
			}
		}
	}
}

func (p *parser) afterBytes() state {
	if p.state == inChunk {
		return inChunkEnd
	}
	return ended
}

// end says what it means that the connection ends here: the end of a body that has
// no other, or an error.
func (p *parser) end() error {
	if p.state == untilEnd {
		p.state = ended
		return nil
	}
	return io.ErrUnexpectedEOF
}

// readHead reads a head. An event of gotEnd means that it was a 1xx to go by.
func (p *parser) readHead(data []byte) (event, []byte, error) {
	if p.known != nil && len(p.held) == 0 && p.known.matches(data) {
		fields := p.head.fields[:0]
		p.head = p.known.head
		p.head.fields = fields
		return p.headed(len(p.known.bytes), data[len(p.known.bytes):])
	}
	whole, rest, err := p.collect(data, headEnd, wire.MaxHead-p.heads, wire.ErrHeadTooLarge)
	switch {
	case err != nil:
		return needMore, nil, err
	case whole == nil && !beginsLike(p.held, "HTTP/"):
		return needMore, nil, wire.ErrMalformed // whoever speaks here may wait for us
	case whole == nil:
		return needMore, nil, nil
	}
	if err := p.head.parse(whole, p.wanted); err != nil {
		return needMore, nil, err
	}
	if p.known != nil {
		p.known.keep(whole, &p.head)
	}
	return p.headed(len(whole), rest)
}

// headed goes on behind a head of n bytes.
func (p *parser) headed(n int, rest []byte) (event, []byte, error) {
	if p.heads += n; p.heads > wire.MaxHead {
		return needMore, nil, wire.ErrHeadTooLarge
	}
	if s := p.head.status; s >= 100 && s < 200 && s != 101 {
		return gotEnd, rest, nil
	}
	return gotHead, rest, p.frame()
}

// collect gathers the bytes up to and including an end that find finds; nil where it
// has not come yet. Only then are they copied.
func (p *parser) collect(data []byte, find func([]byte, int) int, limit int, tooLong error) (whole, rest []byte, err error) {
	text := data
	if len(p.held) > 0 {
		// No more than may be there is copied, however much has come.
		room := min(len(data), max(limit+1-len(p.held), 0))
		before := len(p.held)
		p.held = append(p.held, data[:room]...)
		text = p.held
		if end := find(text, p.seen); end >= 0 && end <= limit {
			p.held, p.seen = p.held[:0], 0
			return text[:end], data[end-before:], nil
		}
	} else if end := find(text, 0); end >= 0 && end <= limit {
		return text[:end], data[end:], nil
	}
	if len(text) > limit {
		return nil, nil, tooLong
	}
	if len(p.held) == 0 {
		p.held = append(p.held, data...)
	}
	p.seen = len(p.held)
	return nil, nil, nil
}

// headEnd is where the empty line after a head ends, -1 if it has not come; the
// first seen bytes have been searched before. Lines end with LF, CR before it or not.
func headEnd(b []byte, seen int) int {
	for i := max(seen-2, 0); ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		switch {
		case i < len(b) && b[i] == '\n':
			return i + 1
		case i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n':
			return i + 2
		}
	}
}

// frame decides from the head how the body ends: RFC 9112 §6.3.
func (p *parser) frame() error {
	h := &p.head
	if h.badLength {
		return wire.ErrMalformed
	}
	switch {
	case p.noBody || h.status == 101 || h.status == 204 || h.status == 304:
		p.state = ended
	case h.chunked:
		p.state, p.excess = inChunkSize, 0
	case h.length > 0:
		p.state, p.left = inLength, h.length
	case h.length == 0:
		p.state = ended
	default:
		p.state, h.keepAlive = untilEnd, false
	}
	return nil
}

// head is what a response's head says.
type head struct {
	status int
	// length is the Content-Length, -1 without one; badLength says that there is one
	// and it is none, or several contradict each other.
	length    int64
	badLength bool
	chunked   bool
	keepAlive bool
	// fields are the headers wanted, in order.
	fields []field

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
func (h *head) parse(b []byte, wanted []string) error {
	*h = head{length: -1, fields: h.fields[:0]}
	line, b := cutLine(b)
	if !h.statusLine(line) {
		return wire.ErrMalformed
	}
	for {
		if line, b = cutLine(b); len(line) == 0 {
			break
		}
		if !h.line(line, wanted) {
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

// statusLine reads "HTTP/1.1 200 OK". The reason may be missing.
func (h *head) statusLine(b []byte) bool {
	const shortest = len("HTTP/1.1 200")
	if len(b) < shortest || string(b[:5]) != "HTTP/" || !digit(b[5]) || b[6] != '.' || !digit(b[7]) || b[8] != ' ' {
		return false
	}
	h.version = int(b[5]-'0')*10 + int(b[7]-'0')
	b = bytes.TrimLeft(b[9:], " ")
	if len(b) < 3 || !digit(b[0]) || !digit(b[1]) || !digit(b[2]) || len(b) > 3 && b[3] != ' ' {
		return false
	}
	h.status = int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
	return true
}

// line reads "Name: value".
func (h *head) line(b []byte, wanted []string) bool {
	colon := nameEnd(b)
	if colon <= 0 || !validValue(b[colon+1:]) {
		return false
	}
	// A blank before the colon is let pass, as net/http does, but then the header is
	// none of those that mean something.
	name, value := b[:colon], trim(b[colon+1:])
	switch len(name) {
	case len("Connection"):
		if fold(name, "connection") {
			h.closes = h.closes || hasToken(value, "close")
			h.stays = h.stays || hasToken(value, "keep-alive")
		}
	case len("Content-Length"):
		if fold(name, "content-length") {
			n, ok := number(value)
			h.badLength = h.badLength || !ok || h.length >= 0 && h.length != n
			h.length = n
		}
	case len("Transfer-Encoding"):
		if fold(name, "transfer-encoding") {
			h.encodings++
			h.chunked = fold(value, "chunked")
		}
	}
	for _, w := range wanted {
		if len(w) == len(name) && fold(name, w) {
			h.fields = append(h.fields, field{w, value})
			break
		}
	}
	return true
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
