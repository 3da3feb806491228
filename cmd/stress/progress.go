package main

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// progress shows a run as it goes, on stderr.
type progress interface {
	show(run.Event)
	// close comes after the last event, or after none.
	close()
}

func newProgress(w environment, quiet bool) progress {
	switch {
	case quiet:
		return noProgress{}
	case w.terminal.err:
		return &barProgress{w: w.stderr}
	default:
		return &lineProgress{w: w.stderr}
	}
}

type noProgress struct{}

func (noProgress) show(run.Event) {}
func (noProgress) close()         {}

// progressWords are a leg's state in a few words.
func progressWords(p attack.Progress) string {
	// A second in which the generator stood still is longer.
	perSecond := uint64(math.Round(float64(p.Second.Done) / max(p.Second.WallS, 1)))
	s := fmt.Sprintf("%s requests/s, p95 %s, %s failed", words.Number(perSecond), rounded(p.P95), words.Number(p.Total.Failed()))
	if p.Total.Ended() == 0 {
		s = "no answer yet"
	}
	return s
}

// rounded rounds a time to three digits.
func rounded(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}

func legTitle(l run.LegStarted) string {
	s := fmt.Sprintf("leg %d", l.N)
	if l.Of > 0 {
		s += fmt.Sprintf(" of %d", l.Of)
	}
	if l.WarmUp > 0 {
		s = "warm-up for " + s
	}
	s += ": " + legName(l)
	switch {
	case l.Budget == 0 && l.Rounds > 1:
		s += fmt.Sprintf(", round %d of %d", l.Round, l.Rounds)
	case l.Budget > 0 && l.Rounds > 0:
		s += fmt.Sprintf(", round %d of at most %d, %s of %s", l.Round, l.Rounds, l.Elapsed.Round(time.Second), l.Budget)
	case l.Budget > 0:
		s += fmt.Sprintf(", round %d, %s of %s", l.Round, l.Elapsed.Round(time.Second), l.Budget)
	}
	return s
}

// legName is the target of a leg, with its load where that has a name.
func legName(l run.LegStarted) string {
	if l.Load != nil && l.Load.Name != "" {
		return l.Load.Name + ", " + l.Target
	}
	return l.Target
}

// totalsWords are a leg's account in a few words.
func totalsWords(t attack.Totals) string {
	s := fmt.Sprintf("%s sent, %s succeeded, %s failed", words.Number(t.Sent), words.Number(t.Outcomes.Success), words.Number(t.Outcomes.Failed()))
	if t.Stopped != "" {
		s += ", stopped: " + t.Stopped
	}
	return s
}

// lineProgress prints a plain line every few seconds, for logs and CI.
type lineProgress struct {
	w       io.Writer
	leg     run.LegStarted
	seconds int
}

// lineEvery is how many seconds lie between two lines.
const lineEvery = 5

func (l *lineProgress) show(e run.Event) {
	switch e := e.(type) {
	case run.LegStarted:
		l.begin(e)
	case run.SecondMeasured:
		if l.seconds++; l.seconds%lineEvery == 0 {
			fmt.Fprintf(l.w, "%s: %s of %s, %s\n", legName(l.leg), e.Elapsed.Round(time.Second), l.leg.Duration, progressWords(e.Progress))
		}
	case run.LegEnded:
		fmt.Fprintf(l.w, "%s: %s\n", legName(l.leg), totalsWords(e.Totals))
	case run.Waiting:
		if e.For != run.ForNames { // which comes right behind the rows
			fmt.Fprintln(l.w, waitWords(e, 0))
		}
	case run.Noted:
		if e.Kind == runlog.EventRounds || e.Kind == runlog.EventScale {
			fmt.Fprintln(l.w, e.Text)
		}
	}
}

func (l *lineProgress) begin(leg run.LegStarted) {
	l.leg, l.seconds = leg, 0
	requests := ""
	if leg.Planned > 0 {
		requests = ", " + words.Counted(leg.Planned, "request")
	}
	fmt.Fprintf(l.w, "%s, for %s%s\n", legTitle(leg), leg.Duration, requests)
}

func (l *lineProgress) close() {}

// waitWords say what is waited for, once it has lasted so long.
func waitWords(w run.Waiting, lasted time.Duration) string {
	lasted = lasted.Truncate(time.Second)
	since := ""
	switch {
	case w.For == run.ForCoolDown:
		return fmt.Sprintf("cool-down: %s", max(w.Most-lasted, 0))
	case lasted > 0 && w.Most > 0:
		since = fmt.Sprintf(": %s of at most %s", lasted, w.Most)
	case lasted > 0:
		since = fmt.Sprintf(": %s", lasted)
	case w.Most > 0:
		since = fmt.Sprintf(": at most %s", w.Most)
	}
	switch {
	case w.For == run.ForReplicas:
		return "scaling the service" + since
	case w.For == run.ForCluster:
		return "the service does not yet run in full" + since
	case w.For == run.ForNames:
		return "counting the rows by the names of their requests" + since
	case w.For == run.ForEarlierRows:
		return "rows of the leg before are still coming" + since
	case lasted == 0: // rows that are there need no waiting for
		return "counting the rows" + since
	}
	return "rows are still coming" + since
}

// barProgress draws a line per leg on a terminal, with a bar. What comes after a leg's load
// stands in its line; a pause before the next leg has one of its own, which goes with it.
type barProgress struct {
	w      io.Writer
	p      *mpb.Progress
	bar    *mpb.Bar // the newest
	status *status  // its text, read by mpb's own goroutine
	over   time.Duration
	pause  bool // the newest bar is of a pause
}

// status is what a line says: a text, and what is waited for with how long that has lasted.
type status struct {
	mu    sync.Mutex
	text  string
	wait  *run.Waiting
	since time.Time
}

func (s *status) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.wait = text, nil
}

func (s *status) await(w run.Waiting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait, s.since = &w, time.Now()
}

// settle takes away what is waited for: what the line says then stays.
func (s *status) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait = nil
}

func (s *status) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wait == nil {
		return s.text
	}
	return words.Join(" · ", waitWords(*s.wait, time.Since(s.since)), s.text) // a narrow terminal cuts the end
}

func (b *barProgress) show(e run.Event) {
	switch e := e.(type) {
	case run.LegStarted:
		b.end()
		b.begin(legTitle(e), e.Duration, mpb.BarStyle())
		b.status.say("starting")
	case run.SecondMeasured:
		left := max(b.over-e.Elapsed, 0).Round(time.Second)
		b.status.say(fmt.Sprintf("%s, %s left", progressWords(e.Progress), left))
		b.bar.SetCurrent(min(int64(e.Elapsed), int64(b.over)-1)) // a full bar scrolls away: its end is still to be told
	case run.LegEnded:
		b.status.say(totalsWords(e.Totals))
		if e.Totals.Stopped == "" {
			b.bar.SetCurrent(int64(b.over) - 1)
		}
	case run.Waiting:
		if e.For == run.ForCoolDown || e.For == run.ForReplicas || b.bar == nil {
			b.end()
			b.begin("", max(e.Most, 1), mpb.NopStyle(), mpb.BarRemoveOnComplete())
			b.pause = true
		}
		b.status.await(e)
	case run.Noted:
		if (e.Kind == runlog.EventRounds || e.Kind == runlog.EventScale) && b.p != nil {
			fmt.Fprintln(b.p, e.Text) // above the bars
		}
	}
}

// begin draws a line that has not ended yet.
func (b *barProgress) begin(title string, over time.Duration, style mpb.BarFillerBuilder, options ...mpb.BarOption) {
	if b.p == nil {
		// Those that ended scroll away: a run of many rounds has more than a screen holds.
		b.p = mpb.New(mpb.WithOutput(b.w), mpb.WithWidth(barWidth), mpb.PopCompletedMode())
	}
	text := new(status)
	b.status, b.over, b.pause = text, over, false
	b.bar = b.p.New(int64(over), style, append(options,
		mpb.PrependDecorators(decor.Name(title+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + text.String() })),
	)...)
}

// barWidth is in columns.
const barWidth = 32

// end leaves the newest line as it is, or takes it away if it is of a pause.
func (b *barProgress) end() {
	if b.bar == nil {
		return
	}
	b.status.settle()
	if b.bar.Current() == int64(b.over)-1 {
		b.bar.SetCurrent(int64(b.over))
	}
	b.bar.Abort(b.pause) // a bar that is full has ended already; every other stays as it is
	b.bar = nil
}

// close returns once all is drawn, for which every bar must have ended: that of a leg
// that could not begin has not.
func (b *barProgress) close() {
	if b.p != nil {
		b.end()
		b.p.Wait()
	}
}
