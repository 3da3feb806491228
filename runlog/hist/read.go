package hist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// ErrGeometry says that an interval's histogram was made with other bounds or
// precision than [New] gives, so merging it would lose records.
var ErrGeometry = errors.New("histogram has another geometry")

const (
	// maxLine is far above what a full histogram takes, in bytes.
	maxLine = 1 << 20
	// maxRecords in an interval: more are damage, and could not be merged.
	maxRecords = 1 << 40
	// aYear in seconds. A log without a base time has absolute instants unless they
	// lie more than a year before its start: the format's own rule.
	aYear = 365 * 24 * 3600
)

// LogReader reads an interval log. It decodes histograms with the library, but
// lines by itself: the library's reader passes silently over lines that it cannot
// parse, and a judgement must not rest on what damage left over.
type LogReader struct {
	lines *bufio.Scanner
	n     int     // lines read
	start float64 // seconds since the epoch
	base  float64 // seconds since the epoch; NaN when not told
}

// NewLogReader reads from r. Comment lines and the legend are passed over.
func NewLogReader(r io.Reader) *LogReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	return &LogReader{lines: lines, base: math.NaN()}
}

// Next returns the next interval, or io.EOF after the last. A line that is neither
// an interval, nor a comment, nor the legend is an error.
func (l *LogReader) Next() (Interval, error) {
	for l.lines.Scan() {
		l.n++
		line := l.lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
			l.comment(line)
			continue
		case strings.HasPrefix(line, `"StartTimestamp"`):
			continue
		}
		iv, err := l.interval(line)
		if err != nil {
			return Interval{}, fmt.Errorf("interval log: line %d: %w", l.n, err)
		}
		return iv, nil
	}
	if err := l.lines.Err(); err != nil {
		return Interval{}, fmt.Errorf("interval log: line %d: %w", l.n+1, err)
	}
	return Interval{}, io.EOF
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

func (l *LogReader) interval(line string) (Interval, error) {
	var iv Interval
	if rest, ok := strings.CutPrefix(line, "Tag="); ok {
		iv.Tag, line, _ = strings.Cut(rest, ",")
	}
	fields := strings.Split(line, ",")
	if len(fields) != 4 {
		return iv, fmt.Errorf("not an interval: %d fields, want 4", len(fields))
	}
	start, err1 := seconds(fields[0])
	length, err2 := seconds(fields[1])
	_, err3 := seconds(fields[2])
	if err := errors.Join(err1, err2, err3); err != nil {
		return iv, err
	}
	h, err := hdr.Decode([]byte(fields[3]))
	switch {
	case err != nil:
		return iv, err
	case h.LowestTrackableValue() != int64(lowest) || h.HighestTrackableValue() != int64(Max) || h.SignificantFigures() != digits:
		return iv, fmt.Errorf("tag %s: %w", iv.Tag, ErrGeometry)
	case h.TotalCount() > maxRecords:
		return iv, fmt.Errorf("tag %s: %d records in one interval", iv.Tag, h.TotalCount())
	}
	iv.Start, iv.Length, iv.Hist = duration(start-l.origin(start)), duration(length), &Histogram{h: h}
	return iv, nil
}

// origin is where the log's start lies on the scale of its stamps.
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
