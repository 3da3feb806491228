package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"time"
)

// Constants of the V2 encoding: https://github.com/HdrHistogram/HdrHistogram,
// AbstractHistogram.encodeIntoCompressedByteBuffer. cookieMask removes the digit of a cookie that varies.
const (
	cookie           = 0x1c849303
	cookieCompressed = 0x1c849304
	cookieMask       = 0xffffff0f

	wireHead  = 8  // bytes: cookie, length
	plainHead = 40 // bytes: cookie, length, offset, digits, lowest, highest, ratio
)

// The geometry of [New]: bar i of the first octave ends at (i+1)·2^unitBits − 1 ns, each
// octave after it has half as many bars, twice as wide.
const (
	unitBits = 6  // floor(log2(lowest))
	halfBits = 10 // an octave has 2^halfBits bars, enough for a precision of digits
	mostBars = 28 << halfBits
)

// edge returns the longest time that bar i stands for.
func edge(i int64) time.Duration {
	octave := max(0, i>>halfBits-1)
	return time.Duration((i-octave<<halfBits+1)<<(octave+unitBits) - 1)
}

// edgeFrom returns the longest time of the bar that begins with a value.
func edgeFrom(value int64) time.Duration {
	return time.Duration(value + 1<<max(unitBits, bits.Len64(uint64(value))-1-halfBits) - 1)
}

var errTruncated = errors.New("the histogram is cut short")

// decoder reads encoded histograms bar by bar and reuses its memory. The library's own decoders make a whole
// histogram and a decompressor for each; that took most of the time of a report of a long run.
type decoder struct {
	wire, plain []byte
	source      bytes.Reader
	inflate     io.ReadCloser // nil before the first
	bars        Bars
}

// decode returns the bars of a histogram with the geometry of [New]. The next call overwrites them.
func (d *decoder) decode(text []byte) (Bars, error) {
	payload, err := d.decompress(text)
	if err != nil {
		return nil, err
	}
	d.bars = d.bars[:0]
	var total int64
	for i := int64(0); len(payload) > 0; {
		u, n := binary.Uvarint(payload)
		if n <= 0 {
			return nil, errTruncated
		}
		payload = payload[n:]
		count := int64(u>>1) ^ -int64(u&1) // ZigZag
		if count < 0 {                     // -count empty bars
			if i -= count; count < -mostBars || i > mostBars {
				return nil, fmt.Errorf("the histogram has more than %d bars", mostBars)
			}
			continue
		}
		switch total += min(count, maxRecords+1); {
		case i >= mostBars:
			return nil, fmt.Errorf("the histogram has more than %d bars", mostBars)
		case total > maxRecords:
			return nil, fmt.Errorf("more than %d records in one interval", maxRecords)
		case count > 0:
			d.bars = append(d.bars, Bar{edge(i), count})
		}
		i++
	}
	return d.bars, nil
}

// decompress returns the encoded counts.
func (d *decoder) decompress(text []byte) (payload []byte, err error) {
	if d.wire, err = base64.StdEncoding.AppendDecode(d.wire[:0], text); err != nil {
		return nil, err
	}
	if len(d.wire) < wireHead {
		return nil, errTruncated
	}
	length := binary.BigEndian.Uint32(d.wire[4:])
	switch {
	case binary.BigEndian.Uint32(d.wire)&cookieMask != cookieCompressed:
		return nil, errors.New("the histogram is not in the V2 encoding, compressed")
	case int64(length) > int64(len(d.wire)-wireHead):
		return nil, errTruncated
	}
	d.source.Reset(d.wire[wireHead : wireHead+length])
	if d.inflate == nil {
		d.inflate, err = zlib.NewReader(&d.source)
	} else {
		err = d.inflate.(zlib.Resetter).Reset(&d.source, nil)
	}
	if err != nil {
		return nil, err
	}
	size, err := d.head()
	if err != nil {
		return nil, err
	}
	if d.plain, err = d.fill(size); err != nil {
		return nil, err
	}
	// The checksum is read with the end.
	if n, err := io.ReadFull(d.inflate, make([]byte, 1)); n > 0 || err != io.EOF {
		return nil, fmt.Errorf("the histogram does not end after %d bytes: %w", size, err)
	}
	return d.plain, nil
}

// head reads the bytes before the counts, and returns the size of the counts in bytes.
func (d *decoder) head() (size int, err error) {
	head, err := d.fill(plainHead)
	if err != nil {
		return 0, err
	}
	length := binary.BigEndian.Uint32(head[4:])
	switch {
	case binary.BigEndian.Uint32(head)&cookieMask != cookie:
		return 0, errors.New("the histogram is not in the V2 encoding")
	case binary.BigEndian.Uint32(head[12:]) != digits,
		binary.BigEndian.Uint64(head[16:]) != uint64(lowest),
		binary.BigEndian.Uint64(head[24:]) != uint64(Max):
		return 0, ErrGeometry
	case length > mostBars*binary.MaxVarintLen64:
		return 0, fmt.Errorf("the histogram has more than %d bars", mostBars)
	}
	return int(length), nil
}

// fill reads the next n bytes into d.plain.
func (d *decoder) fill(n int) ([]byte, error) {
	d.plain = slices.Grow(d.plain[:0], n)[:n]
	if _, err := io.ReadFull(d.inflate, d.plain); err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, errTruncated
	} else if err != nil {
		return nil, err
	}
	return d.plain, nil
}
