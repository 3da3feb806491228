package rawhttp

import (
	"bytes"
	"math"

	"github.com/stress-tool/stress/attack/wire"
)

// Limits on the framing of a chunked body, in bytes. They are net/http's.
const (
	maxChunkLine = 4 << 10  // the line with a chunk's size
	maxTrailer   = 4 << 10  // all trailers
	maxExcess    = 16 << 10 // overhead beyond what a chunk may have, see chunkSize
)

// readFraming reads the bytes between the chunks of a body. ok is false when it needs more
// data.
func (p *parser) readFraming(data []byte) (rest []byte, ok bool, err error) {
	switch p.state {
	case inChunkSize:
		line, rest, err := p.collect(data, lineEnd, maxChunkLine, wire.ErrMalformed)
		if line == nil || err != nil {
			return nil, false, err
		}
		return rest, true, p.chunkSize(line)
	case inChunkEnd:
		two, rest, err := p.collect(data, twoBytes, 2, wire.ErrMalformed)
		if two == nil || err != nil {
			return nil, false, err
		}
		if string(two) != "\r\n" {
			return nil, false, wire.ErrMalformed
		}
		p.state = inChunkSize
		return rest, true, nil
	default:
		return p.readTrailer(data)
	}
}

// chunkSize reads "1f;ext=…\r\n". It refuses line ends without CR: proxies disagree about
// them, and attackers have used that to smuggle requests.
func (p *parser) chunkSize(line []byte) error {
	n := len(line) - 2
	if n < 0 || bytes.IndexByte(line, '\r') != n {
		return wire.ErrMalformed
	}
	size, _, _ := bytes.Cut(bytes.TrimRight(line[:n], " \t"), []byte{';'})
	if len(size) == 0 || len(size) > 16 {
		return wire.ErrMalformed
	}
	var left uint64
	for _, c := range size {
		d := hexDigit(c)
		if d > 15 {
			return wire.ErrMalformed
		}
		left = left<<4 | uint64(d)
	}
	p.remaining = int64(min(left, math.MaxInt64)) // longer than a connection lives
	// The overhead must not exceed the body. A chunk may have 16 bytes of it and twice its
	// data; the rest adds up.
	p.excess = max(p.excess+int64(n)+2-16-2*min(p.remaining, maxExcess), 0)
	switch {
	case p.excess > maxExcess:
		return wire.ErrMalformed
	case left == 0:
		p.state = inTrailer
	default:
		p.state = inChunk
	}
	return nil
}

// readTrailer reads what follows the last chunk, which mostly is an empty line. It checks
// that trailers have the form of headers, and drops them.
func (p *parser) readTrailer(data []byte) (rest []byte, ok bool, err error) {
	lines, rest, err := p.collect(data, trailerEnd, maxTrailer, wire.ErrMalformed)
	if lines == nil || err != nil {
		return nil, false, err
	}
	line, after := cutField(lines)
	for ; len(line) > 0; line, after = cutField(after) {
		if !validField(line) {
			return nil, false, wire.ErrMalformed
		}
	}
	p.state = ended
	return rest, true, nil
}

// trailerEnd returns the index behind the trailers, or -1 while their end is missing. Like
// net/http it waits for an empty line with CR. If an empty line without CR stands before
// that one, the trailers end there: the bytes behind it belong to no response, and the
// connection cannot be used again.
func trailerEnd(b []byte, seen int) int {
	switch {
	case len(b) < 2:
		return -1
	case b[0] == '\r' && b[1] == '\n':
		return 2
	}
	from := max(seen-3, 0)
	i := bytes.Index(b[from:], []byte("\r\n\r\n"))
	switch {
	case i < 0:
		return -1
	case b[0] == '\n':
		return 1
	}
	return headEnd(b[:from+i+4], 0)
}

func lineEnd(b []byte, seen int) int {
	if i := bytes.IndexByte(b[seen:], '\n'); i >= 0 {
		return seen + i + 1
	}
	return -1
}

func twoBytes(b []byte, _ int) int {
	if len(b) < 2 {
		return -1
	}
	return 2
}
