package report

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
)

// A tab is a page in a real browser, and what the browser said of it.
type tab struct {
	t     *testing.T
	ctx   context.Context
	close func() // a tab that is not in front is not drawn

	mu       sync.Mutex
	messages []string // of the console, what the policy refused among them
	requests []string // for anything but the page itself
}

// view is how a reader sees a page.
type view struct {
	width, height int64
	dark          bool
}

var (
	desktop = view{1280, 800, false}
	phone   = view{390, 844, false}
)

// browser starts one for all tabs of a test.
func browser(t *testing.T) context.Context {
	t.Helper()
	return browsertest.Start(t)
}

// open shows a page from a file, as readers do.
func open(t *testing.T, browser context.Context, page []byte, v view) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, close: closeTab}
	if err := chromedp.Listen(ctx, func(event any) { b.hear(event, "file://"+path) }); err != nil {
		t.Fatal(err)
	}
	mode := "light"
	if v.dark {
		mode = "dark"
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, cdppage.BringToFront, cdp.Empty{})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}},
	})
	b.do(chromedp.EmulateViewport(v.width, v.height), chromedp.Navigate("file://"+path))
	return b
}

// hear keeps what a page at the address must not do.
func (b *tab) hear(event any, address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.messages = append(b.messages, string(e.Type))
	case *runtime.EventExceptionThrown:
		b.messages = append(b.messages, e.ExceptionDetails.Text)
		if x := e.ExceptionDetails.Exception; x != nil {
			b.messages = append(b.messages, x.Description)
		}
	case *log.EventEntryAdded:
		b.messages = append(b.messages, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if e.Request.URL != address {
			b.requests = append(b.requests, e.Request.URL)
		}
	}
}

// quiet fails the test where the browser had something to say or to fetch.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 || len(b.requests) > 0 {
		b.t.Errorf("the console says %q, and the page asks for %q", b.messages, b.requests)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// run is an action that has a result.
func run[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// says evaluates an expression in the page.
func says[T any](b *tab, expression string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](expression))
}

// picture keeps what the tab shows, the whole page or its first screen, where
// STRESS_PICTURES names a directory to look at them.
func (b *tab) picture(name string, whole bool) {
	b.t.Helper()
	dir := os.Getenv("STRESS_PICTURES")
	if dir == "" {
		return
	}
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), run(b, take), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// call sends a command of the protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(err)
	}
}
