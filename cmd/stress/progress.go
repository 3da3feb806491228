package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/run"
)

// progress shows a run as it goes, on stderr.
type progress interface {
	run.Watcher
	close()
}

func newProgress(w world, quiet bool) progress {
	switch {
	case quiet:
		return silent{}
	case w.terminal.err:
		return &bars{w: w.stderr}
	default:
		return &lines{w: w.stderr}
	}
}

type silent struct{}

func (silent) LegStarts(int, int, string, int, uint64, time.Duration) {}
func (silent) Second(attack.Progress)                                 {}
func (silent) LegEnds(attack.Totals)                                  {}
func (silent) Waits(string)                                           {}
func (silent) close()                                                 {}

// now is a leg's state in a few words.
func now(p attack.Progress) string {
	s := fmt.Sprintf("%d requests/s, p95 %s, %d failed", p.Second.Done, short(p.P95), p.Total.Failed())
	if p.Total.Ended() == 0 {
		s = "no answer yet"
	}
	return s
}

// short rounds a time to three digits.
func short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}

func title(n, legs int, target string, round int) string {
	return fmt.Sprintf("leg %d of %d: %s, round %d", n, legs, target, round)
}

// lines prints a plain line every few seconds, for logs and CI.
type lines struct {
	w        io.Writer
	name     string
	duration time.Duration
	seconds  int
}

// lineEvery is how many seconds lie between two lines.
const lineEvery = 5

func (l *lines) LegStarts(n, legs int, target string, round int, planned uint64, d time.Duration) {
	l.name, l.duration, l.seconds = target, d, 0
	fmt.Fprintf(l.w, "%s, for %s", title(n, legs, target, round), d)
	if planned > 0 {
		fmt.Fprintf(l.w, ", %d requests", planned)
	}
	fmt.Fprintln(l.w)
}

func (l *lines) Second(p attack.Progress) {
	if l.seconds++; l.seconds%lineEvery == 0 {
		fmt.Fprintf(l.w, "%s: %s of %s, %s\n", l.name, p.Elapsed.Round(time.Second), l.duration, now(p))
	}
}

func (l *lines) LegEnds(t attack.Totals) {
	fmt.Fprintf(l.w, "%s: done, %d sent, %d succeeded, %d failed\n", l.name, t.Sent, t.Outcomes.Success, t.Outcomes.Failed())
	if t.Stopped != "" {
		fmt.Fprintf(l.w, "%s: stopped: %s\n", l.name, t.Stopped)
	}
}

func (l *lines) Waits(what string) { fmt.Fprintf(l.w, "%s: waiting %s\n", l.name, what) }
func (l *lines) close()            {}

// bars draws a bar per leg on a terminal.
type bars struct {
	w     io.Writer
	p     *mpb.Progress
	bar   *mpb.Bar
	state atomic.Pointer[string] // drawn by mpb's own goroutine
	over  time.Duration
}

func (b *bars) LegStarts(n, legs int, target string, round int, _ uint64, d time.Duration) {
	if b.p == nil {
		b.p = mpb.New(mpb.WithOutput(b.w), mpb.WithWidth(32))
	}
	b.say("starting")
	b.over = d
	b.bar = b.p.New(int64(max(d, time.Second)), mpb.BarStyle(),
		mpb.PrependDecorators(decor.Name(title(n, legs, target, round)+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + *b.state.Load() })),
	)
}

func (b *bars) Second(p attack.Progress) {
	left := max(b.over-p.Elapsed, 0).Round(time.Second)
	b.say(fmt.Sprintf("%s, %s left", now(p), left))
	b.bar.SetCurrent(min(int64(p.Elapsed), int64(b.over)))
}

func (b *bars) LegEnds(t attack.Totals) {
	end := fmt.Sprintf("%d sent, %d succeeded, %d failed", t.Sent, t.Outcomes.Success, t.Outcomes.Failed())
	if t.Stopped != "" {
		end += ", stopped"
	}
	b.say(end)
	b.bar.SetTotal(-1, true)
}

func (b *bars) Waits(string) {}

func (b *bars) say(s string) { b.state.Store(&s) }

func (b *bars) close() {
	if b.p != nil {
		b.p.Wait()
	}
}
