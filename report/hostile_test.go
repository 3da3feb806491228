package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/reporttest"
)

// untrusted are texts that others could put where theirs stand.
func untrusted() []string {
	return []string{
		reporttest.Hostile, "", "a", "|", "`", "-1", "=1+1", "+1", "@x", "\t=1", "\x1b]0;title\x07", "\x1b[2J", "\u009b31m", "\u202e", "\u2066", "\ufeff",
		"\xff\xfe", "<img src=x onerror=alert(1)>", "</title><script>", "{{.}}", "]]>", "a\nb\r\nc\u2028d", "\\", "\\|", "日本語", "\U000e0041", strings.Repeat("x", 3000),
		"::error::x", " ::stop-commands::x", "long enough to be wrapped so that it ends up at the start of a line: ::add-mask::x", "##[add-mask]x", "::1", "\ufffe\uffff",
	}
}

// documentChecks hold the forms of a document that has a text wherever others can put
// theirs against what must never come out of it.
var documentChecks = []func(t *testing.T, d *document){
	func(t *testing.T, d *document) {
		out := written(t, func(w io.Writer) error { return writeText(w, d, Options{}) })
		noControls(t, "text", out)
		noOrders(t, "text", out)
	},
	func(t *testing.T, d *document) {
		out := written(t, func(w io.Writer) error { return writeMarkdown(w, d) })
		noControls(t, "md", out)
		noOrders(t, "md", out)
		sameCells(t, unfolded(out))
	},
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// untrustedChecks are [documentChecks] for the forms that a run has without a document,
// the page last.
var untrustedChecks = []func(t *testing.T, s string, a *result.Analysis){
	func(t *testing.T, s string, a *result.Analysis) {
		out := render(t, runCSV, a, Options{})
		noControls(t, "csv", out)
		noFormulas(t, out)
	},
	func(t *testing.T, s string, a *result.Analysis) {
		var rows bytes.Buffer
		if err := Rows(&rows, s, a.Legs[0].Hosts, Options{}); err != nil {
			t.Fatal(err)
		}
		noControls(t, "rows", rows.String())
	},
	func(t *testing.T, s string, a *result.Analysis) {
		wholeJUnit(t, []byte(render(t, runJUnit, a, Options{})))
	},
	func(t *testing.T, s string, a *result.Analysis) {
		a.Legs[0].Stopped = "" // else it would be left out
		wholeBenchmarks(t, render(t, runBenchfmt, a, Options{}), 1)
	},
	func(t *testing.T, s string, a *result.Analysis) {
		sameMarkup(t, render(t, runHTML, a, Options{Full: true}))
	},
}

func TestUntrustedText(t *testing.T) {
	for _, s := range untrusted() {
		for _, check := range documentChecks {
			check(t, compose(reporttest.TaintedRun(s), true))
		}
		for _, check := range untrustedChecks {
			check(t, s, reporttest.TaintedRun(s))
		}
	}
}

// FuzzUntrustedText is TestUntrustedText with any text. One form at a time, of a document
// one block, and the page not at all: else there would be a few tries a second.
func FuzzUntrustedText(f *testing.F) {
	for i, s := range untrusted() {
		f.Add(s, byte(i), byte(i))
	}
	f.Fuzz(func(t *testing.T, s string, form, block byte) {
		a := reporttest.TaintedRun(s)
		if i := int(form) % (len(documentChecks) + len(untrustedChecks) - 1); i < len(documentChecks) {
			documentChecks[i](t, oneBlock(compose(a, true), int(block)))
		} else {
			untrustedChecks[i-len(documentChecks)](t, s, a)
		}
	})
}

// oneBlock is a document that has one block of its sections, and all the rest.
func oneBlock(d *document, n int) *document {
	var blocks []section
	for _, s := range d.Sections {
		for i := range s.Blocks {
			blocks = append(blocks, section{Title: s.Title, Folded: s.Folded, Blocks: s.Blocks[i : i+1]})
		}
	}
	d.Sections = blocks[n%len(blocks):][:1]
	return d
}

// noControls allows line feeds, and nothing else that a terminal might obey.
func noControls(t *testing.T, name, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s is not UTF-8", name)
	}
	for i, r := range out {
		if r != '\n' && (r < ' ' || r > '~') && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Fatalf("%s: %U at %q", name, r, out[max(i-20, 0):i])
		}
	}
}

// noOrders wants no line that GitHub's runner would obey when a program prints it.
func noOrders(t *testing.T, name, out string) {
	t.Helper()
	for l := range strings.Lines(out) {
		if strings.Contains(l, "::") && runnerOrder.MatchString(l) || strings.Contains(l, "##[") {
			t.Fatalf("%s: an order: %q", name, l)
		}
	}
}

var runnerOrder = regexp.MustCompile(`^\s*::[A-Za-z].*::`) // the names of its commands begin with letters

// sameCells checks that every row of a Markdown table has as many cells as its
// heading, and that no HTML but our line break is in it.
func sameCells(t *testing.T, out string) {
	t.Helper()
	columns := 0
	for _, l := range strings.Split(out, "\n") {
		if strings.Contains(strings.ReplaceAll(l, "<br>", ""), "<") {
			t.Fatalf("raw markup: %q", l)
		}
		if !strings.HasPrefix(l, "| ") {
			columns = 0
			continue
		}
		n := 0
		for i := range l {
			if l[i] == '|' && (len(l[:i])-len(strings.TrimRight(l[:i], `\`)))%2 == 0 {
				n++
			}
		}
		if columns == 0 {
			columns = n
		}
		if n != columns {
			t.Fatalf("%d cells, not %d: %q", n, columns, l)
		}
	}
}

func noFormulas(t *testing.T, out string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(out))
	r.FieldsPerRecord = 8
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records {
		for _, i := range []int{0, 2, 7} { // the columns of text
			if s := strings.TrimSpace(rec[i]); s != "" && strings.ContainsAny(s[:1], "=+-@") {
				t.Fatalf("a formula: %q", rec)
			}
		}
	}
}

// sameMarkup checks that the text adds no element and no attribute to the page, and no
// script that its policy would let run.
func sameMarkup(t *testing.T, out string) {
	t.Helper()
	allowed := strings.Fields("html head meta title style script body header h1 p strong a ul li main section h2 h3 div b table caption thead tbody tr th td span button dl dt dd details summary pre figure figcaption svg g path text circle rect")
	attributes := strings.Fields("lang charset http-equiv name content class type scope role href title popover popovertarget tabindex aria-label aria-labelledby aria-hidden id data-column " +
		"width height viewbox preserveaspectratio xmlns xmlns:xlink transform d x y fill stroke stroke-width stroke-dasharray font-family font-size font-weight textlength lengthadjust")
	policy := pagePolicy.FindString(out)
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return
		case html.CommentToken:
			t.Fatalf("a comment: %q", z.Token())
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !slices.Contains(allowed, tok.Data) {
				t.Fatalf("an element of its own: %q", tok)
			}
			for _, attr := range tok.Attr {
				if !slices.Contains(attributes, attr.Key) || strings.Contains(attr.Val, "javascript:") && attr.Key != "aria-label" && attr.Key != "href" ||
					attr.Key == "href" && !strings.HasPrefix(attr.Val, "#") && !strings.HasPrefix(attr.Val, "./") {
					t.Fatalf("an attribute of its own: %q", tok)
				}
			}
			if tok.Data == "script" {
				runsAsWritten(t, tok, z, policy)
			}
		}
	}
}

var pagePolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="[^"]*">`)

// runsAsWritten checks that a script is data, or one that the policy names by its hash.
func runsAsWritten(t *testing.T, tag html.Token, z *html.Tokenizer, policy string) {
	t.Helper()
	z.Next()
	text := z.Raw()
	if len(tag.Attr) > 0 {
		if tag.Attr[0].Val != "application/json" || !json.Valid(text) {
			t.Fatalf("a script of its own: %v", tag)
		}
		return
	}
	sum := sha256.Sum256(text)
	if !strings.Contains(html.UnescapeString(policy), base64.StdEncoding.EncodeToString(sum[:])) {
		t.Fatalf("a script that the policy does not name: %.100q", text)
	}
}

// inlined is what a page has inside, in place of fetching it.
var inlined = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`)

// A page stands alone: it fetches nothing, and its policy forbids it to.
func TestPageIsSelfContained(t *testing.T) {
	for name, a := range everyRun(t) {
		out := render(t, runHTML, a, Options{Full: true})
		if !strings.Contains(pagePolicy.FindString(out), "default-src &#39;none&#39;") {
			t.Errorf("%s: the policy is %s", name, pagePolicy.FindString(out))
		}
		for _, banned := range []string{"@import", "url("} {
			for _, style := range inlined.FindAllString(out, -1) {
				if strings.HasPrefix(style, "<style") && strings.Contains(style, banned) {
					t.Errorf("%s: the style has %q", name, banned)
				}
			}
		}
		for _, banned := range []string{"<link", "<img", "style=", "url(", "src=", " onclick", " onload"} {
			if strings.Contains(inlined.ReplaceAllString(out, ""), banned) {
				t.Errorf("%s: the page has %q", name, banned)
			}
		}
		if links := hrefs.FindAllString(inlined.ReplaceAllString(out, ""), -1); len(links) > 0 {
			t.Errorf("%s: the page leads elsewhere: %q", name, links)
		}
	}
}

func TestEscapeMarkdown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := escapeMarkdown(rapid.StringOf(rapid.RuneFrom([]rune("a|`*_[]<>&~$@\\#+-=. \n://w"))).Draw(t, "s"))
		escaped := false
		for i, r := range out {
			if strings.ContainsRune("|`*_[]~$", r) && !escaped || strings.ContainsRune("<>@\n", r) {
				t.Fatalf("%q at %d of %q", r, i, out)
			}
			escaped = r == '\\' && !escaped
		}
		if strings.Contains(out, "://") || strings.Contains(out, "www.") {
			t.Fatalf("a link in %q", out)
		}
	})
}

// FuzzEscapes holds what every form makes of a text by itself, far faster than whole
// forms can be.
func FuzzEscapes(f *testing.F) {
	for _, s := range untrusted() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := plain.Line(s)
		if plain.Line(once) != once {
			t.Errorf("%q became %q, and that %q", s, once, plain.Line(once))
		}
		noControls(t, "plain", once)
		noControls(t, "md", escapeMarkdown(s))
		noOrders(t, "md", escapeMarkdown(s))
		noControls(t, "junit", plainLines(s))
	})
}

func TestJSONIsTheAnalysis(t *testing.T) {
	for name, a := range everyRun(t) {
		var back result.Analysis
		if err := json.Unmarshal([]byte(render(t, writeJSON, a, Options{})), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if back.Verdict != a.Verdict || len(back.Legs) != len(a.Legs) || name != "tainted" && back.Headline != a.Headline && utf8.ValidString(a.Headline) {
			t.Errorf("%s: something went missing", name)
		}
	}
}

func TestWriteAll(t *testing.T) {
	dir := t.TempDir()
	if err := WriteAll(t.Context(), dir, reporttest.Runs()["tainted"]); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
		if st, err := os.Stat(f); err != nil || st.Size() == 0 || st.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v, %v", f, st.Mode(), err)
		}
	}
	want := strings.Fields("distribution.png distribution.svg generators.png generators.svg hosts.png hosts.svg junit.xml outcomes.png outcomes.svg report.csv report.html report.md summary.json times.png times.svg")
	if !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(hidden) > 0 {
		t.Errorf("left behind: %v %v", hidden, err)
	}
	if err := WriteAll(t.Context(), filepath.Join(dir, "none"), reporttest.Runs()["closed"]); err == nil {
		t.Error("a directory that is not there was written to")
	}
}

func TestWriteAllEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := WriteAll(ctx, dir, reporttest.Runs()["closed"]); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("written all the same: %v %v", files, err)
	}
}

// Formats hand on what the writer says.
func TestFailingWriter(t *testing.T) {
	for name, f := range Formats {
		if err := f(failing{}, reporttest.Runs()["closed"], Options{}); err == nil {
			t.Errorf("%s: a full disk went unnoticed", name)
		}
	}
	var b bytes.Buffer
	if err := runText(&b, &result.Analysis{}, Options{}); err != nil || b.Len() == 0 {
		t.Error("an empty analysis is a report too")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }
