package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stress-tool/stress/report/reporttest"
)

// Every mark behind a figure leads to its note, every note back, and every term to a line of
// the glossary; no place of a page has two names.
func TestReferencesLeadSomewhere(t *testing.T) {
	places := regexp.MustCompile(` id="([^"]*)"`)
	ways := regexp.MustCompile(` (?:href="#|popovertarget=")([^"]*)"`)
	for name, a := range everyRun(t) {
		page := inlined.ReplaceAllString(render(t, runHTML, a, Options{Full: true}), "")
		var ids []string
		for _, m := range places.FindAllStringSubmatch(page, -1) {
			ids = append(ids, m[1])
		}
		slices.Sort(ids)
		if once := slices.Compact(slices.Clone(ids)); len(once) != len(ids) {
			t.Errorf("%s: %d places have %d names", name, len(ids), len(once))
		}
		for _, m := range ways.FindAllStringSubmatch(page, -1) {
			if _, found := slices.BinarySearch(ids, m[1]); !found {
				t.Errorf("%s: nothing is at #%s", name, m[1])
			}
		}
		for _, id := range ids {
			if note, cited := strings.CutPrefix(id, "cited-"); cited && !strings.Contains(page, `href="#note-`+note+`" id="cited-`+note+`"`) {
				t.Errorf("%s: note %s does not lead back to its figure", name, note)
			}
		}
	}
}

// The glossary has the terms of its page, each once and linked once, and no other.
func TestTheGlossaryIsOfItsPage(t *testing.T) {
	page := string(pageOf(t, everyRun(t)["recorded-shop"]))
	for _, term := range terms {
		lines, links := strings.Count(page, `<div id="`+term.ID()+`">`), strings.Count(page, `href="#`+term.ID()+`"`)
		if lines != links || lines > 1 {
			t.Errorf("%s: %d lines and %d links", term.Name, lines, links)
		}
	}
	for _, name := range []string{"percentile", "interval", "fair-share"} {
		if !strings.Contains(page, `<div id="term-`+name+`">`) {
			t.Errorf("the page has no line for %s", name)
		}
	}
	if strings.Contains(page, `id="term-margin"`) {
		t.Error("a run without a margin explains one")
	}
}

// An estimate opens its interval, its size and its method, by click and by key, with a script
// and without.
func TestEstimatesOpen(t *testing.T) {
	b, page := browser(t), pageOf(t, everyRun(t)["recorded-shop"])
	for _, shown := range [][]byte{page, []byte(strings.ReplaceAll(string(page), "<script>", `<script type="text/plain">`))} {
		p := open(t, b, shown, phone)
		p.do(chromedp.Focus("main .estimate"), chromedp.KeyEvent(kb.Enter))
		p.until(`document.querySelectorAll(':popover-open').length === 1`)
		text := says[string](p, `document.querySelector(':popover-open').innerText`)
		for _, part := range []string{"95 % interval", "n\n", "how\n"} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in what opened: %q", part, text)
			}
		}
		if wide := says[float64](p, `document.querySelector(':popover-open').getBoundingClientRect().right`); wide > 390 {
			t.Errorf("what opened ends at %v of 390 pixels", wide)
		}
		p.do(chromedp.KeyEvent(kb.Escape))
		p.until(`document.querySelectorAll(':popover-open').length === 0`)
		p.close()
	}
}

// A figure is copied by a click on it, or from what it opens, and without blanks in a number.
func TestFiguresAreCopied(t *testing.T) {
	p := open(t, browser(t), pageOf(t, everyRun(t)["recorded-shop"]), desktop)
	says[bool](p, `(document.execCommand = () => { window.copied = document.querySelector('body > textarea').value; return true; },
		Object.defineProperty(navigator, 'clipboard', {value: undefined}), true)`)
	says[bool](p, `([...document.querySelectorAll('td.right')].find((c) => /^\d\u202f\d{3}$/.test(c.textContent)).click(), true)`)
	p.until(`/^\d{4}$/.test(window.copied)`)
	p.do(chromedp.Focus("main .estimate"), chromedp.KeyEvent(kb.Enter))
	p.until(`document.querySelectorAll(':popover-open').length === 1`)
	p.do(chromedp.Click(":popover-open .copy"))
	p.until(`window.copied === ['.estimate', '.sub'].map((part) => document.querySelector('main td:has(.estimate) ' + part).textContent.replace(/\u202f/g, ' ')).join(' ')`)
	p.until(`document.querySelector('[role=status].said').textContent.startsWith('copied ')`)
	p.quiet()
}

// The scenario stands at the end as YAML, and nothing that is no JSON of ours stands there.
func TestScenariosAsYAML(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"a b","load":{"type":"rate","rate":1e3},"thresholds":["p95 < 1s"],"on":[],"none":{}}`: "name: a b\nload:\n  type: rate\n  rate: 1e3\nthresholds:\n  - \"p95 < 1s\"\n\"on\": []\nnone: {}\n",
		`{"targets":[{"url":"http://x/","http2":true},{"y":null}]}`:                                    "targets:\n  - url: \"http://x/\"\n    http2: true\n  - \"y\": null\n",
		`{"x":`: "", ``: "", strings.Repeat(`[`, 1000): "", strings.Repeat(`{"a":`, 30) + "1" + strings.Repeat(`}`, 30): "",
	} {
		if got := yamlOf(json.RawMessage(text)); got != want {
			t.Errorf("of %.60s\n%s, want\n%s", text, got, want)
		}
	}
	hostile := must(json.Marshal(map[string]string{reporttest.Hostile: reporttest.Hostile}))
	if got := yamlOf(hostile); strings.ContainsAny(strings.TrimSuffix(got, "\n"), "\n\x1b") {
		t.Errorf("%q", got)
	}
}
