package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the program runs where there are no files beside it

	"github.com/adhocore/gronx"

	"github.com/stress-tool/stress/server/store"
)

// Rule is when something happens, again and again.
type Rule struct {
	cron  string        // five fields; "" is an interval
	hours string        // the field of the hours
	every time.Duration // that interval
	from  time.Time     // it counts from then
	zone  *time.Location
}

// The bounds of intervals: a load of a second is no load yet, and cron has no shorter one.
const (
	leastEvery = time.Minute
	MostEvery  = 366 * 24 * time.Hour
)

// FieldError is what is wrong with a field of a schedule.
type FieldError struct {
	Field string // "cron", "every", "zone" or "missed"
	Err   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Errorf(format, args...)}
}

// RuleOf is the rule of a schedule. The error is a [FieldError].
func RuleOf(c store.Schedule) (Rule, error) {
	r := Rule{cron: c.Cron, every: c.Every, from: c.Created}
	var err error
	if r.zone, err = time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
		return r, wrong("zone", "want a name of IANA's such as Europe/Berlin or UTC, got %q", c.Zone)
	}
	if c.Missed != store.RunMissed && c.Missed != store.SkipMissed {
		return r, wrong("missed", "want %s or %s, got %q", store.RunMissed, store.SkipMissed, c.Missed)
	}
	switch {
	case (c.Cron == "") == (c.Every == 0):
		return r, wrong("cron", "want this or an interval, one of them")
	case c.Cron == "" && (c.Every < leastEvery || c.Every > MostEvery):
		return r, wrong("every", "want from a minute to 366 days, got %v", c.Every)
	case c.Cron == "":
		return r, nil
	}
	if r.cron, r.hours, err = expression(c.Cron); err != nil {
		return r, wrong("cron", "%q: %w", c.Cron, err)
	}
	return r, nil
}

// mostCron bounds an expression, in bytes.
const mostCron = 200

// expression is a cron expression of five fields, and its hours. The library takes seconds and years
// too, and reads a field only when the ones before it are met, so each is looked at here.
func expression(cron string) (five, hours string, err error) {
	fields := strings.Fields(cron)
	if len(cron) > mostCron || len(fields) != 5 && !strings.HasPrefix(cron, "@") {
		return "", "", errors.New("want five fields such as 30 2 * * 1-5: minute, hour, day of the month, month, day of the week; or a name such as @daily")
	}
	segments, err := gronx.Segments(strings.Join(fields, " "))
	if err != nil || len(segments) != 6 || segments[0] != "0" {
		return "", "", errors.New("want a name such as @hourly, @daily, @weekly or @monthly, or five fields")
	}
	check := new(gronx.SegmentChecker)
	check.SetRef(time.Unix(0, 0).UTC())
	for i, field := range segments {
		for part := range strings.SplitSeq(field, ",") {
			if _, err := check.CheckDue(part, i); err != nil {
				return "", "", fmt.Errorf("field %d, %q, cannot be read", i, part)
			}
		}
	}
	five = strings.Join(segments[1:], " ")
	if _, found := onClock(five, time.Unix(0, 0).UTC(), true); !found {
		return "", "", errors.New("there is no such day")
	}
	return five, segments[2], nil
}

// Next is the first time after an instant, zero if there is none.
func (r Rule) Next(after time.Time) time.Time {
	if r.cron == "" {
		if after.Before(r.from) {
			return r.from.Add(r.every)
		}
		return r.from.Add((after.Sub(r.from)/r.every + 1) * r.every)
	}
	return r.tick(after)
}

// Zone is the time zone whose clocks it goes by.
func (r Rule) Zone() *time.Location { return r.zone }

// mostPeriods bounds the search among periods of a zone: its clocks change twice a year, or a little more.
const mostPeriods = 40

// tick is the first time of a cron expression after an instant. Between two changes of a zone's clocks
// the expression is looked for as if there were none; the library alone would lose or repeat times
// there. Cron's own rules hold at a change (cron(8) of Debian): a time that is skipped comes at the end
// of the gap, a time that exists twice comes the first time. An expression of every hour goes by the
// clock alone: nothing is to be made up for.
func (r Rule) tick(after time.Time) time.Time {
	at, included := after, false
	for range mostPeriods {
		start, end := at.In(r.zone).ZoneBounds()
		if again := r.secondPassage(start); r.hours != "*" && at.Before(again) {
			at, included = again, true
		}
		_, offset := at.In(r.zone).Zone()
		shift := time.Duration(offset) * time.Second
		wall, found := onClock(r.cron, at.UTC().Add(shift), included)
		if !found {
			return time.Time{}
		}
		tick := wall.Add(-shift)
		if end.IsZero() || tick.Before(end) {
			return tick.UTC()
		}
		_, later := end.In(r.zone).Zone()
		if gap := time.Duration(later-offset) * time.Second; r.hours != "*" && tick.Before(end.Add(gap)) {
			return end.UTC()
		}
		at, included = end, true
	}
	return time.Time{}
}

// mostMonths bounds the search for a day: 29 February may be eight years away.
const mostMonths = 8*12 + 1

// onClock is the first time of an expression after one of a clock that never changes, or that itself if
// it may be. The library stops where a month has no such day, at a time that is none: from there it
// goes on.
func onClock(cron string, at time.Time, included bool) (time.Time, bool) {
	g := gronx.New()
	for range mostMonths {
		next, err := gronx.NextTickAfter(cron, at, included)
		if err != nil {
			return next, false
		}
		if due, err := g.IsDue(cron, next); due && err == nil {
			return next, true
		}
		at, included = next, true
	}
	return at, false
}

// secondPassage is the instant up to which the clocks show for the second time what they have shown
// before, where they were put back at start; otherwise it is start.
func (r Rule) secondPassage(start time.Time) time.Time {
	if start.IsZero() {
		return start
	}
	_, before := start.Add(-time.Nanosecond).In(r.zone).Zone()
	_, offset := start.In(r.zone).Zone()
	return start.Add(max(0, time.Duration(before-offset)*time.Second))
}
