// Package live shows runs while they go on: what each second adds is written once, whoever watches.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/page"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

// Hub has the runs under way. The zero value is one without any.
type Hub struct {
	mu     sync.Mutex
	shows  map[string]*Show
	closed bool
}

// ErrClosed says that nobody is told any more: the server ends.
var ErrClosed = errors.New("the server ends")

// Begin makes the show of a run that is about to begin. It is a sink of that run.
func (h *Hub) Begin(id string, sc *scenarios.Scenario) *Show {
	s := newShow(sc)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shows == nil {
		h.shows = map[string]*Show{}
	}
	h.shows[id] = s
	return s
}

// Of is the show of a run; nil where the run has not begun, or has ended. After [Hub.Close] there is
// none to follow: the error is [ErrClosed].
func (h *Hub) Of(id string) (*Show, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	return h.shows[id], nil
}

// Heard takes an event of a run.
func (h *Hub) Heard(id string, e run.Event) {
	if s, _ := h.Of(id); s != nil {
		s.hear(e)
	}
}

// Stopping says that a run was asked to end.
func (h *Hub) Stopping(id string) {
	if s, _ := h.Of(id); s != nil {
		s.stop()
	}
}

// Over ends the show of a run, for everybody who watches.
func (h *Hub) Over(id string) {
	h.mu.Lock()
	s := h.shows[id]
	delete(h.shows, id)
	h.mu.Unlock()
	if s != nil {
		s.end(over)
	}
}

// Close sends away everybody who watches: runs go on.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, s := range h.shows {
		s.end(closed)
	}
}

// ending is how a show ends: with its run, or with the server.
type ending int

const (
	goesOn ending = iota
	over
	closed
)

// Show is a run under way as those see it who watch.
type Show struct {
	since    time.Time
	legs     int           // how many there will be; 0 is not known
	planned  time.Duration // how long all of them take by their plans; 0 is not known
	open     map[string]bool
	targets  []string
	requests []string

	mu      sync.Mutex
	charts  *page.Live
	leg     string         // the directory of the newest
	heard   int            // legs that events say have begun
	begun   int            // legs that the charts have
	marked  bool           // what happens is of a leg that the charts will have
	marks   int            // so far
	early   []runlog.Event // of the leg that has begun and has no second yet
	now     now
	shown   []byte // what now is as JSON, as it was last asked for; nil once it is out of date
	whole   []byte // what the charts are, as it was last asked for; nil once it is out of date
	seconds []Message
	count   int // messages so far
	changed chan struct{}
	ended   ending
}

// Message is what whoever watches is told.
type Message struct {
	ID   int    // counts the messages of a run; 0 is one that is not to be told again
	Kind string // "all", "second", "mark", "now" or "over"
	Data []byte // one line of JSON
}

func newShow(sc *scenarios.Scenario) *Show {
	s := &Show{since: time.Now(), open: map[string]bool{}, changed: make(chan struct{})}
	for _, t := range sc.Targets {
		s.targets = append(s.targets, t.Name)
	}
	for _, r := range sc.Requests {
		s.requests = append(s.requests, r.Name)
	}
	for _, l := range sc.Loads {
		if p, err := plan.New(l.Load); err == nil { // [scenarios.Parse] has accepted it
			s.open[l.Name] = p.Open()
		}
	}
	if round, err := run.RoundTime(sc, nil); err == nil {
		s.planned = round * time.Duration(rounds(sc))
	}
	s.legs = rounds(sc) * len(sc.Targets) * len(sc.Loads)
	s.now.Phase = "it begins"
	return s
}

func rounds(sc *scenarios.Scenario) int {
	if sc.Compare == nil {
		return 1
	}
	return max(1, sc.Compare.Rounds)
}

// Name implements [run.Sink].
func (s *Show) Name() string { return "live page" }

// Second implements [run.Sink].
func (s *Show) Second(_ context.Context, leg runlog.Leg, second runlog.Second, ivs []hist.Interval) error {
	open, name := s.openOf(leg)
	p := analyze.Point(second, ivs, open, s.requests)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.told()
	s.now.take(&second, &p, time.Since(s.since), s.planned)
	s.now.measure = name
	if leg.WarmUp {
		return nil
	}
	if leg.Dir != s.leg {
		s.beginLeg(leg, name)
	}
	if second.WallS > 0 && second.WallS < wholeSecond { // its counts are no rate
		return nil
	}
	more, err := s.charts.Second(&p, analyze.Statuses(second))
	if err == nil {
		s.say("second", more)
	}
	return err
}

// Generators implements [run.GeneratorSink].
func (s *Show) Generators(_ context.Context, leg runlog.Leg, all []runlog.GeneratorSecond) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.generators(leg, all) // the second that comes next tells it
	return nil
}

// wholeSecond is what a second lasts at least that is no last part of one. A clock that was late for
// the second before makes one shorter, too.
const wholeSecond = 0.5

// openOf reports whether the load of a leg is an open one, and what its times are.
func (s *Show) openOf(leg runlog.Leg) (open bool, measure string) {
	name := ""
	if leg.Load != nil {
		name = leg.Load.Name
	}
	if s.open[name] {
		return true, "response time"
	}
	return false, "service time"
}

// beginLeg shows a leg from its first second on, and those who watch get all charts anew.
func (s *Show) beginLeg(leg runlog.Leg, measure string) {
	if s.charts == nil {
		s.charts = page.NewLive(measure, s.targets, s.requests)
	}
	s.charts.Leg(max(0, slices.Index(s.targets, leg.Target)), leg.Round)
	s.leg = leg.Dir
	s.begun++
	for _, e := range s.early { // whoever watches gets them with the whole
		s.charts.Mark(e.At, plain.Clip(e.Text, mostText))
	}
	s.early = nil
	s.count++
	s.seconds, s.whole = nil, nil // whoever has an older message gets the whole
}

// mostKept is how many messages are kept for who was away for a moment.
const mostKept = 300

// say adds a message, which each who watches gets in his turn.
func (s *Show) say(kind string, data []byte) {
	s.count++
	s.seconds = append(s.seconds, Message{s.count, kind, data})
	if len(s.seconds) > mostKept {
		s.seconds = slices.Delete(s.seconds, 0, len(s.seconds)-mostKept)
	}
	s.whole = nil
}

// told wakes those who watch.
func (s *Show) told() {
	s.shown = nil
	close(s.changed)
	s.changed = make(chan struct{})
}

// Close implements [run.Sink].
func (s *Show) Close(context.Context) error { return nil }

func (s *Show) hear(e run.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case run.LegStarted:
		s.early = nil
		if s.marked = e.WarmUp == 0; s.marked {
			s.heard++
		}
	case run.Noted:
		s.mark(e.Event)
	}
	if s.now.hear(e, s.legs) {
		s.told()
	}
}

// mostMarks bounds what is drawn of what happened in a run, and what waits to be.
const mostMarks = 200

// mark draws what happened to the leg under way. Those who watch hear of it with its next second.
func (s *Show) mark(e runlog.Event) {
	switch {
	case ofRun(e.Kind) || !s.marked || s.marks == mostMarks: // there is no leg that it is of, or no room
		return
	case s.heard > s.begun:
		s.early = append(s.early, e)
	case s.charts != nil:
		if more, err := s.charts.Mark(e.At, plain.Clip(e.Text, mostText)); err == nil {
			s.say("mark", more)
		}
	}
	s.marks++
}

// ofRun reports that events of a kind are of the run, and have no instant of a leg.
func ofRun(kind runlog.EventKind) bool {
	return kind == runlog.EventSink || kind == runlog.EventRounds || kind == runlog.EventScale
}

// stop notes that the run is to end.
func (s *Show) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.stopping = true
	s.told()
}

func (s *Show) end(how ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == goesOn {
		s.ended = how
		s.told()
	}
}

// Since is what whoever has the messages up to last is to be told now, whether the run is over with
// that, and what says that there is more. Once the server ends the error is [ErrClosed].
func (s *Show) Since(last int) (all []Message, ended bool, more <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended == closed:
		return nil, false, nil, ErrClosed
	case s.charts == nil || last == s.count:
	case len(s.seconds) > 0 && last >= s.seconds[0].ID-1 && last < s.count:
		all = append(all, s.seconds[last-s.seconds[0].ID+1:]...)
	default: // it has nothing, or what is no longer kept
		if s.whole == nil {
			if s.whole, err = s.charts.JSON(); err != nil {
				return nil, false, nil, err
			}
		}
		all = append(all, Message{s.count, "all", s.whole})
	}
	if s.shown == nil {
		if s.shown, err = json.Marshal(s.now.Figures()); err != nil {
			return nil, false, nil, err
		}
	}
	return append(all, Message{0, "now", s.shown}), s.ended == over, s.changed, nil
}

// Now is what is known of the run at this moment.
func (s *Show) Now() Figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Figures()
}
