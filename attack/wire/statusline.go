package wire

import "bytes"

// StatusLine reads the first line of a response byte by byte. So a peer that does not speak HTTP is
// known at its first wrong byte; it might wait for us for ever. The zero value is ready. The line is
// "HTTP/1.1 200 OK": a version of two digits, blanks, three digits, then nothing or a blank and any
// text.
type StatusLine struct {
	// Status is the code, Version 10 × major + minor, once the line is Whole.
	Status, Version int
	Whole           bool

	at statusPart
	n  int // bytes of the part so far
}

type statusPart uint8

const (
	inVersion statusPart = iota
	inBlanks
	inCode
	afterCode
	inReason
	beforeLF
)

// versionForm is the beginning of the line, where 0 stands for any digit.
const versionForm = "HTTP/0.0 "

// Feed reads more bytes, up to the end of the line, and returns the bytes behind it. ok is false if
// this is no status line, whatever follows.
func (s *StatusLine) Feed(b []byte) (rest []byte, ok bool) {
	for i := 0; i < len(b) && !s.Whole; i++ {
		if s.at == inReason {
			end := bytes.IndexByte(b[i:], '\n')
			if s.Whole = end >= 0; s.Whole {
				return b[i+end+1:], true
			}
			return nil, true
		}
		if !s.take(b[i]) {
			return nil, false
		}
		if s.Whole {
			return b[i+1:], true
		}
	}
	return nil, true
}

func (s *StatusLine) take(c byte) bool {
	isDigit := '0' <= c && c <= '9'
	switch s.at {
	case inVersion:
		want := versionForm[s.n]
		if want == '0' && isDigit {
			s.Version = 10*s.Version + int(c-'0')
		} else if c != want || want == '0' {
			return false
		}
		if s.n++; s.n == len(versionForm) {
			s.at, s.n = inBlanks, 0
		}
		return true
	case inBlanks:
		if c == ' ' {
			return true
		}
		s.at = inCode
		return s.take(c)
	case inCode:
		s.Status = 10*s.Status + int(c-'0')
		if s.n++; s.n == 3 {
			s.at = afterCode
		}
		return isDigit
	case afterCode:
		switch c {
		case ' ':
			s.at = inReason
		case '\r':
			s.at = beforeLF
		case '\n':
			s.Whole = true
		default:
			return false
		}
		return true
	default:
		s.Whole = c == '\n'
		return s.Whole
	}
}

// ResponseStart checks the beginning of a response: the 1xx heads, and the status line of the answer
// after them. The zero value is ready.
type ResponseStart struct {
	line StatusLine
	// emptyLine says that only CR has come since the last LF: the next LF ends a head.
	emptyLine bool
}

// Feed reads more bytes. ok is false if a head does not begin with a status line.
func (o *ResponseStart) Feed(b []byte) (ok bool) {
	for len(b) > 0 {
		if !o.line.Whole {
			if b, ok = o.line.Feed(b); !ok {
				return false
			}
			o.emptyLine = true
			continue
		}
		if !Interim(o.line.Status) {
			return true
		}
		for len(b) > 0 && o.line.Whole {
			switch c := b[0]; {
			case c == '\n' && o.emptyLine:
				*o = ResponseStart{}
			case c != '\r':
				o.emptyLine = c == '\n'
			}
			b = b[1:]
		}
	}
	return true
}

// Interim reports that a response with this status is not the answer, which follows it.
func Interim(status int) bool { return status >= 100 && status < 200 && status != 101 }
