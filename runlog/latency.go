package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/bits"
	"os"
	"path/filepath"
	"time"

	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// fullDetail is how many seconds of a leg have their own line in latency.hlog.
const fullDetail = 3600

// span returns how many seconds the line with second t covers: 1 in the first hour, 2 in the second, 4 up
// to four hours, 8 up to eight. So every doubling of a leg's length adds the same number of lines, and a day
// takes an eighth of the space of a line per second. Spans divide an hour, so that none crosses a change.
func span(t int) int { return 1 << bits.Len(uint(t/fullDetail)) }

// latencyLog writes the distributions of a leg. Those of seconds that are not joined yet are in a file of
// their own, so that nothing is lost if the process dies.
type latencyLog struct {
	dir     string
	started time.Time
	file    *os.File
	// recent is the file of the seconds that are not joined, nil until a line spans several
	// seconds; head is the length of its head.
	recent *os.File
	head   int64
	// joined are the sums of the distributions in recent, by tag; tags are their tags, in order.
	// They cover the time from begin to last.
	joined      map[string]*hist.Histogram
	tags        []string
	begin, last time.Duration
}

func newLatencyLog(dir string, started time.Time) (*latencyLog, error) {
	l := &latencyLog{dir: dir, started: started, joined: map[string]*hist.Histogram{}}
	var err error
	l.file, _, err = l.create(LatencyFile)
	return l, err
}

// create creates a file with the head of a log, and returns the length of the head.
func (l *latencyLog) create(name string) (*os.File, int64, error) {
	f, err := newFile(l.dir, name)
	if err != nil {
		return nil, 0, err
	}
	var head bytes.Buffer
	if _, err := hist.NewLogWriter(&head, l.started); err != nil {
		return f, 0, err
	}
	n, err := f.Write(head.Bytes())
	return f, int64(n), err
}

// write appends the distributions of second t.
func (l *latencyLog) write(t int, ivs []hist.Interval) error {
	if span(t) == 1 {
		return l.lines(l.file, ivs)
	}
	if l.recent == nil {
		var err error
		if l.recent, l.head, err = l.create(RecentFile); err != nil {
			return err
		}
	}
	for i, iv := range ivs {
		if i == 0 {
			if len(l.tags) == 0 {
				l.begin = iv.Start
			}
			l.last = iv.Start + iv.Length
		}
		h := l.joined[iv.Tag]
		if h == nil {
			h = hist.NewSparse()
			l.joined[iv.Tag] = h
		}
		if h.N() == 0 && iv.Hist.N() > 0 {
			l.tags = append(l.tags, iv.Tag)
		}
		h.Merge(iv.Hist)
	}
	return l.lines(l.recent, ivs)
}

// lines writes the intervals that are not empty, in one write.
func (l *latencyLog) lines(to *os.File, ivs []hist.Interval) error {
	var b bytes.Buffer
	w, err := hist.NewLogWriter(&b, l.started)
	if err != nil {
		return err
	}
	b.Reset() // of the head
	for _, iv := range ivs {
		if iv.Hist.N() == 0 {
			continue
		}
		if err := w.Write(iv); err != nil {
			return err
		}
	}
	if _, err := to.Write(b.Bytes()); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(to.Name()), err)
	}
	return nil
}

// join writes the recent seconds as one line per tag, if second t is the last of them. It must be called
// after the second was written to the timeline: a reader ignores distributions of seconds that are not in
// the timeline.
func (l *latencyLog) join(t int) error {
	if (t+1)%span(t) != 0 {
		return nil
	}
	return l.flush()
}

// flush is join for any second. A reader that finds a second in both files uses the first file.
func (l *latencyLog) flush() error {
	if len(l.tags) == 0 {
		return nil
	}
	var ivs []hist.Interval
	for _, tag := range l.tags {
		ivs = append(ivs, hist.Interval{Tag: tag, Start: l.begin, Length: l.last - l.begin, Hist: l.joined[tag]})
	}
	if err := l.lines(l.file, ivs); err != nil {
		return err
	}
	for _, tag := range l.tags {
		l.joined[tag].Reset()
	}
	l.tags = l.tags[:0]
	if err := l.recent.Truncate(l.head); err != nil {
		return fmt.Errorf("%s: %w", RecentFile, err)
	}
	return nil
}

// close joins the seconds that are left and removes the file of recent seconds.
func (l *latencyLog) close() error {
	if l.file == nil {
		return nil
	}
	err := l.flush()
	if l.recent != nil {
		err = errors.Join(err, l.recent.Close())
		if err == nil {
			err = os.Remove(l.recent.Name())
		}
	}
	return errors.Join(err, l.file.Close())
}

// Intervals yields the stored distributions of a leg, in the order in which they were written, of the given
// tags or of all. A distribution spans one second in the first hour of a leg and several after it. Only one
// is in memory at a time. An incomplete last line ends the sequence without an error.
func (rec *Record) Intervals(tags ...string) iter.Seq2[hist.Stored, error] {
	return func(yield func(hist.Stored, error) bool) {
		known := map[string]time.Duration{} // the end of the intervals so far, by tag
		for _, name := range []string{LatencyFile, RecentFile} {
			for iv, err := range rec.log(name, tags) {
				if err == nil && name == RecentFile && iv.Start < known[iv.Tag] {
					continue
				}
				if err == nil && name == LatencyFile {
					known[iv.Tag] = max(known[iv.Tag], iv.Start+iv.Length)
				}
				if !yield(iv, err) || err != nil {
					return
				}
			}
		}
	}
}

// log yields the intervals of one file.
func (rec *Record) log(name string, tags []string) iter.Seq2[hist.Stored, error] {
	return func(yield func(hist.Stored, error) bool) {
		f, err := untrusted.OpenIn(rec.run, rec.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			return
		} else if err != nil {
			yield(hist.Stored{}, err)
			return
		}
		defer f.Close()
		lr := hist.NewLogReader(newWholeLines(f))
		lr.Tags = tags
		for {
			iv, err := lr.Next()
			if errors.Is(err, io.EOF) || !yield(iv, err) || err != nil {
				return
			}
		}
	}
}
