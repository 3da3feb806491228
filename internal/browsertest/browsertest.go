// Package browsertest shows pages to a real browser, for tests, and looks for barriers in them.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Names are those of the programs that can show a page to a test.
var Names = []string{"chromium", "chromium-browser", "google-chrome"}

// Start starts a browser for all tabs of a test. A test without one is left out loudly.
func Start(t *testing.T) context.Context {
	t.Helper()
	for _, name := range Names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.WSURLReadTimeout(2*time.Minute)) // from a slow disk, beside other tests
		ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
		t.Cleanup(cancel)
		ctx, cancel = chromedp.NewContext(ctx)
		t.Cleanup(cancel)
		if err := chromedp.Do(ctx); err != nil {
			t.Fatalf("starting %s: %v", path, err)
		}
		return ctx
	}
	t.Skipf("!!! LEFT OUT: none of %v is installed", Names)
	return nil
}

// Axe is the script of axe-core, which looks for barriers, from where `make readers` puts it; root is
// the way to the module's directory. Without it the error says so.
func Axe(root string) (string, error) {
	script, err := os.ReadFile(filepath.Join(root, ".tools", "npm", "axe-core", "axe.min.js"))
	return string(script), err
}

// Violations are what the script of [Axe] finds in the page of a tab, a line each.
func Violations(tab context.Context, axe string) ([]string, error) {
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](axe+`; true`)); err != nil {
		return nil, err
	}
	const ask = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => v.id + ': ' + v.help + ' at ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' and ')))`
	return chromedp.Run(tab, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
}
