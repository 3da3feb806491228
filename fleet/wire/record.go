package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// Record is a second of an agent's part of a leg: what [attack.Sink] takes.
type Record struct {
	Second runlog.Second `json:"second"`
	// Latency are lines of latency.hlog, of the distributions that are not empty.
	Latency []byte `json:"latency,omitempty"`
	// Failures are the first of their kinds, since the second before.
	Failures []runlog.Failure `json:"failures,omitempty"`
}

func (r Record) check() error {
	if s := &r.Second; s.Active < 0 || s.InFlight < 0 || s.BusyS < 0 || s.ThoughtS < 0 {
		return errors.New("a second with less than nothing")
	}
	return bounded(&r)
}

// NewRecord is the record of a second.
func NewRecord(s runlog.Second, ivs []hist.Interval, fs []runlog.Failure) (Record, error) {
	r := Record{Second: s, Failures: fs}
	var lines bytes.Buffer
	w, err := hist.NewLogWriter(&lines, time.Unix(0, 0))
	if err != nil {
		return r, err
	}
	lines.Reset() // of the head
	for _, iv := range ivs {
		if iv.Hist.N() == 0 {
			continue
		}
		if err := w.Write(iv); err != nil {
			return r, err
		}
	}
	r.Latency = lines.Bytes()
	return r, nil
}

// mostLength is the longest that a second's distributions may span: one that a stop lengthened, or a clock.
const mostLength = 2 * time.Second

// Distributions gives each distribution of the record to a function, with its tag and length; its bars are
// valid until it returns. A tag that no second has, or that comes twice, is an error, and so are more than a leg
// of so many requests has. One that this version does not know is kept as any other.
func (r *Record) Distributions(requests int, each func(tag string, length time.Duration, bars hist.Bars) error) error {
	lines := hist.NewLogReader(bytes.NewReader(r.Latency))
	seen := map[string]bool{}
	for {
		iv, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !tagForm().MatchString(iv.Tag) || strings.HasPrefix(iv.Tag, "agent.") || seen[iv.Tag] || len(seen) >= MostTags(requests) || iv.Length < 0 || iv.Length > mostLength:
			return fmt.Errorf("a distribution %.40q that no second has", iv.Tag)
		}
		seen[iv.Tag] = true
		if err := each(iv.Tag, iv.Length, iv.Bars); err != nil {
			return err
		}
	}
}

// MostTags is how many distributions a second of a leg of so many requests has at most: more than there are, for those
// of later versions.
func MostTags(requests int) int { return 32 + 8*requests }

// tagForm is that of every tag but those that a lead itself adds, of single agents.
var tagForm = lazy.Regexp(`^[a-z]+(-[a-z]+)*(\.[0-9]{1,5})?$`)

// End is the end of an agent's part: the [attack.Totals] of it, but for what became of named requests, which
// [Page]s have.
type End struct {
	Sent     uint64            `json:"sent"`
	Skipped  uint64            `json:"skipped,omitempty"`
	Dropped  uint64            `json:"dropped,omitempty"`
	Planned  uint64            `json:"planned"`
	Outcomes runlog.Outcomes   `json:"outcomes"`
	Requests []runlog.Outcomes `json:"requests"`
	Duration time.Duration     `json:"duration_ns"`
	Failures []runlog.Failure  `json:"failures,omitempty"`
	// Seconds is how many records there are, and Pages how many pages.
	Seconds int `json:"seconds"`
	Pages   int `json:"pages,omitempty"`
	// Stopped says why the part ended before its plan, "" if it did not. Own says that nobody had asked for
	// that: the agent ended it itself.
	Stopped string `json:"stopped,omitempty"`
	Own     bool   `json:"own,omitempty"`
}

// NewEnd is the end of a part.
func NewEnd(t attack.Totals, seconds, pages int) End {
	return End{
		Sent: t.Sent, Skipped: t.Skipped, Dropped: t.Dropped, Planned: t.Planned, Outcomes: t.Outcomes, Requests: t.Requests,
		Duration: t.Duration, Failures: t.Failures, Seconds: seconds, Pages: pages, Stopped: t.Stopped,
	}
}

func (e End) check() error {
	if e.Duration < 0 || e.Seconds < 0 || e.Pages < 0 {
		return errors.New("an end before its beginning")
	}
	return bounded(&e)
}

// Page is a piece of what became of an agent's named requests, see [attack/claim.Outcomes.Pages].
type Page struct {
	At    int    `json:"at"`
	Piece []byte `json:"piece"`
}

// Pages are some of them.
type Pages struct {
	Pages []Page `json:"pages"`
}

// Ordered is what was asked of the agents in a leg, for whoever collects what they measured when their lead is
// gone. It holds no secret.
type Ordered struct {
	Order   run.Order `json:"order"`
	Agents  []string  `json:"agents"` // their names, by their parts
	Weights []int     `json:"weights"`
}

func (o Ordered) check() error {
	if len(o.Agents) != len(o.Weights) || len(o.Agents) == 0 || len(o.Agents) > runlog.MaxAgents {
		return fmt.Errorf("%d agents with %d weights", len(o.Agents), len(o.Weights))
	}
	return bounded(&o)
}

// PerMessage is how many pages a message holds at most.
const PerMessage = 256

func (p Pages) check() error {
	if len(p.Pages) > PerMessage {
		return fmt.Errorf("%w a list of %d pages", untrusted.ErrBounds, len(p.Pages))
	}
	return nil
}
