package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// The fields of a schedule; their Keys are those of [control.InvalidError].
var scheduleInputs = []input{
	{ID: "cron", Label: "Cron expression", Hint: "minute, hour, day of the month, month, day of the week: 30 2 * * 1-5 is 02:30 from Monday to Friday; or @hourly, @daily, @weekly, @monthly", Kind: "text", Keys: []string{"cron"}},
	{ID: "every", Label: "Or an interval", Hint: "a number, and no cron expression; it counts from when it is saved", Kind: "number", Keys: []string{"every"}},
	{ID: "unit", Label: "Unit of the interval", Kind: "select", Value: "h", Options: []option{{"m", "minutes"}, {"h", "hours"}, {"d", "days"}}},
	{ID: "zone", Label: "Time zone", Hint: "whose clocks the expression goes by: UTC, or a name such as Europe/Berlin", Kind: "text", Value: "UTC", Keys: []string{"zone"}},
	{ID: "missed", Label: "A time that passes while no server runs", Kind: "select", Value: "skip", Keys: []string{"missed"}, Options: []option{
		{"skip", "is skipped"}, {"run", "is made up for, once, however many have passed"}}},
}

// units are those of intervals, the longest first.
var units = []struct {
	sign string
	of   time.Duration
	name string
}{{"d", 24 * time.Hour, "days"}, {"h", time.Hour, "hours"}, {"m", time.Minute, "minutes"}}

// scheduleOn is a schedule by what its fields say. Whether that is a rule, [control.Control.Upcoming] says.
func scheduleOn(s store.Schedule, v url.Values) (store.Schedule, error) {
	at := func(id string) string { return strings.TrimSpace(v.Get(id)) }
	s.Cron, s.Every, s.Zone, s.Missed = at("cron"), 0, cmp.Or(at("zone"), "UTC"), store.Missed(at("missed"))
	text := at("every")
	if text == "" {
		return s, nil
	}
	n, err := strconv.ParseUint(text, 10, 20) // a year has half a million minutes
	if err != nil {
		return s, &control.InvalidError{Field: "every", Err: errors.New("want a whole number, up to a year of them")}
	}
	for _, u := range units {
		if u.sign == at("unit") {
			s.Every = time.Duration(n) * u.of
		}
	}
	if s.Every == 0 {
		return s, &control.InvalidError{Field: "every", Err: errors.New("want a number from 1 up, of minutes, hours or days")}
	}
	return s, nil
}

// fieldsOfSchedule are what the fields of a schedule hold.
func fieldsOfSchedule(s store.Schedule) url.Values {
	v := url.Values{"cron": {s.Cron}, "zone": {s.Zone}, "missed": {string(s.Missed)}, "unit": {"h"}}
	for _, u := range units {
		if s.Every > 0 && s.Every%u.of == 0 {
			v.Set("every", strconv.FormatInt(int64(s.Every/u.of), 10))
			v.Set("unit", u.sign)
			break
		}
	}
	return v
}

// ruleWords are a rule in words.
func ruleWords(s store.Schedule) string {
	if s.Cron != "" {
		return s.Cron
	}
	for _, u := range units {
		if s.Every%u.of == 0 {
			n := int64(s.Every / u.of)
			if n == 1 {
				return "every " + strings.TrimSuffix(u.name, "s")
			}
			return "every " + strconv.FormatInt(n, 10) + " " + u.name
		}
	}
	return "every " + s.Every.String()
}

// scheduleRow is a schedule as a line of a table.
type scheduleRow struct {
	store.Schedule
	Test store.Test
	Rule string
	Next []time.Time // on the clocks of its zone
	Last time.Time   // there, too
	Idle string      // why there is none; "" where there is
}

// mostUpcoming is how many times of a schedule are shown.
const mostUpcoming = 5

func (s *Site) scheduleRow(c store.Schedule, t store.Test) scheduleRow {
	row := scheduleRow{Schedule: c, Test: t, Rule: ruleWords(c), Last: c.Last}
	all, err := s.Control.Upcoming(c, time.Now(), mostUpcoming)
	switch {
	case err != nil: // another version of this program took it
		row.Idle = err.Error()
	case c.Next.IsZero():
		row.Idle = "paused"
	case !t.Archived.IsZero():
		row.Idle = "its test is archived"
	default:
		row.Next = all
	}
	if len(all) > 0 && !c.Last.IsZero() {
		row.Last = c.Last.In(all[0].Location())
	}
	return row
}

// schedules are those of all tests.
func (s *Site) schedules(r *http.Request) (reply, error) {
	all, err := s.Control.Store.Schedules(r.Context())
	if err != nil {
		return reply{}, err
	}
	tests, err := s.Control.Store.Tests(r.Context(), false)
	if err != nil {
		return reply{}, err
	}
	of := map[string]store.Test{}
	for _, t := range tests {
		of[t.ID] = t
	}
	var rows []scheduleRow
	for _, c := range all {
		rows = append(rows, s.scheduleRow(c, of[c.Test]))
	}
	return reply{page: "schedules", title: "Schedules", data: struct {
		Test *store.Test
		Rows []scheduleRow
	}{nil, rows}}, nil
}

// schedulesOf are those of a test.
func (s *Site) schedulesOf(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	all, err := s.Control.Store.SchedulesOf(r.Context(), t.ID)
	if err != nil {
		return reply{}, err
	}
	var rows []scheduleRow
	for _, c := range all {
		rows = append(rows, s.scheduleRow(c, t))
	}
	return reply{page: "schedules", title: "Schedules: " + t.Name, data: struct {
		Test *store.Test
		Rows []scheduleRow
	}{&t, rows}}, nil
}

// schedule is the schedule that a request names, with its test; an empty one where it names none.
func (s *Site) schedule(r *http.Request) (store.Test, store.Schedule, error) {
	t, err := s.kept(r)
	id := r.PathValue("schedule")
	if err != nil || id == "" {
		return t, store.Schedule{Test: t.ID}, err
	}
	c, err := s.Control.Store.Schedule(r.Context(), id)
	if err == nil && c.Test != t.ID {
		err = store.ErrNotFound
	}
	return t, c, err
}

// editSchedule is the form of a schedule.
func (s *Site) editSchedule(r *http.Request) (reply, error) {
	t, c, err := s.schedule(r)
	if err != nil {
		return reply{}, err
	}
	values := fieldsOfSchedule(c)
	if c.ID == "" {
		for _, f := range scheduleInputs {
			values.Set(f.ID, f.Value)
		}
	}
	return s.scheduleForm(t, c, draft{values: values}, nil), nil
}

// saveSchedule shows when a schedule would be due, or keeps it.
func (s *Site) saveSchedule(r *http.Request) (reply, error) {
	t, c, err := s.schedule(r)
	if err != nil {
		return reply{}, err
	}
	d := draft{values: r.PostForm}
	asked, err := scheduleOn(c, r.PostForm)
	var upcoming []time.Time
	if err == nil {
		fresh := asked
		fresh.Created = time.Time{} // an interval counts from when it is saved
		upcoming, err = s.Control.Upcoming(fresh, time.Now(), mostUpcoming)
	}
	if err == nil && r.PostForm.Get("do") == "keep" {
		if c.ID == "" {
			_, err = s.Control.AddSchedule(r.Context(), asked, false)
		} else {
			_, err = s.Control.ChangeSchedule(r.Context(), asked, c.Next.IsZero())
		}
		if err == nil {
			return goTo("tests", t.ID, "schedules")
		}
	}
	if err != nil && !invalid(err) {
		return reply{}, err
	}
	d.faults = faultsAt(err, scheduleInputs)
	return s.scheduleForm(t, c, d, upcoming), nil
}

func (s *Site) scheduleForm(t store.Test, c store.Schedule, d draft, upcoming []time.Time) reply {
	out := reply{page: "schedule", title: "New schedule: " + t.Name}
	if c.ID != "" {
		out.title = "Schedule: " + t.Name
	}
	if len(d.faults) > 0 {
		out.code = http.StatusUnprocessableEntity
	}
	out.data = struct {
		Test     store.Test
		Schedule store.Schedule
		Inputs   []input
		Faults   []faultView
		Upcoming []time.Time
	}{t, c, filled(scheduleInputs, d), d.faults, upcoming}
	return out
}

func (s *Site) pauseSchedule(r *http.Request) (reply, error)  { return s.setPaused(r, true) }
func (s *Site) resumeSchedule(r *http.Request) (reply, error) { return s.setPaused(r, false) }

func (s *Site) setPaused(r *http.Request, paused bool) (reply, error) {
	t, c, err := s.schedule(r)
	if err != nil {
		return reply{}, err
	}
	if _, err := s.Control.ChangeSchedule(r.Context(), c, paused); err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "schedules")
}

func (s *Site) deleteSchedule(r *http.Request) (reply, error) {
	t, c, err := s.schedule(r)
	if err != nil {
		return reply{}, err
	}
	if err := s.Control.Store.DeleteSchedule(r.Context(), c.ID, control.By(r.Context())); err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "schedules")
}

// faultsAt says what is wrong, each at the one of the fields that it is of, or else at the first.
func faultsAt(err error, inputs []input) []faultView {
	if err == nil {
		return nil
	}
	if joined, several := err.(interface{ Unwrap() []error }); several {
		var all []faultView
		for _, e := range joined.Unwrap() {
			all = append(all, faultsAt(e, inputs)...)
		}
		return all
	}
	v := faultView{Field: inputs[0].ID, Where: inputs[0].Label, Text: err.Error()}
	var of *control.InvalidError
	if !errors.As(err, &of) || of.Field == "" {
		return []faultView{v}
	}
	for _, f := range inputs {
		for _, k := range f.Keys {
			if k == of.Field {
				return []faultView{{Field: f.ID, Where: f.Label, Text: of.Err.Error()}}
			}
		}
	}
	return []faultView{v}
}
