package report

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/browsertest"
)

// pageOf is a run's page.
func pageOf(t *testing.T, a *result.Analysis) []byte {
	t.Helper()
	return []byte(render(t, runHTML, a, Options{Full: true}))
}

// drawnCharts counts the charts that have anything on them but their paper.
const drawnCharts = `[...document.querySelectorAll('.chart canvas')].filter((c) => {
	const blank = document.createElement('canvas');
	[blank.width, blank.height] = [c.width, c.height];
	return c.toDataURL() !== blank.toDataURL();
}).length`

// scrolled brings every chart into the window once, for they are drawn when they come near.
func (b *tab) scrolled() {
	b.t.Helper()
	count := says[int](b, `document.querySelectorAll('.chart').length`)
	for i := range count {
		says[bool](b, `(document.querySelectorAll('.chart')[`+itoa(i)+`].scrollIntoView(), true)`)
		b.until(`document.querySelectorAll('.chart')[` + itoa(i) + `].querySelector('canvas') !== null`)
	}
	b.until(drawnCharts + ` === document.querySelectorAll('.chart').length`)
}

func itoa(i int) string { return string(must(json.Marshal(i))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// until waits until an expression of the page is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		b.t.Fatalf("%s never came true: %v", expression, err)
	}
}

// A page from disk draws its charts, with nothing to say on the console and nothing to
// fetch, and is no wider than its window.
func TestPagesOpenFromDisk(t *testing.T) {
	b, runs := browser(t), everyRun(t)
	for _, name := range []string{"recorded-shop", "recorded-rounds", "recorded-failures", "recorded-killed", "fleet", "agents", "nothing", "tainted"} {
		for _, v := range []view{desktop, {390, 844, true}} {
			p := open(t, b, pageOf(t, runs[name]), v)
			p.picture(pictureName(name, v, "first"), false)
			p.scrolled()
			if wide := says[int](p, `document.documentElement.scrollWidth`); wide > int(v.width) {
				t.Errorf("%s at %d pixels is %d wide", name, v.width, wide)
			}
			p.picture(pictureName(name, v, "whole"), true)
			p.quiet()
			p.close()
		}
	}
}

// On a window between a phone and a desk each key figure stands with its marks in its own column.
func TestKeyFiguresFitTheirColumns(t *testing.T) {
	b, runs := browser(t), everyRun(t)
	for _, name := range []string{"recorded-shop", "recorded-failures", "recorded-killed", "agents", "tainted"} {
		p := open(t, b, pageOf(t, runs[name]), view{700, 900, false})
		if beyond := says[[]string](p, `[...document.querySelectorAll('.figures .figure')].filter((f) => f.scrollWidth > f.clientWidth).map((f) => f.textContent)`); len(beyond) > 0 {
			t.Errorf("%s: beyond their columns: %q", name, beyond)
		}
		p.close()
	}
}

func pictureName(name string, v view, part string) string {
	mode := "light"
	if v.dark {
		mode = "dark"
	}
	return strings.Join([]string{name, itoa(int(v.width)), mode, part}, "-")
}

// Tables sort by their figures, not by their letters, and what is missing comes last.
func TestTablesSort(t *testing.T) {
	p := open(t, browser(t), pageOf(t, everyRun(t)["recorded-shop"]), desktop)
	column := func(table string) []string {
		return says[[]string](p, `[...document.querySelectorAll('`+table+` tbody tr')].map((r) => r.cells[1].childNodes[0].textContent.trim())`)
	}
	says[bool](p, `(document.querySelector('main table:has(.sort)').setAttribute('id', 'first'), true)`)
	before := column("#first")
	p.do(chromedp.Click("#first thead th:nth-child(2) button"))
	after := column("#first")
	if strings.Join(before, " ") == strings.Join(after, " ") || len(before) != len(after) {
		t.Errorf("sorted: %q, before: %q", after, before)
	}
	if sorted := says[string](p, `document.querySelector('#first th[aria-sort]').getAttribute('aria-sort')`); sorted != "ascending" {
		t.Errorf("aria-sort is %q", sorted)
	}
	p.quiet()
}

// Without a script the still figures stand where the charts would.
func TestPagesWithoutScripts(t *testing.T) {
	page := bytes.ReplaceAll(pageOf(t, everyRun(t)["recorded-shop"]), []byte("<script>"), []byte(`<script type="text/plain">`))
	p := open(t, browser(t), page, desktop)
	if shown := says[int](p, `[...document.querySelectorAll('figure.still')].filter((f) => f.getBoundingClientRect().height > 100).length`); shown < 2 {
		t.Errorf("%d still figures are shown", shown)
	}
	if charts := says[int](p, `document.querySelectorAll('.chart').length`); charts != 0 {
		t.Errorf("%d charts", charts)
	}
}

// Nobody meets a barrier that axe knows of, in either mode, on either screen.
func TestPagesHaveNoBarriers(t *testing.T) {
	script, err := browsertest.Axe("..")
	if err != nil {
		t.Skipf("!!! LEFT OUT: no axe-core: %v: make readers", err)
	}
	b, runs := browser(t), everyRun(t)
	for name, views := range map[string][]view{
		"recorded-shop":   {desktop, phone, {1280, 800, true}, {390, 844, true}},
		"recorded-rounds": {phone},
		"tainted":         {desktop},
	} {
		for _, v := range views {
			p := open(t, b, pageOf(t, runs[name]), v)
			for _, found := range violations(p, script) {
				t.Errorf("%s: %s", pictureName(name, v, "page"), found)
			}
			p.close()
		}
	}
}

// violations are what axe finds in a page, a line each.
func violations(p *tab, script string) []string {
	p.t.Helper()
	found, err := browsertest.Violations(p.ctx, script)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// The scripts keep to the types that they say they have, those of uPlot among them.
func TestScriptsKeepTheirTypes(t *testing.T) {
	npm := filepath.Join("..", ".tools", "npm")
	compiler := filepath.Join(npm, "typescript", "bin", "tsc")
	plotTypes := filepath.Join(npm, "uplot", "dist", "uPlot.d.ts")
	for _, needed := range []string{compiler, plotTypes} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("!!! LEFT OUT: %v: make readers", err)
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("!!! LEFT OUT: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), node, compiler, "--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022",
		"--lib", "es2022,dom,dom.iterable", "--skipLibCheck", plotTypes, filepath.Join("page", "places.d.ts"),
		filepath.Join("page", "series.js"), filepath.Join("page", "controls.js"), filepath.Join("page", "charts.js"), filepath.Join("page", "cursor.js"),
		filepath.Join("page", "distributions.js"), filepath.Join("page", "grow.js"), filepath.Join("page", "tables.js")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, name := range []string{"uPlot.iife.min.js", "uPlot.min.css"} {
		if ours, theirs := must(os.ReadFile(filepath.Join("page", name))), must(os.ReadFile(filepath.Join(npm, "uplot", "dist", name))); !bytes.Equal(ours, theirs) {
			t.Errorf("page/%s is not that of the package", name)
		}
	}
}
