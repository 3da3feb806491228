package attack

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/stress-tool/stress/runlog"
)

// Bounds on decoding a body, in bytes, so that an answer that decodes to gigabytes costs no more than any
// other.
const (
	// EncodedLimit is how much of an encoded body is kept.
	EncodedLimit = 1 << 20
	// DecodedLimit is how much of the decoded body is examined.
	DecodedLimit = 8 << 20
	// minEncoded is how much is kept if nothing is expected of the body, for an excerpt.
	minEncoded = 4 << 10
)

// decoding decodes the content coding of a body (RFC 9110 §8.4). The body is decoded at once when it is
// complete: its arrival has been timed then, so the time of decoding is not in the answer's.
type decoding struct {
	coding  string // "" is none
	encoded []byte
	limit   int  // bytes of encoded
	cut     bool // the body is longer than limit
	decoded bool
	// bound says how far the body was examined, problem why it was not decoded.
	bound, problem string

	gzip  *gzip.Reader // reused for the next body
	piece []byte
}

// begin takes the coding from a response's header.
func (d *decoding) begin(h http.Header, limit int) {
	*d = decoding{coding: contentCoding(h["Content-Encoding"]), encoded: d.encoded[:0], limit: limit, gzip: d.gzip, piece: d.piece}
}

// contentCoding returns "gzip", "deflate", another coding or list of codings as the server names it, or
// "" for a plain body.
func contentCoding(values []string) string {
	if len(values) == 0 {
		return ""
	}
	var codings []string
	for coding := range strings.SplitSeq(strings.ToLower(strings.Join(values, ",")), ",") {
		switch coding = strings.TrimSpace(coding); coding {
		case "", "identity":
		case "x-gzip": // RFC 9110 §8.4.1.3
			codings = append(codings, "gzip")
		default:
			codings = append(codings, coding)
		}
	}
	return strings.Join(codings, ", ")
}

func (d *decoding) keep(p []byte) {
	room := min(len(p), d.limit-len(d.encoded))
	d.encoded = append(d.encoded, p[:room]...)
	d.cut = d.cut || room < len(p)
}

// reader decodes the kept bytes. Some servers send deflate without the zlib format, and browsers accept
// that too.
func (d *decoding) reader() (io.Reader, error) {
	in := bytes.NewReader(d.encoded)
	switch {
	case d.coding == "gzip" && d.gzip != nil:
		return d.gzip, d.gzip.Reset(in)
	case d.coding == "gzip":
		r, err := gzip.NewReader(in)
		if err == nil {
			d.gzip = r
		}
		return r, err
	case len(d.encoded) > 1 && d.encoded[0]&15 == 8 && (int(d.encoded[0])<<8|int(d.encoded[1]))%31 == 0:
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// decode decodes the body and lets the judge examine it. It is called when the body is complete, or when
// no more of it will come.
func (j *Judge) decode() {
	d := &j.decoding
	if d.coding == "" || d.decoded || len(d.encoded) == 0 {
		return
	}
	d.decoded = true
	if d.coding != "gzip" && d.coding != "deflate" {
		d.problem = fmt.Sprintf("body is encoded as %q, and only gzip and deflate are decoded: ask for those in Accept-Encoding", shortened(d.coding))
		j.excerpt = append(j.excerpt, "("+shortened(d.coding)+")"...)
		return
	}
	if err := j.decodeAll(); err != nil {
		d.problem = "body is no valid " + d.coding
		if len(j.excerpt) == 0 {
			j.excerpt = append(j.excerpt, d.encoded[:min(ExcerptSize, len(d.encoded))]...)
		}
	}
}

func (j *Judge) decodeAll() error {
	d := &j.decoding
	r, err := d.reader()
	if d.piece == nil {
		d.piece = make([]byte, 16<<10)
	}
	for total := 0; err == nil && !j.decided(); {
		if total >= DecodedLimit {
			d.bound = fmt.Sprintf(" in the first %d MiB that it decodes to", DecodedLimit>>20)
			return nil
		}
		var n int
		n, err = r.Read(d.piece[:min(len(d.piece), DecodedLimit-total)])
		j.scan(d.piece[:n])
		total += n
	}
	switch {
	case err == io.EOF:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF) && d.cut:
		d.bound = fmt.Sprintf(" in what its first %d MiB decode to", EncodedLimit>>20)
		return nil
	}
	return err
}

// decided reports that the rest of the body can change neither the verdict nor the excerpt.
func (j *Judge) decided() bool {
	e := j.expect
	return e.Seen == nil && len(e.Size) == 0 && len(j.excerpt) >= ExcerptSize && (j.class != runlog.Success || j.found) && (!j.matches() || len(j.match) >= MatchLimit)
}

// explain returns why a body is not as expected: the given reason with its bound, or why the body was not
// decoded.
func (d *decoding) explain(reason string) string {
	if d.problem != "" {
		return d.problem
	}
	return reason + d.bound
}
