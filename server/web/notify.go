package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// The fields of who hears of a test; their Keys are those of [control.InvalidError].
var noticeInputs = []input{
	{ID: "callback", Label: "Address that is told", Hint: "it gets a POST; empty is none", Kind: "text", Keys: []string{"callback"}},
	{ID: "form", Label: "What it gets", Kind: "select", Value: "form", Keys: []string{"form"}, Options: []option{
		{"form", "loader.io’s form: test_id and status"}, {"json", "JSON: verdict, figures, the report’s address"}}},
	{ID: "secret", Label: "Secret that signs it", Kind: "password", Keys: []string{"secret"}},
	{ID: "mail", Label: "Who gets mail", Hint: "addresses with commas between them; empty is nobody", Kind: "text", Keys: []string{"callback_email"}},
	{ID: "tell", Label: "Of which ends", Kind: "select", Value: "end", Keys: []string{"tell"}, Options: []option{
		{"end", "every end of a run"}, {"change", "only when the verdict changes"}}},
}

// deliveryRow is a delivery as a line of the log.
type deliveryRow struct {
	store.Delivery
	Where    string // without what may be secret in it
	State    string
	Tone     string
	Attempts []store.Attempt
}

func rowOf(d store.Delivery, attempts []store.Attempt) deliveryRow {
	row := deliveryRow{Delivery: d, Where: d.Address, Attempts: attempts}
	if d.Kind != store.Mail {
		row.Where = control.PublicAddress(d.Address)
	}
	switch {
	case !d.Done.IsZero():
		row.State, row.Tone = "taken", "good"
	case !d.Due.IsZero() && len(attempts) == 0:
		row.State, row.Tone = "about to be sent", "faint"
	case !d.Due.IsZero():
		row.State, row.Tone = "to be tried again", "unsure"
	default:
		row.State, row.Tone = "given up", "bad"
	}
	return row
}

// mostDeliveries is how many deliveries a page of the log has.
const mostDeliveries = 25

// notices are who hears of a test, and the log of what was told.
func (s *Site) notices(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	return s.noticesPage(r, t, noticesOf(t))
}

// noticesOf are the fields of who hears of a test, filled in with what is kept.
func noticesOf(t store.Test) draft {
	d := draft{values: url.Values{"callback": {control.PublicAddress(t.Callback)}, "form": {"form"}, "mail": {t.Mail}, "tell": {"end"}}}
	if t.Form == store.JSON {
		d.values.Set("form", "json")
	}
	if t.Tell == store.OnChange {
		d.values.Set("tell", "change")
	}
	return d
}

func (s *Site) noticesPage(r *http.Request, t store.Test, d draft) (reply, error) {
	skip, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 31) // without one it is the newest
	log, err := s.Control.Store.DeliveriesOfTest(r.Context(), t.ID, int(skip), mostDeliveries+1)
	if err != nil {
		return reply{}, err
	}
	how, err := s.Control.Mail(r.Context())
	if err != nil {
		return reply{}, err
	}
	v := struct {
		Test   store.Test
		Inputs []input
		Faults []faultView
		Mails  bool
		Log    []deliveryRow
		Moving bool // something is to be told yet
		Older  int  // how many come before the older ones; 0 is that there are none
	}{Test: t, Inputs: filled(noticeInputs, d), Faults: d.faults, Mails: how.On}
	for i := range v.Inputs {
		switch f := &v.Inputs[i]; {
		case f.ID == "secret" && t.Secret == "":
			f.Hint = "none is set: nothing is signed"
		case f.ID == "secret":
			f.Hint = "one is set, and never shown; leave this empty to keep it"
		case f.ID == "mail" && !v.Mails:
			f.Hint = "this server sends no mail: name a mail server under Settings, or start it with --smtp"
		case f.ID == "callback" && control.PublicAddress(t.Callback) != t.Callback:
			f.Hint = "it has a password or a query, which is kept and never shown; leave it as it stands to keep it"
		}
	}
	if len(log) > mostDeliveries {
		log, v.Older = log[:mostDeliveries], int(skip)+mostDeliveries
	}
	for _, told := range log {
		attempts, err := s.Control.Store.AttemptsOf(r.Context(), told.ID)
		if err != nil {
			return reply{}, err
		}
		v.Log = append(v.Log, rowOf(told, attempts))
		v.Moving = v.Moving || !told.Due.IsZero()
	}
	out := reply{page: "notify", title: "Notifications: " + t.Name, data: v}
	if len(d.faults) > 0 {
		out.code = http.StatusUnprocessableEntity
	}
	return out, nil
}

func (s *Site) saveNotices(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	at := func(id string) string { return strings.TrimSpace(r.PostForm.Get(id)) }
	asked := t
	if callback := at("callback"); callback != control.PublicAddress(t.Callback) {
		asked.Callback = callback
	}
	asked.Mail, asked.Form, asked.Tell = at("mail"), store.Kind(at("form")), store.Tell(at("tell"))
	if asked.Form == "form" {
		asked.Form = store.Form
	}
	if asked.Tell == "end" {
		asked.Tell = store.EveryEnd
	}
	switch secret := r.PostForm.Get("secret"); {
	case r.PostForm.Get("unsigned") != "":
		asked.Secret = ""
	case secret != "":
		asked.Secret = secret
	}
	if err := s.Control.CheckTell(r.Context(), asked); err != nil {
		return s.noticesPage(r, t, draft{values: r.PostForm, faults: faultsAt(err, noticeInputs)})
	}
	if err := s.Control.Store.TellOf(r.Context(), asked, control.By(r.Context())); err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "notify")
}

func (s *Site) ping(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	if err := s.Control.Ping(r.Context(), t); err != nil {
		return reply{}, err
	}
	return s.whenTold(r, t)
}

func (s *Site) redeliver(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	d, err := s.Control.Store.Delivery(r.Context(), r.PathValue("delivery"))
	if err == nil && d.Test != t.ID {
		err = store.ErrNotFound
	}
	if err == nil {
		err = s.Control.Store.Redeliver(r.Context(), d.ID, time.Now())
	}
	if err != nil {
		return reply{}, err
	}
	return s.whenTold(r, t)
}

const (
	mostWait = 3 * time.Second // as a rule an address has answered by then
	waitStep = 100 * time.Millisecond
)

// whenTold leads to the log once nothing of its beginning is about to be told, or after a moment:
// without a script the page would show what is not true any more as soon as it is read.
func (s *Site) whenTold(r *http.Request, t store.Test) (reply, error) {
	for deadline := time.Now().Add(mostWait); time.Now().Before(deadline); {
		log, err := s.Control.Store.DeliveriesOfTest(r.Context(), t.ID, 0, mostDeliveries)
		if err != nil {
			return reply{}, err
		}
		now := time.Now()
		if !slices.ContainsFunc(log, func(d store.Delivery) bool { return !d.Due.IsZero() && !d.Due.After(now) }) {
			break
		}
		select {
		case <-r.Context().Done():
			return goTo("tests", t.ID, "notify") // whoever asked has gone
		case <-time.After(waitStep):
		}
	}
	return goTo("tests", t.ID, "notify")
}
