package hist

import (
	"fmt"
	"io"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Interval is one line of an interval log: what was recorded with a tag in an interval of time.
type Interval struct {
	// Tag names the distribution; no commas, spaces or line breaks.
	Tag string
	// Start and Length place the interval, relative to the log's start, in whole
	// milliseconds.
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
	for _, step := range []func() error{
		lw.OutputLogFormatVersion,
		func() error { return startTime(w, start) },
		lw.OutputLegend,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("interval log: %w", err)
		}
	}
	return &LogWriter{w: lw}, nil
}

// startTime writes the line like HdrHistogram's HistogramLogWriter. The Go library loses the milliseconds,
// so that readers place every interval up to a second too early.
func startTime(w io.Writer, start time.Time) error {
	ms := start.UnixMilli()
	_, err := fmt.Fprintf(w, "#[StartTime: %d.%03d (seconds since epoch), %s]\n", ms/1000, ms%1000, start.UTC().Format(time.RFC3339))
	return err
}

// Write appends one interval, in one write.
func (l *LogWriter) Write(iv Interval) error {
	// The library's own check misses a comma at the end of a tag.
	if strings.ContainsAny(iv.Tag, ", \r\n") {
		return fmt.Errorf("interval log: tag %q holds a comma, a space or a line break", iv.Tag)
	}
	var err error
	if s := iv.Hist.sparse; s != nil {
		stamp(s, iv)
		err = l.w.OutputIntervalPackedHistogram(s)
	} else {
		stamp(iv.Hist.h, iv)
		err = l.w.OutputIntervalHistogram(iv.Hist.h)
	}
	if err != nil {
		return fmt.Errorf("interval log: tag %s: %w", iv.Tag, err)
	}
	return nil
}

// stamp sets the fields of a library's histogram that its line begins with.
func stamp(h interface {
	SetTag(string)
	SetStartTimeMs(int64)
	SetEndTimeMs(int64)
}, iv Interval) {
	h.SetTag(iv.Tag)
	h.SetStartTimeMs(iv.Start.Milliseconds())
	h.SetEndTimeMs((iv.Start + iv.Length).Milliseconds())
}
