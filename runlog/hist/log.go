package hist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Interval is one line of an interval log: what was recorded under a tag in one
// stretch of time.
type Interval struct {
	// Tag names the distribution; no commas, spaces or line breaks.
	Tag string
	// Start and Length place the interval, relative to the log's start.
	Start, Length time.Duration
	// Hist is never nil.
	Hist *Histogram
}

// LogWriter writes the HdrHistogram interval log, format 1.3, that the public
// HdrHistogram tools read. Times inside are nanoseconds, interval maxima are
// printed in milliseconds.
type LogWriter struct{ w *hdr.HistogramLogWriter }

// NewLogWriter writes the head of a log whose interval times count from start.
func NewLogWriter(w io.Writer, start time.Time) (*LogWriter, error) {
	lw := hdr.NewHistogramLogWriter(w)
	ms := start.UnixMilli()
	for _, step := range []func() error{
		lw.OutputLogFormatVersion,
		func() error { return lw.OutputStartTime(ms) },
		lw.OutputLegend,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("interval log: %w", err)
		}
	}
	return &LogWriter{w: lw}, nil
}

// Write appends one interval.
func (l *LogWriter) Write(iv Interval) error {
	h := iv.Hist.h
	h.SetTag(iv.Tag)
	h.SetStartTimeMs(iv.Start.Milliseconds())
	h.SetEndTimeMs((iv.Start + iv.Length).Milliseconds())
	if err := l.w.OutputIntervalHistogram(h); err != nil {
		return fmt.Errorf("interval log: tag %s: %w", iv.Tag, err)
	}
	return nil
}

// ErrGeometry says that an interval's histogram was made with other bounds or
// precision than [New] gives, so merging it would lose records.
var ErrGeometry = errors.New("histogram has another geometry")

// LogReader reads an interval log.
type LogReader struct {
	r     *hdr.HistogramLogReader
	start time.Duration // since the epoch, whole seconds, as the log's head has it
}

var startLine = regexp.MustCompile(`#\[StartTime: (\d+)`)

// NewLogReader reads from r. Comment lines and the legend are passed over.
func NewLogReader(r io.Reader) *LogReader {
	br := bufio.NewReader(r)
	l := &LogReader{}
	// The library turns interval times into absolute ones and does not tell the
	// start it used, so it is looked up beforehand.
	head, _ := br.Peek(512)
	if m := startLine.FindSubmatch(head); m != nil {
		if s, err := strconv.ParseInt(string(m[1]), 10, 32); err == nil {
			l.start = time.Duration(s) * time.Second
		}
	}
	l.r = hdr.NewHistogramLogReader(br)
	return l
}

// Next returns the next interval, or io.EOF after the last. A line that cannot be
// decoded is an error.
func (l *LogReader) Next() (iv Interval, err error) {
	// The library indexes into an empty line; a panic over a damaged file is ours
	// to turn into an error.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("interval log: damaged line: %v", r)
		}
	}()
	h, err := l.r.NextIntervalHistogram()
	switch {
	case err != nil:
		return Interval{}, fmt.Errorf("interval log: %w", err)
	case h == nil:
		return Interval{}, io.EOF
	case h.LowestTrackableValue() != int64(lowest) || h.HighestTrackableValue() != int64(Max) || h.SignificantFigures() != digits:
		return Interval{}, fmt.Errorf("interval log: tag %s: %w", h.Tag(), ErrGeometry)
	}
	start := time.Duration(h.StartTimeMs()) * time.Millisecond
	end := time.Duration(h.EndTimeMs()) * time.Millisecond
	return Interval{Tag: h.Tag(), Start: start - l.start, Length: end - start, Hist: &Histogram{h: h}}, nil
}
