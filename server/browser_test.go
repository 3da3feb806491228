package server_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
)

// tab is a page of a server in a real browser, and what the browser said of it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	messages []string // of the console, what the policy refused among them
}

// open shows an address in a tab that knows nothing of others: cookies neither.
func open(t *testing.T, browser context.Context, address string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address))
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.messages = append(b.messages, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		// An answer that says no is none of the page's faults, and what browsers advise to makers of log-ins neither.
		if e.Entry.Source != log.EntrySourceNetwork && e.Entry.Level != log.EntryLevelVerbose {
			b.messages = append(b.messages, e.Entry.Text)
		}
	}
}

// quiet fails the test where the browser had something to say.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 {
		b.t.Errorf("the console says %q", b.messages)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// says evaluates an expression in the page.
func says[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil { // the page of a run comes anew at its end, and the old one then answers nothing
		b.until(`true`)
		v, err = chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// until waits for an expression to become true of a page that is there as a whole, through any number of pages.
func (b *tab) until(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.readyState === 'complete' && Boolean(`+expression+`)`))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + ' ' + document.body.innerText`))
			b.mu.Lock()
			defer b.mu.Unlock()
			b.t.Fatalf("%s never became true (%v, console %q) on %.2000s", expression, err, b.messages, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// press clicks the button with a text and waits for the page to which that leads.
func (b *tab) press(text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`window.pressed = true`), chromedp.Click(`//button[normalize-space()=`+quoted(text)+`]`))
	b.until(`!window.pressed`)
}

func quoted(s string) string { return `"` + s + `"` }

// fill types into a field in place of what is there.
func (b *tab) fill(id, text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('`+id+`').select()`), chromedp.SendKeys(`#`+id, text))
}

// looks are the ways in which people see pages.
var looks = []struct {
	name          string
	width, height int64
	dark          bool
}{{"desktop-light", 1440, 900, false}, {"desktop-dark", 1440, 900, true}, {"phone-light", 390, 844, false}, {"phone-dark", 390, 844, true}}

// inspect holds a page to what every page owes: it fits its window, has no barrier that axe knows of,
// and the browser has nothing to say of it. Pictures of it go where STRESS_PICTURES names a directory.
func (b *tab) inspect(name string) {
	b.t.Helper()
	axe, missing := browsertest.Axe("..")
	if missing != nil {
		b.t.Logf("!!! LEFT OUT: no axe-core: %v: make readers", missing)
	}
	b.until(`true`)
	for _, look := range looks {
		mode := "light"
		if look.dark {
			mode = "dark"
		}
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}}}); err != nil {
			b.t.Fatal(err)
		}
		b.do(chromedp.EmulateViewport(look.width, look.height))
		wide := look.width + 1 // charts follow the window a moment later
		for deadline := time.Now().Add(10 * time.Second); wide > look.width && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			wide = says[int64](b, `document.documentElement.scrollWidth`)
		}
		if wide > look.width {
			b.t.Errorf("%s, %s: it is %d wide", name, look.name, wide)
		}
		if missing == nil {
			found, err := browsertest.Violations(b.ctx, axe)
			if err != nil { // as in [says]
				b.until(`true`)
				found, err = browsertest.Violations(b.ctx, axe)
			}
			if err != nil {
				b.t.Fatal(err)
			}
			for _, v := range found {
				b.t.Errorf("%s, %s: %s", name, look.name, v)
			}
		}
		if dir := os.Getenv("STRESS_PICTURES"); dir != "" {
			picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				b.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+look.name+".png"), picture, 0o644); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.do(chromedp.EmulateViewport(1440, 900))
	b.quiet()
}
