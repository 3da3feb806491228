package analyze

import (
	"math"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// succeeding is a leg's seconds with successes at instants; asked says whether the plan
// wants any in a second.
func succeeding(seconds int, ends []float64, asked func(t int) bool) *runlog.Record {
	rec := &runlog.Record{Leg: runlog.Leg{Complete: true, DurationS: float64(seconds)}}
	for t := range seconds {
		s := runlog.Second{T: t}
		if asked == nil || asked(t) {
			s.Due = 5
		}
		if asked == nil || asked(t) && asked(t+1) {
			s.InFlight = 3
		}
		for _, at := range ends {
			if int(at) != t {
				continue
			}
			if s.Success++; s.Succeeded == nil {
				s.Succeeded = &runlog.Span{From: at, To: at}
			}
			s.Succeeded.From, s.Succeeded.To = min(s.Succeeded.From, at), max(s.Succeeded.To, at)
		}
		rec.Seconds = append(rec.Seconds, s)
	}
	return rec
}

func every(gap, from, to float64) (ends []float64) {
	for at := from; at < to-1e-9; at += gap {
		ends = append(ends, at)
	}
	return ends
}

func TestOutages(t *testing.T) {
	type ends = []float64
	join := func(parts ...ends) (all ends) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for name, c := range map[string]struct {
		ends    ends
		load    runlog.Load
		asked   func(int) bool
		still   []runlog.Span
		longest float64
		exceeds bool
	}{
		"none":                           {ends: every(0.01, 0.01, 20), longest: 0.01},
		"nine of twenty seconds":         {ends: join(every(0.01, 0.01, 6.4), every(0.01, 15.5, 20)), longest: 9.11, exceeds: true},
		"from the begin":                 {ends: every(0.01, 9, 20), longest: 9, exceeds: true},
		"to the end":                     {ends: every(0.01, 0.01, 11), longest: 9.01, exceeds: true},
		"just over a second":             {ends: join(every(0.01, 0.01, 6), every(0.01, 7.2, 20)), longest: 1.21, exceeds: true},
		"under a second":                 {ends: join(every(0.01, 0.01, 6), every(0.01, 6.8, 20)), longest: 0.81},
		"few successes a minute":         {ends: every(1.2, 0.1, 20), longest: 1.2},
		"nineteen of the usual gaps":     {ends: join(every(0.1, 0.05, 5), every(0.1, 6.8, 20)), longest: 1.85},
		"twenty-five of them":            {ends: join(every(0.1, 0.05, 5), every(0.1, 7.4, 20)), longest: 2.45, exceeds: true},
		"nothing succeeded":              {longest: 20, exceeds: true},
		"one success":                    {ends: ends{10}, longest: 10},
		"the plan is silent":             {ends: join(every(0.01, 0.01, 5), every(0.01, 12, 20)), asked: func(t int) bool { return t < 5 || t >= 12 }, longest: 0.02},
		"and then nothing comes":         {ends: join(every(0.01, 0.01, 5), every(0.01, 14, 20)), asked: func(t int) bool { return t < 5 || t >= 12 }, longest: 2, exceeds: true},
		"bursts":                         {ends: join(every(1, 0.02, 20), every(1, 0.01, 20)), load: runlog.Load{Arrivals: "burst", Open: true}, longest: 1},
		"an outage between bursts":       {ends: join(every(0.001, 1.01, 1.1), every(0.001, 6.01, 6.1), every(0.001, 7.01, 7.1)), load: runlog.Load{Arrivals: "burst", Open: true}, longest: 12.9, exceeds: true},
		"fewer clients in a stage":       {ends: join(every(0.01, 0.01, 8), every(2, 10, 20)), load: runlog.Load{Type: "stages"}, longest: 2.01},
		"we stood still":                 {ends: join(every(0.01, 0.01, 6), every(0.01, 9, 20)), still: []runlog.Span{{From: 6, To: 8.99}}, longest: 0.02},
		"we stood still in a longer one": {ends: join(every(0.01, 0.01, 6), every(0.01, 12, 20)), still: []runlog.Span{{From: 6, To: 8}}, longest: 4.01, exceeds: true},
	} {
		rec := succeeding(20, c.ends, c.asked)
		rec.Seconds[19].Standstills = c.still
		o := outage(rec, c.load, 20)
		if math.Abs(o.LongestS-c.longest) > 0.011 || o.Exceeds != c.exceeds || o.ResolutionS != 0.001 {
			t.Errorf("%s: %+v, want %v s, an outage %v", name, *o, c.longest, c.exceeds)
		}
	}
	if outage(succeeding(0, nil, nil), runlog.Load{}, 0) != nil {
		t.Error("an outage without load")
	}
}

// Stragglers that succeed long after the load make no outage of what came before them.
func TestWhatSucceedsAfterTheLoadIsNoOutage(t *testing.T) {
	rec := succeeding(20, append(every(0.01, 0.01, 10), 19.5), func(t int) bool { return t < 10 })
	if o := outage(rec, runlog.Load{}, 10); o.LongestS > 0.02 || o.Exceeds {
		t.Errorf("%+v", o)
	}
}

// Runs from before the instants were kept know whole seconds.
func TestOutagesOfOlderRuns(t *testing.T) {
	rec := succeeding(20, append(every(0.01, 0.01, 6.4), every(0.01, 15.5, 20)...), nil)
	for i := range rec.Seconds {
		rec.Seconds[i].Succeeded = nil
	}
	if o := outage(rec, runlog.Load{}, 20); o.LongestS != 8 || !o.Exceeds || o.ResolutionS != 1 {
		t.Errorf("%+v, want the 8 whole seconds", o)
	}
}

// Nine of twenty seconds without any answer once passed with an error rate of 0.18 %.
func TestATotalOutageIsSaidFirst(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 20, perSecond: 100, hangs: func(second int) bool { return second >= 7 && second < 15 }}
	s := synth{noLedger: true, legs: []synthLeg{leg}, thresholds: []string{"error_rate < 1%"}}
	a := analyzed(t, s)
	if a.Verdict != result.Pass || !strings.Contains(a.Headline, "single: nothing succeeded for 8 s, from second 7.0 to second 15.0") || !strings.Contains(a.Headline, "the error rate of 0 % does not show it") {
		t.Errorf("%s: %q", a.Verdict, a.Headline)
	}
	if n := len(a.Findings); n != 2 || a.Findings[1].Code != result.CodeOutage {
		t.Errorf("%+v", a.Findings)
	}
	s.thresholds = []string{"outage < 2s"}
	if a = analyzed(t, s); a.Verdict != result.Fail || !strings.Contains(a.Thresholds[0].Words, "outage was 8 s") {
		t.Errorf("%s: %+v", a.Verdict, a.Thresholds)
	}
	s.legs[0].hangs = nil
	if a = analyzed(t, s); a.Verdict != result.Pass || strings.Contains(a.Headline, "nothing succeeded") {
		t.Errorf("%s: %q, %+v", a.Verdict, a.Headline, a.Thresholds)
	}
}
