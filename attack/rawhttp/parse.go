package rawhttp

import (
	"bytes"
	"io"

	"github.com/stress-tool/stress/attack/wire"
)

// parser reads the responses on a connection, one after the other, from pieces of any size.
// It decides like net/http what a response is and where it ends, and reports malformed data at
// the same byte: a peer that speaks another protocol may send no more. The result does not
// depend on how the bytes are cut into pieces. The zero value is ready for [parser.reset].
type parser struct {
	state state
	asked question
	head  head
	check headCheck
	// partial is the beginning of a head, a trailer or a chunk's first line whose end has not
	// arrived. It is empty when they arrive in one piece, as they mostly do. searched is how
	// many bytes of it have been searched for the end.
	partial  []byte
	searched int
	// headBytes is the size of the heads of the response so far, 1xx included.
	headBytes int
	// remaining is how many bytes of a body of known length, or of a chunk, are missing.
	remaining int64
	excess    int64 // see chunkSize
}

// question holds what a parser must know of the request.
type question struct {
	// isHead says that it is a HEAD, so that the answer has no body.
	isHead bool
	// wanted are the canonical names of the headers whose values are kept, captured those of which
	// a value is captured, host the name of the header that names the host which answers, "" for none.
	wanted   []string
	captured []string
	host     string
	cache    *headCache // of the answers to it; nil is no cache
}

// state is the part of a response that comes next.
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

// event is what the parser has found.
type event uint8

const (
	// needMore says that all bytes are used and the response is not complete.
	needMore event = iota
	// gotHead says that the head is complete. Its fields are valid until the next call.
	gotHead
	// gotBody comes with a piece of the body.
	gotBody
	// gotEnd says that the response is complete.
	gotEnd
)

// headCache holds the last head that answered a request, and its parsed form. Servers answer
// the same request with the same head, except for the date, which changes once a second; and
// comparing takes a tenth of the time of parsing. Parsers with the same wanted headers may share
// one cache.
type headCache struct {
	bytes []byte
	head  head
}

// maxCachedHead is the largest head that is stored, in bytes.
const maxCachedHead = 4 << 10

func (m *headCache) matches(data []byte) bool {
	n := len(m.bytes)
	return n > 0 && len(data) >= n && bytes.Equal(data[:n], m.bytes)
}

// store keeps a head, unless it has wanted fields or names a host: such heads mostly differ each
// time.
func (m *headCache) store(b []byte, h *head) {
	if len(b) <= maxCachedHead && len(h.fields) == 0 && len(h.captured) == 0 && h.host == nil {
		m.bytes = append(m.bytes[:0], b...)
		m.head = *h
		m.head.fields, m.head.captured = nil, nil
	}
}

// reset begins the next response.
func (p *parser) reset(asked question) {
	p.state, p.asked = inHead, asked
	p.partial, p.searched, p.headBytes, p.check = p.partial[:0], 0, 0, headCheck{}
}

// next parses data up to the next event. It returns the event, a piece of the body with
// gotBody, and the data that is left. The piece, and the fields of the head, are slices of data
// or of the parser's memory; they are valid until the next call.
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
			n := int(min(p.remaining, int64(len(data))))
			if p.remaining -= int64(n); p.remaining == 0 {
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

// atEOF handles the end of the connection: it completes a body that has no other end, and is
// an error anywhere else.
func (p *parser) atEOF() error {
	if p.state == untilEnd {
		p.state = ended
		return nil
	}
	return io.ErrUnexpectedEOF
}

// readHead reads a head. The event gotEnd means that it was a 1xx response, which is skipped.
func (p *parser) readHead(data []byte) (event, []byte, error) {
	if known := p.asked.cache; known != nil && len(p.partial) == 0 && known.matches(data) {
		fields, captured := p.head.fields[:0], p.head.captured[:0]
		p.head = known.head
		p.head.fields, p.head.captured = fields, captured
		return p.afterHead(len(known.bytes), data[len(known.bytes):])
	}
	whole, rest, err := p.collect(data, headEnd, wire.MaxHead-p.headBytes, wire.ErrHeadTooLarge)
	switch {
	case err != nil:
		return needMore, nil, err
	case whole == nil && !p.check.plausible(p.partial, data):
		return needMore, nil, wire.ErrMalformed
	case whole == nil:
		return needMore, nil, nil
	}
	p.check = headCheck{}
	if err := p.head.parse(whole, &p.asked); err != nil {
		return needMore, nil, err
	}
	if p.asked.cache != nil {
		p.asked.cache.store(whole, &p.head)
	}
	return p.afterHead(len(whole), rest)
}

// afterHead goes on behind a head of n bytes.
func (p *parser) afterHead(n int, rest []byte) (event, []byte, error) {
	if p.headBytes += n; p.headBytes > wire.MaxHead {
		return needMore, nil, wire.ErrHeadTooLarge
	}
	if wire.Interim(p.head.status) {
		return gotEnd, rest, nil
	}
	return gotHead, rest, p.frame()
}

// collect returns the bytes up to and including the end that find finds, nil while that is
// missing. It copies the bytes only then.
func (p *parser) collect(data []byte, find func([]byte, int) int, limit int, tooLong error) (whole, rest []byte, err error) {
	text := data
	if len(p.partial) > 0 {
		// Copy no more than the limit allows, however much has arrived.
		room := min(len(data), max(limit+1-len(p.partial), 0))
		before := len(p.partial)
		p.partial = append(p.partial, data[:room]...)
		text = p.partial
		if end := find(text, p.searched); end >= 0 && end <= limit {
			p.partial, p.searched = p.partial[:0], 0
			if end < before {
				return text[:end], text[end:], nil
			}
			return text[:end], data[end-before:], nil
		}
	} else if end := find(text, 0); end >= 0 && end <= limit {
		return text[:end], data[end:], nil
	}
	if len(text) > limit {
		return nil, nil, tooLong
	}
	if len(p.partial) == 0 {
		p.partial = append(p.partial, data...)
	}
	p.searched = len(p.partial)
	return nil, nil, nil
}

// headEnd returns the index behind the empty line after a head, -1 while that is missing. The
// first seen bytes have been searched before. Lines end with LF or with CR LF.
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

// frame decides from the head how the body ends (RFC 9112 §6.3).
func (p *parser) frame() error {
	h := &p.head
	if h.badLength {
		return wire.ErrMalformed
	}
	switch {
	case p.asked.isHead || h.status == 101 || h.status == 204 || h.status == 304:
		p.state = ended
	case h.chunked:
		p.state, p.excess = inChunkSize, 0
	case h.length > 0:
		p.state, p.remaining = inLength, h.length
	case h.length == 0:
		p.state = ended
	default:
		p.state, h.keepAlive = untilEnd, false
	}
	return nil
}
