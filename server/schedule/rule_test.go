package schedule

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/server/store"
)

func rule(t testing.TB, cron string, every time.Duration, zone string) Rule {
	t.Helper()
	r, err := RuleOf(store.Schedule{Cron: cron, Every: every, Zone: zone, Missed: store.RunMissed})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The days on which clocks change: in Berlin at 2026-03-29T01:00Z from 02:00 to 03:00, and at
// 2026-10-25T01:00Z from 03:00 back to 02:00.
func TestDaysOnWhichClocksChange(t *testing.T) {
	for _, c := range []struct {
		what, cron, zone, after string
		want                    []string
	}{
		{"02:30 does not exist: the end of the gap", "30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"several that do not exist: once", "*/10 2 * * *", "Europe/Berlin", "2026-03-28T01:50:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
		{"03:00 and 02:30 on that day: once at the same instant", "0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"}},
		{"02:30 exists twice: the first time", "30 2 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z",
			[]string{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"after the first of two", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", []string{"2026-10-26T01:30:00Z"}},
		{"03:00 exists once", "0 3 * * *", "Europe/Berlin", "2026-10-24T02:00:00Z", []string{"2026-10-25T02:00:00Z"}},
		{"every half hour goes by the clock, forward", "*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15:00Z",
			[]string{"2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}},
		{"every half hour goes by the clock, back", "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:15:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"}},
		{"at a quarter of every hour, none is made up for", "15 * * * *", "Europe/Berlin", "2026-03-29T00:20:00Z",
			[]string{"2026-03-29T01:15:00Z"}},
		{"midnight does not exist in Santiago", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z",
			[]string{"2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"}},
		{"half an hour of change on Lord Howe Island", "15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z",
			[]string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
		{"a day that Samoa left out", "0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z",
			[]string{"2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"}},
		{"a leap day after a century", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z"}},
		{"New York is elsewhere", "0 9 * * 1-5", "America/New_York", "2026-10-30T14:00:00Z",
			[]string{"2026-11-02T14:00:00Z"}},
	} {
		r := rule(t, c.cron, 0, c.zone)
		at := instant(t, c.after)
		var got []string
		for range c.want {
			at = r.Next(at)
			got = append(got, at.Format(time.RFC3339))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %s in %s after %s comes at\n%v, want\n%v", c.what, c.cron, c.zone, c.after, got, c.want)
		}
	}
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Every minute of two months is looked at: the rule finds the first one whose clock shows what is asked for.
// Around a change of clocks the table above says what is right.
func TestTheNextTimeIsTheFirst(t *testing.T) {
	zones := []string{"UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/Phoenix"} // their clocks stay
	field := func(t *rapid.T, name string, least, most int) (string, func(int) bool) {
		switch rapid.IntRange(0, 3).Draw(t, name) {
		case 0:
			n := rapid.IntRange(least, most).Draw(t, name)
			return strconv.Itoa(n), func(v int) bool { return v == n }
		case 1:
			step := rapid.IntRange(1, most-least).Draw(t, name)
			return "*/" + strconv.Itoa(step), func(v int) bool { return (v-least)%step == 0 }
		case 2:
			from := rapid.IntRange(least, most).Draw(t, name)
			to := rapid.IntRange(from, most).Draw(t, name)
			return strconv.Itoa(from) + "-" + strconv.Itoa(to), func(v int) bool { return v >= from && v <= to }
		}
		return "*", func(int) bool { return true }
	}
	rapid.Check(t, func(rt *rapid.T) {
		minute, isMinute := field(rt, "minute", 0, 59)
		hour, isHour := field(rt, "hour", 0, 23)
		day, isDay := field(rt, "day", 1, 31)
		week, isWeek := "*", func(int) bool { return true }
		if day == "*" { // with both a day may be either
			week, isWeek = field(rt, "weekday", 0, 6)
		}
		r := rule(t, strings.Join([]string{minute, hour, day, "*", week}, " "), 0, rapid.SampledFrom(zones).Draw(rt, "zone"))
		after := time.Unix(rapid.Int64Range(1.7e9, 2e9).Draw(rt, "after"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns"))
		want := after.Truncate(time.Minute).Add(time.Minute)
		for range 63 * 24 * 60 {
			if w := want.In(r.zone); isMinute(w.Minute()) && isHour(w.Hour()) && isDay(w.Day()) && isWeek(int(w.Weekday())) {
				break
			}
			want = want.Add(time.Minute)
		}
		if got := r.Next(after); !got.Equal(want) {
			rt.Fatalf("%s in %s after %v comes at %v, want %v", r.cron, r.zone, after, got, want)
		}
	})
}

func TestIntervalsKeepTheirPhase(t *testing.T) {
	from := instant(t, "2026-11-26T12:00:07Z")
	r, err := RuleOf(store.Schedule{Every: 90 * time.Minute, Zone: "Europe/Berlin", Missed: store.SkipMissed, Created: from})
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]time.Duration{
		-time.Hour: 90 * time.Minute, 0: 90 * time.Minute, time.Minute: 90 * time.Minute, 90 * time.Minute: 180 * time.Minute, 200 * time.Minute: 270 * time.Minute,
	} {
		if got := r.Next(from.Add(after)); !got.Equal(from.Add(want)) {
			t.Errorf("%v after its beginning the next time is %v after it, want %v", after, got.Sub(from), want)
		}
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		s    store.Schedule
		says string
	}{
		{store.Schedule{Zone: "UTC", Missed: "run"}, "one of them"},
		{store.Schedule{Cron: "@daily", Every: time.Hour, Zone: "UTC", Missed: "run"}, "one of them"},
		{store.Schedule{Every: time.Second, Zone: "UTC", Missed: "run"}, "every"},
		{store.Schedule{Every: -time.Hour, Zone: "UTC", Missed: "run"}, "every"},
		{store.Schedule{Cron: "@daily", Zone: "Mars/Olympus", Missed: "run"}, "zone"},
		{store.Schedule{Cron: "@daily", Zone: "Local", Missed: "run"}, "zone"},
		{store.Schedule{Cron: "@daily", Zone: "../../etc/passwd", Missed: "run"}, "zone"},
		{store.Schedule{Cron: "@daily", Zone: "UTC", Missed: "double"}, "missed"},
		{store.Schedule{Cron: "* * * *", Zone: "UTC", Missed: "run"}, "five fields"},
		{store.Schedule{Cron: "* * * * * *", Zone: "UTC", Missed: "run"}, "five fields"},
		{store.Schedule{Cron: "@everysecond", Zone: "UTC", Missed: "run"}, "five fields"},
		{store.Schedule{Cron: "@nonsense", Zone: "UTC", Missed: "run"}, "@daily"},
		{store.Schedule{Cron: "60 * * * *", Zone: "UTC", Missed: "run"}, "field 1"},
		{store.Schedule{Cron: "0,61 * * * *", Zone: "UTC", Missed: "run"}, "field 1"},
		{store.Schedule{Cron: "0 24 * * *", Zone: "UTC", Missed: "run"}, "field 2"},
		{store.Schedule{Cron: "0 0 0 * *", Zone: "UTC", Missed: "run"}, "field 3"},
		{store.Schedule{Cron: "0 0 1 13 *", Zone: "UTC", Missed: "run"}, "field 4"},
		{store.Schedule{Cron: "0 0 * * x", Zone: "UTC", Missed: "run"}, "field 5"},
		{store.Schedule{Cron: "*/0 * * * *", Zone: "UTC", Missed: "run"}, "field 1"},
		{store.Schedule{Cron: "5-1 * * * *", Zone: "UTC", Missed: "run"}, "field 1"},
		{store.Schedule{Cron: "0 0 30 2 *", Zone: "UTC", Missed: "run"}, "no such day"},
		{store.Schedule{Cron: "0 0 * * " + strings.Repeat("1,", 200) + "1", Zone: "UTC", Missed: "run"}, "five fields"},
	} {
		if _, err := RuleOf(c.s); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want an error with %q", c.s, err, c.says)
		}
	}
}

// Whatever is written, its next times are later ones, or there is an error.
func FuzzRule(f *testing.F) {
	for _, s := range []string{"30 2 * * *", "@daily", "*/5 1-3,9 L * 5#2", "0 0 15W * *", "0/5 0 ? JAN SUN", "* * * * 7", "-", "1/ 2 3 4 5", ",,,, * * * *"} {
		f.Add(s, "Europe/Berlin", int64(1.7e9))
	}
	f.Fuzz(func(t *testing.T, cron, zone string, after int64) {
		r, err := RuleOf(store.Schedule{Cron: cron, Zone: zone, Missed: store.RunMissed})
		if err != nil || after < 0 || after > 4e9 {
			return
		}
		at := time.Unix(after, 0)
		for range 3 {
			next := r.Next(at)
			if next.IsZero() {
				return
			}
			if !next.After(at) {
				t.Fatalf("%q in %q after %v comes at %v", cron, zone, at, next)
			}
			at = next
		}
	})
}
