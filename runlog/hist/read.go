package hist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrGeometry says that the histogram of an interval has other bounds or another precision than those of
// [New], so that merging it would lose records.
var ErrGeometry = errors.New("histogram has another geometry")

const (
	// maxLine is far more than a full histogram takes, in bytes.
	maxLine = 1 << 20
	// maxRecords is the most records of an interval. More are damage, and could not be merged.
	maxRecords = 1 << 40
	// aYear in seconds. A log without a base time has absolute instants unless they
	// lie more than a year before its start: the format's own rule.
	aYear = 365 * 24 * 3600
)

// Stored is an [Interval] as it is read.
type Stored struct {
	Tag           string
	Start, Length time.Duration // in whole milliseconds, from the log's start
	// Bars are overwritten when the next interval is read.
	Bars Bars
}

// LogReader reads an interval log. It does not use the library's reader, which silently skips lines that it
// cannot parse: a verdict must not depend on the rest of a damaged log.
type LogReader struct {
	// Tags are those whose intervals are read; nil is all.
	Tags []string

	lines *bufio.Scanner
	codec decoder
	n     int     // lines read
	start float64 // seconds since the epoch
	base  float64 // seconds since the epoch; NaN when not told
}

// NewLogReader reads from r. It skips comment lines and the legend.
func NewLogReader(r io.Reader) *LogReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	return &LogReader{lines: lines, base: math.NaN()}
}

// Next returns the next interval, or io.EOF after the last. A line that is neither
// an interval, nor a comment, nor the legend is an error.
func (l *LogReader) Next() (Stored, error) {
	for l.lines.Scan() {
		l.n++
		line := l.lines.Bytes()
		switch {
		case bytes.HasPrefix(line, []byte("#")):
			l.comment(string(line))
			continue
		case bytes.HasPrefix(line, []byte(`"StartTimestamp"`)):
			continue
		}
		iv, wanted, err := l.interval(line)
		if err != nil {
			return Stored{}, fmt.Errorf("interval log: line %d: %w", l.n, err)
		}
		if wanted {
			return iv, nil
		}
	}
	if err := l.lines.Err(); err != nil {
		return Stored{}, fmt.Errorf("interval log: line %d: %w", l.n+1, err)
	}
	return Stored{}, io.EOF
}

func (l *LogReader) comment(line string) {
	for prefix, to := range map[string]*float64{"#[StartTime: ": &l.start, "#[BaseTime: ": &l.base} {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			number, _, _ := strings.Cut(rest, " ")
			if s, err := seconds(number); err == nil {
				*to = s
			}
		}
	}
}

func (l *LogReader) interval(line []byte) (iv Stored, wanted bool, err error) {
	if rest, ok := bytes.CutPrefix(line, []byte("Tag=")); ok {
		var tag []byte
		tag, line, _ = bytes.Cut(rest, []byte(","))
		iv.Tag = string(tag)
	}
	if l.Tags != nil && !slices.Contains(l.Tags, iv.Tag) {
		return iv, false, nil
	}
	fields := bytes.Split(line, []byte(","))
	if len(fields) != 4 {
		return iv, false, fmt.Errorf("not an interval: %d fields, want 4", len(fields))
	}
	start, err1 := seconds(string(fields[0]))
	length, err2 := seconds(string(fields[1]))
	_, err3 := seconds(string(fields[2]))
	if err := errors.Join(err1, err2, err3); err != nil {
		return iv, false, err
	}
	if iv.Bars, err = l.codec.decode(fields[3]); err != nil {
		return iv, false, fmt.Errorf("tag %s: %w", iv.Tag, err)
	}
	iv.Start, iv.Length = duration(start-l.origin(start)), duration(length)
	return iv, true, nil
}

// origin returns the log's start on the scale of its timestamps.
func (l *LogReader) origin(stamp float64) float64 {
	switch {
	case !math.IsNaN(l.base):
		return l.start - l.base
	case stamp < l.start-aYear:
		return 0
	default:
		return l.start
	}
}

// seconds reads a number of seconds that a time.Duration can hold.
func seconds(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v < math.MaxInt64/1e9/2) {
		return 0, fmt.Errorf("%q is no time in seconds", s)
	}
	return v, nil
}

// duration rounds to the log's millisecond.
func duration(s float64) time.Duration {
	return time.Duration(math.Round(s*1e3)) * time.Millisecond
}
