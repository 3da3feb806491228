package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// picture keeps what the window of a page shows, as wide as that, for docs/server.md.
func (b *tab) picture(dir, name string, width, height int64, mode string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}}}); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(width, height))
	time.Sleep(time.Second) // charts follow the window
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(1440, 900))
}

// The pictures of docs/server.md, made anew by `make pictures`.
func TestPicturesOfTheDocument(t *testing.T) {
	dir := os.Getenv("STRESS_DOC_PICTURES")
	if dir == "" {
		t.Skip("make pictures makes them")
	}
	browser := browsertest.Start(t)
	replica := 0
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		replica++
		w.Header().Set("X-Served-By", fmt.Sprint("shop-", replica%3+1))
		time.Sleep(time.Duration(5+replica%7) * time.Millisecond)
		if replica%40 == 0 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(target.Close)
	data := t.TempDir()
	s, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	// A result that was recorded on a quiet machine: this one may be busy, and then no result says anything.
	judged := taken(t, s, keepTest(t, s, store.Test{Name: "Shop, alone and as a cluster"}), time.Now(), recordedRun("shop"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	v := serve(t, data, server.Options{Open: true, Within: reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}})
	host := strings.TrimPrefix(target.URL, "http://")
	b := open(t, browser, v.base+"/tests/new")
	b.fill("name", "Front page")
	b.fill("host", host)
	b.fill("path", "index.php")
	b.do(chromedp.Click(`form.test details:first-of-type summary`))
	b.fill("stages", "20s 40/s\n40s 40/s\n20s 120/s\n20s 20/s")
	b.fill("thresholds", "p95 < 500ms\nerror_rate < 1%")
	b.press("Draw the load")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('details').open = false`))
	b.picture(dir, "form-1280", 1280, 860, "light")
	source := "name: Front page\nload: {type: clients-per-second, clients: 60, duration: 10m}\nrequest: {path: /index.php}\ntargets: [{name: shop, url: \"" + target.URL + "\", host_from: {header: X-Served-By}}]\nthresholds: [\"p95 < 500ms\"]\n"
	answer, text := v.post("/tests/new", url.Values{"as": {"yaml"}, "do": {"run"}, "source": {source}, "tags": {"shop"}, "callback": {target.URL + "/told"}}, nil)
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d, %.2000s", answer.StatusCode, text)
	}
	at := answer.Header.Get("Location")
	b.do(chromedp.Navigate(v.base + at))
	b.until(`/1[2-9]/.test(document.querySelector('.charts')?.innerText || '') || document.querySelectorAll('.charts canvas').length > 3`)
	time.Sleep(15 * time.Second)
	b.picture(dir, "run-1280", 1280, 1000, "light")
	b.picture(dir, "run-390", 390, 844, "dark")
	b.do(chromedp.Navigate(v.base + at))
	b.press("Stop")
	b.until(`document.querySelector('iframe.report')`)
	b.do(chromedp.Navigate(v.base + "/tests/" + judged.Test + "/results/" + judged.ID))
	time.Sleep(3 * time.Second) // its report is a page within the page
	b.picture(dir, "result-1280", 1280, 800, "light")
	test := strings.Split(at, "/")[2]
	b.do(chromedp.Navigate(v.base + "/tests/" + test + "/schedules/new"))
	b.fill("cron", "30 2 * * 1-5")
	b.fill("zone", "Europe/Berlin")
	b.press("Show the next times")
	b.picture(dir, "schedule-1280", 1280, 620, "light")
	b.picture(dir, "schedule-390", 390, 844, "light")
	b.press("Save")
	b.do(chromedp.Navigate(v.base + "/tests/" + test + "/notify"))
	b.press("Send a test delivery")
	b.until(`document.querySelectorAll('tbody tr').length > 1`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('tbody details').open = true`))
	b.picture(dir, "notify-1280", 1280, 760, "dark")
}
