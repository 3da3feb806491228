package analyze

import (
	"math"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
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
		o := outage(rec, c.load, 20, 0, 0)
		if math.Abs(o.LongestS-c.longest) > 0.011 || o.Exceeds != c.exceeds || o.ResolutionS != 0.001 {
			t.Errorf("%s: %+v, want %v s, an outage %v", name, *o, c.longest, c.exceeds)
		}
	}
	if outage(succeeding(0, nil, nil), runlog.Load{}, 0, 0, 0) != nil {
		t.Error("an outage without load")
	}
}

// Where every second was to bring a success, a time without one that is longer than the run
// allows is no pass, at any rate; where seconds without one are usual it is chance or the plan.
func TestOutagesThatAreTooLong(t *testing.T) {
	join := func(parts ...[]float64) (all []float64) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	bursts := func(n int) (all []float64) { // of clients in lock step, each 7 s
		for at := 0.5; at < 60; at += 7 {
			all = append(all, every(0.001, at, at+float64(n)/1000)...)
		}
		return all
	}
	for name, c := range map[string]struct {
		ends         []float64
		usual, limit float64
		tooLong      bool
	}{
		"six seconds at one a second":     {ends: join(every(1, 0.5, 30), every(1, 36.5, 60)), limit: 5, tooLong: true},
		"six seconds at a hundred":        {ends: join(every(0.01, 0, 30), every(0.01, 36, 60)), limit: 5, tooLong: true},
		"four seconds at a hundred":       {ends: join(every(0.01, 0, 30), every(0.01, 34, 60)), limit: 5},
		"of which a second is allowed":    {ends: join(every(0.01, 0, 30), every(0.01, 34, 60)), limit: 1, tooLong: true},
		"nobody asks":                     {ends: join(every(0.01, 0, 30), every(0.01, 36, 60))},
		"one success in two seconds":      {ends: join(every(2, 0.5, 30), every(2, 37.5, 60)), limit: 5},
		"clients in lock step":            {ends: bursts(50), limit: 5},
		"from the begin":                  {ends: every(0.1, 9, 60), limit: 5, tooLong: true},
		"from the begin, as answers take": {ends: every(0.1, 9, 60), usual: 8.8, limit: 5},
		"to the end":                      {ends: every(0.1, 0, 50), limit: 5, tooLong: true},
		"all but the first second":        {ends: every(0.01, 0, 1), limit: 5, tooLong: true},
	} {
		o := outage(succeeding(60, c.ends, nil), runlog.Load{}, 60, c.usual, c.limit)
		if o.TooLong != c.tooLong || o.TooLong && !o.Exceeds {
			t.Errorf("%s: %+v, too long %v", name, *o, c.tooLong)
		}
	}
}

func TestSecondsWithoutASuccess(t *testing.T) {
	ends := append(every(0.1, 2, 10), every(0.1, 14.5, 20)...)
	rec := succeeding(20, ends, func(t int) bool { return t != 17 })
	rec.Seconds[19].Standstills = []runlog.Span{{From: 12.2, To: 12.9}}
	// Of 20 the first is before any answer could come, and in one the generator stood still.
	if o := outage(rec, runlog.Load{}, 20, 0.9, 0); o.Silent != 4 || o.Asked != 18 {
		t.Errorf("%d of %d", o.Silent, o.Asked)
	}
}

// Stragglers that succeed long after the load make no outage of what came before them.
func TestWhatSucceedsAfterTheLoadIsNoOutage(t *testing.T) {
	rec := succeeding(20, append(every(0.01, 0.01, 10), 19.5), func(t int) bool { return t < 10 })
	if o := outage(rec, runlog.Load{}, 10, 0, 0); o.LongestS > 0.02 || o.Exceeds {
		t.Errorf("%+v", o)
	}
}

// Runs from before the instants were kept know whole seconds.
func TestOutagesOfOlderRuns(t *testing.T) {
	rec := succeeding(20, append(every(0.01, 0.01, 6.4), every(0.01, 15.5, 20)...), nil)
	for i := range rec.Seconds {
		rec.Seconds[i].Succeeded = nil
	}
	if o := outage(rec, runlog.Load{}, 20, 0, 0); o.LongestS != 8 || !o.Exceeds || o.ResolutionS != 1 {
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

// A leg that answered nobody for longer than the run allows fails, whatever its thresholds ask,
// and beside its figures stands that they are of the other seconds.
func TestALegThatAnsweredNobodyDoesNotPass(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 20, perSecond: 100, hangs: func(second int) bool { return second >= 7 && second < 15 }}
	s := synth{noLedger: true, outage: 5, legs: []synthLeg{leg}, thresholds: []string{"error_rate < 1%", "p95 < 5s"}}
	a := analyzed(t, s)
	if a.Verdict != result.Fail || !strings.Contains(a.Headline, "nothing succeeded for 8 s") || !strings.Contains(a.Headline, "longer than 5 s is no pass") {
		t.Errorf("%s: %q", a.Verdict, a.Headline)
	}
	for _, of := range []metric.Metric{metric.ErrorRate, metric.P95} {
		if f, ok := a.Key[0].Of(of); !ok || len(f.Observed.Warnings) == 0 || !strings.Contains(f.Observed.Warnings[len(f.Observed.Warnings)-1], "from second 7.0 to second 15.0 of single") {
			t.Errorf("%s: %+v", of.Name, f.Observed)
		}
	}
	if f, ok := a.Key[0].Of(metric.Outage); !ok || f.Observed.Value != 8000 {
		t.Errorf("%+v", f)
	}
	s.outage = 9
	if a = analyzed(t, s); a.Verdict != result.Pass {
		t.Errorf("%s: %q", a.Verdict, a.Headline)
	}
}

// Clients whose requests fail at once send on: then the error rate shows an outage, and nothing
// says that it does not.
func TestAnOutageOfFailuresIsInTheErrorRate(t *testing.T) {
	rec := succeeding(20, append(every(0.01, 0.01, 7), every(0.01, 15, 20)...), nil)
	for i := range rec.Seconds {
		rec.Seconds[i].Sent = 100
	}
	if o := outage(rec, runlog.Load{}, 20, 0, 0); !o.Exceeds || o.Hidden {
		t.Errorf("%+v", o)
	}
	for i := 7; i < 15; i++ {
		rec.Seconds[i].Sent = 3
	}
	if o := outage(rec, runlog.Load{}, 20, 0, 0); !o.Exceeds || !o.Hidden {
		t.Errorf("clients that wait: %+v", o)
	}
}
