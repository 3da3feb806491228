package server_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// keptTest keeps a test of that name.
func (v *serving) keptTest(name string) store.Test {
	v.t.Helper()
	h := store.Host{ID: store.NewID(), Name: "127.0.0.1:1", Created: time.Now(), Verified: time.Now()}
	if err := v.store.AddHost(v.t.Context(), h, store.By{At: time.Now()}); err != nil {
		v.t.Fatal(err)
	}
	h, err := v.store.HostNamed(v.t.Context(), h.Name)
	if err != nil {
		v.t.Fatal(err)
	}
	t := store.Test{ID: store.NewID(), Host: h.ID, Name: name, Token: store.NewID(), Created: time.Now(),
		Scenario: "load: {type: clients-per-test, clients: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\n"}
	if err := v.store.AddTest(v.t.Context(), t, store.By{At: time.Now()}); err != nil {
		v.t.Fatal(err)
	}
	return t
}

// reach presses the tabulator until the element that a selector names has the focus.
func (b *tab) reach(selector string) {
	b.t.Helper()
	for range 80 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if says[bool](b, `document.activeElement.matches(`+"`"+selector+"`"+`)`) {
			return
		}
	}
	b.t.Fatalf("the tabulator does not lead to %s on %s", selector, says[string](b, `location.href`))
}

// enter presses Enter on what has the focus, and waits for the page to which that leads.
func (b *tab) enter() {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`window.pressed = true`), chromedp.KeyEvent(kb.Enter))
	b.until(`!window.pressed`)
}

// A person makes a schedule by keyboard alone: sees when it would be due before it is kept, changes it,
// pauses it, and deletes it.
func TestAPersonSchedulesATest(t *testing.T) {
	browser := browsertest.Start(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	test := v.keptTest("nightly")
	ctx := t.Context()
	b := open(t, browser, v.base+"/schedules")
	b.inspect("schedules-none")
	b.do(chromedp.Navigate(v.base + "/tests/" + test.ID))
	b.reach(`a[href$="/schedules"]:not(nav a)`)
	b.enter()
	b.reach(`a[href$="/schedules/new"]`)
	b.enter()
	b.inspect("schedule-new")
	b.reach(`#cron`)
	b.do(chromedp.KeyEvent("61 * * * *"))
	b.reach(`button[value=preview]`)
	b.enter()
	if says[string](b, `document.getElementById('cron').getAttribute('aria-invalid')`) != "true" || !strings.Contains(says[string](b, `document.getElementById('cron-faults').innerText`), "cannot be read") {
		t.Errorf("the page says %q", says[string](b, `document.body.innerText`))
	}
	b.inspect("schedule-faults")
	b.fill("cron", "30 2 * * 1-5")
	b.fill("zone", "Europe/Berlin")
	b.reach(`button[value=preview]`)
	b.enter()
	upcoming := says[[]string](b, `[...document.querySelectorAll('.times time')].map((e) => e.textContent)`)
	if len(upcoming) != 5 || !strings.Contains(upcoming[0], "02:30 CE") {
		t.Errorf("the next times are %q", upcoming)
	}
	b.inspect("schedule-preview")
	if kept, err := v.store.Schedules(ctx); err != nil || len(kept) > 0 {
		t.Errorf("a preview kept %v, %v", kept, err)
	}
	b.reach(`button[value=keep]`)
	b.enter()
	kept, err := v.store.Schedules(ctx)
	if err != nil || len(kept) != 1 || kept[0].Next.In(berlin(t)).Format("Mon 2006-01-02 15:04 MST") != upcoming[0] {
		t.Fatalf("kept is %+v, %v, and the page said %q", kept, err, upcoming)
	}
	b.inspect("schedules-of")
	b.do(chromedp.Navigate(v.base + "/schedules"))
	b.inspect("schedules")
	b.press("Pause")
	if text := says[string](b, `document.querySelector('tbody').innerText`); !strings.Contains(text, "paused") {
		t.Errorf("paused it is %q", text)
	}
	if c, err := v.store.Schedule(ctx, kept[0].ID); err != nil || !c.Next.IsZero() {
		t.Errorf("paused it is %+v, %v", c, err)
	}
	b.press("Go on")
	b.do(chromedp.Click(`//a[text()="Change"]`))
	b.until(`document.getElementById('cron')?.value === '30 2 * * 1-5'`)
	b.fill("cron", kb.Delete)
	b.fill("every", "90")
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('unit').value = 'm'; document.getElementById('missed').value = 'run'`))
	b.press("Save")
	if c, err := v.store.Schedule(ctx, kept[0].ID); err != nil || c.Cron != "" || c.Every != 90*time.Minute || c.Missed != store.RunMissed || c.Next.IsZero() {
		t.Errorf("changed it is %+v, %v", c, err)
	}
	b.press("Delete")
	if kept, err := v.store.Schedules(ctx); err != nil || len(kept) > 0 {
		t.Errorf("deleted there are %v, %v", kept, err)
	}
	b.quiet()
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// What is wrong with a schedule stands at its field, and nothing is kept.
func TestFaultsOfASchedule(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	test := v.keptTest("a")
	good := url.Values{"do": {"keep"}, "cron": {"@daily"}, "unit": {"h"}, "zone": {"UTC"}, "missed": {"skip"}}
	for _, c := range []struct {
		field string
		with  map[string]string
	}{
		{"cron", map[string]string{"cron": ""}},
		{"cron", map[string]string{"every": "1"}},
		{"cron", map[string]string{"cron": "0 0 30 2 *"}},
		{"cron", map[string]string{"cron": strings.Repeat("*", 300)}},
		{"every", map[string]string{"cron": "", "every": "0"}},
		{"every", map[string]string{"cron": "", "every": "-1"}},
		{"every", map[string]string{"cron": "", "every": "1.5"}},
		{"every", map[string]string{"cron": "", "every": "367", "unit": "d"}},
		{"every", map[string]string{"cron": "", "every": "99999999999999999999"}},
		{"every", map[string]string{"cron": "", "every": "5", "unit": "y"}},
		{"zone", map[string]string{"zone": "Mars"}},
		{"zone", map[string]string{"zone": "../../etc/passwd"}},
		{"missed", map[string]string{"missed": "never"}},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = slices.Clone(v)
		}
		for k, v := range c.with {
			form.Set(k, v)
		}
		answer, text := v.post("/tests/"+test.ID+"/schedules/new", form, nil)
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, `id="`+c.field+`-faults"`) {
			t.Errorf("%v: %d, %.2000s", c.with, answer.StatusCode, text)
		}
	}
	if kept, err := v.store.Schedules(t.Context()); err != nil || len(kept) > 0 {
		t.Errorf("kept are %v, %v", kept, err)
	}
	// A schedule is changed under its own test alone.
	other := v.keptTest("b")
	c := store.Schedule{ID: store.NewID(), Test: test.ID, Cron: "@daily", Zone: "UTC", Missed: store.SkipMissed, Created: time.Now(), Next: time.Now().Add(time.Hour)}
	if err := v.store.AddSchedule(t.Context(), c, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"", "/pause", "/resume", "/delete"} {
		if answer, _ := v.post("/tests/"+other.ID+"/schedules/"+c.ID+what, good, nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%q of another test's is answered by %d", what, answer.StatusCode)
		}
	}
	if err := v.store.ArchiveTest(t.Context(), test.ID, time.Now(), store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, got := v.send("GET", "/schedules", "", nil); !strings.Contains(got.(string), "its test is archived") {
		t.Errorf("the page of schedules says nothing of the archive: %.3000s", got)
	}
}
