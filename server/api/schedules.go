package api

import (
	"cmp"
	"net/http"
	"time"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

type schedule struct {
	ID     string       `json:"id"`
	Test   string       `json:"test"`
	Cron   string       `json:"cron,omitempty"`
	Every  int          `json:"every_s,omitempty"`
	Zone   string       `json:"zone"`
	Missed store.Missed `json:"missed"`
	Paused bool         `json:"paused"`
	Next   *time.Time   `json:"next,omitempty"`
	Last   *time.Time   `json:"last,omitempty"`
	Note   string       `json:"note,omitempty"` // why its latest time queued no run
}

func scheduleOf(s store.Schedule) schedule {
	return schedule{
		s.ID, s.Test, s.Cron, int(s.Every / time.Second), s.Zone, s.Missed, s.Next.IsZero(), given(s.Next), given(s.Last), s.Note,
	}
}

// rule is when a test is to run by itself.
type rule struct {
	Cron   string       `json:"cron"`
	Every  int          `json:"every_s"`
	Zone   string       `json:"zone"`
	Missed store.Missed `json:"missed"`
	Paused bool         `json:"paused"`
}

// mostEvery bounds an interval from far above, in seconds, so that it is one: the rule has closer bounds.
const mostEvery = 1 << 31

// on is a schedule by that rule.
func (in rule) on(s store.Schedule) store.Schedule {
	s.Cron, s.Every, s.Zone = in.Cron, time.Duration(max(-1, min(in.Every, mostEvery)))*time.Second, cmp.Or(in.Zone, "UTC")
	s.Missed = cmp.Or(in.Missed, store.SkipMissed)
	return s
}

func (a *API) schedules(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	return paged(r, scheduleOf, within(a.Control.Store.SchedulesOf(r.Context(), t.ID)))
}

func (a *API) addSchedule(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	var in rule
	if err := read(r, &in); err != nil {
		return nil, err
	}
	s, err := a.Control.AddSchedule(r.Context(), in.on(store.Schedule{Test: t.ID}), in.Paused)
	return scheduleOf(s), err
}

func (a *API) schedule(r *http.Request) (any, error) {
	s, err := a.Control.Store.Schedule(r.Context(), r.PathValue("schedule"))
	return scheduleOf(s), err
}

func (a *API) changeSchedule(r *http.Request) (any, error) {
	s, err := a.Control.Store.Schedule(r.Context(), r.PathValue("schedule"))
	if err != nil {
		return nil, err
	}
	var in rule
	if err := read(r, &in); err != nil {
		return nil, err
	}
	s, err = a.Control.ChangeSchedule(r.Context(), in.on(s), in.Paused)
	return scheduleOf(s), err
}

func (a *API) deleteSchedule(r *http.Request) (any, error) {
	return nil, a.Control.Store.DeleteSchedule(r.Context(), r.PathValue("schedule"), control.By(r.Context()))
}

type delivery struct {
	ID      string     `json:"id"`
	Run     string     `json:"run,omitempty"` // none of a ping
	Test    string     `json:"test"`
	Kind    string     `json:"kind"`
	Address string     `json:"address"` // without its query and password
	Since   time.Time  `json:"since"`
	Tries   int        `json:"tries"`
	Tried   *time.Time `json:"tried,omitempty"`
	Due     *time.Time `json:"due,omitempty"`  // none once it is taken or given up
	Done    *time.Time `json:"done,omitempty"` // when it was taken
	Problem string     `json:"problem,omitempty"`
	Status  int        `json:"status,omitempty"`
	Answer  string     `json:"answer,omitempty"`
	// Attempts are all tries, the newest first; a list of deliveries leaves them out.
	Attempts []attempt `json:"attempts,omitempty"`
}

type attempt struct {
	At      time.Time `json:"at"`
	Problem string    `json:"problem,omitempty"`
	Status  int       `json:"status,omitempty"`
	Answer  string    `json:"answer,omitempty"`
}

func deliveryOf(d store.Delivery) delivery {
	address := d.Address
	if d.Kind != store.Mail {
		address = control.PublicAddress(address)
	}
	return delivery{
		d.ID, d.Run, d.Test, cmp.Or(string(d.Kind), "form"), address, d.Since, d.Tries, given(d.Tried), given(d.Due), given(d.Done),
		d.Problem, d.Status, d.Answer, nil,
	}
}

func (a *API) deliveries(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	return paged(r, deliveryOf, func(offset, most int) ([]store.Delivery, error) {
		return a.Control.Store.DeliveriesOfTest(r.Context(), t.ID, offset, most)
	})
}

func (a *API) delivery(r *http.Request) (any, error) {
	d, err := a.Control.Store.Delivery(r.Context(), r.PathValue("delivery"))
	if err != nil {
		return nil, err
	}
	tries, err := a.Control.Store.AttemptsOf(r.Context(), d.ID)
	v := deliveryOf(d)
	for _, t := range tries {
		v.Attempts = append(v.Attempts, attempt{t.At, t.Problem, t.Status, t.Answer})
	}
	return v, err
}

// ping lets whoever hears of a test get a ping, and lists what is to be delivered.
func (a *API) ping(r *http.Request) (any, error) {
	t, err := a.testNamed(r)
	if err != nil {
		return nil, err
	}
	if err := a.Control.Ping(r.Context(), t); err != nil {
		return nil, err
	}
	return a.deliveries(r)
}

// redeliver makes a delivery again, whatever became of it.
func (a *API) redeliver(r *http.Request) (any, error) {
	if err := a.Control.Store.Redeliver(r.Context(), r.PathValue("delivery"), time.Now()); err != nil {
		return nil, err
	}
	return a.delivery(r)
}
