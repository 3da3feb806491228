package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/internal/golden"
)

// rendered is what a terminal shows of a file in testdata that is full of faults.
func rendered(t *testing.T, name string, opts Options) (Faults, string) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(name, src, opts)
	fs := Faults(nil)
	if !errors.As(err, &fs) {
		t.Fatalf("no faults but %v", err)
	}
	return fs, fs.Render()
}

func TestGoldenFaultsAllAtOnce(t *testing.T) {
	fs, text := rendered(t, "faults.yaml", Options{Set: []string{
		"load.durtion=10s", "duration=10s", "targets.7.url=x", "load.clients.of=3", "ledger.dsn=geheim", "request.follow=many", "loud",
	}})
	if len(fs) < 5 {
		t.Errorf("only %d faults", len(fs))
	}
	golden.Check(t, "testdata/faults.golden", []byte(text))
	for _, secret := range []string{"Senha123", "geheim"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

func TestGoldenVariablesThatAreNotThere(t *testing.T) {
	_, text := rendered(t, "variables.yaml", Options{Lookup: env(map[string]string{
		"DURATION": "sixty-six", "NEGATIVE": "-77", "TABLE": "a.b.c", "A": "",
	})})
	golden.Check(t, "testdata/variables.golden", []byte(text))
	for _, value := range []string{"sixty-six", "77", "drop"} {
		if strings.Contains(text, value) {
			t.Errorf("the value %s is shown", value)
		}
	}
}

// YAML that cannot be read at all, or is more than a scenario needs.
func TestUnreadable(t *testing.T) {
	const good = "load: {type: per-test, clients: 5, duration: 1m}\nrequest: {path: /}\n"
	for _, c := range []struct{ src, want string }{
		{"", "some.yaml:1:1: is empty"},
		{"# nothing but this\n", "is empty"},
		{"hello", `1:1: must be a mapping, got "hello"`},
		{"- a", "1:1: must be a mapping, got a list"},
		{"a: \"no end", "1:4: is not valid YAML: the \" here is never closed"},
		{"a: [1, 2", "1:4: is not valid YAML"},
		{"\xff\xfe", "is not UTF-8 text"},
		{strings.Repeat("# x\n", maxSize/4+1), "is larger than"},
		{strings.Repeat("[", 1000), "is nested more than"},
		{strings.Repeat("- ", 1000) + "a", "is nested more than"},
		{"a: [" + strings.Repeat("1,", maxTokens) + "]", "has more than"},
		{good + "targets: [{name: one, url: http://h}]\n---\na: 1\n", "5:1: is a second document"},
		{"%YAML 1.2\n---\n" + good, "1:1: YAML directives"},
		{good + "targets: [{name: !!str one, url: http://h}]\n", "3:18: targets.0.name: YAML's tag is not understood"},
		{good + "targets: [{name: one, url: *u}]\n", "3:28: targets.0.url: no anchor &u"},
		{good + "targets: [{name: one, url: &u {<<: *u}}]\n", "no anchor &u"},
		{good + "targets: [{name: one, url: http://h}]\nload: {}\n", "4:1: load: is given twice"},
		{good + "targets: [{name: one, url: http://h}]\n? [a]\n: b\n", "is not valid YAML"},
		{good + "targets: [{name: one, url: http://h}]\n? a\n: b\n", "4:1: a key must be plain text"},
		{good + "targets:\n", "3:1: targets: must be a list of at least one target, got nothing"},
	} {
		got := faultsOf(t, c.src)
		if !strings.Contains(strings.Join(got, "\n"), c.want) {
			t.Errorf("%.80q: got %s, want %q", c.src, strings.Join(got, "\n"), c.want)
		}
	}
}

func TestVariableWithoutQuotesIsHintedAt(t *testing.T) {
	_, err := Parse("a.yaml", []byte("targets: [{url: ${X}, name: a}]"), Options{})
	if fs := (Faults)(nil); !errors.As(err, &fs) || !strings.Contains(fs.Render(), "must stand in quotes") {
		t.Errorf("got %v", err)
	}
}

// Nine anchors of ten aliases each would be ten thousand million values.
func TestAliasesCannotMultiply(t *testing.T) {
	src := "x0: &x0 a\n"
	for i := 1; i < 10; i++ {
		one, before := string(rune('0'+i)), string(rune('0'+i-1))
		src += "x" + one + ": &x" + one + " [" + strings.Repeat("*x"+before+",", 10) + "]\n"
	}
	if got := strings.Join(faultsOf(t, src), "\n"); !strings.Contains(got, "aliases make more than") {
		t.Errorf("got %s", got)
	}
}

// However much is wrong, a report of it can be read, and is there at once.
func TestFaultsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "key%d: v\n", i)
	}
	_, err := Parse("a.yaml", []byte(b.String()+strings.Repeat("k", 10_000)+": v\n"), Options{})
	fs := Faults(nil)
	if !errors.As(err, &fs) || len(fs) != maxFaults || !strings.HasSuffix(fs.Render(), "100 faults; there may be more\n") {
		t.Errorf("%d faults", len(fs))
	}
	if size := len(fs.Render()); size > 100_000 {
		t.Errorf("the report has %d bytes", size)
	}
}

func TestAnchorsAliasesAndMerges(t *testing.T) {
	s := parse(t, `
load: {type: per-test, clients: 5, duration: 1m}
requests:
  - &first {path: /a, expect: &ok {status: 200, body: fine}}
  - {path: /b, expect: *ok}
  - {<<: *first, path: /c, method: POST}
targets: [{name: one, url: "http://h"}]
`)
	for i, want := range []string{"GET /a", "GET /b", "POST /c"} {
		if r := s.Requests[i]; r.Name != want || r.Expect.Body != "fine" {
			t.Errorf("request %d is %+v", i, r)
		}
	}
}

func TestLinesOfEveryKind(t *testing.T) {
	unix := parse(t, smallest)
	dos := parse(t, "\ufeff"+strings.ReplaceAll(smallest, "\n", "\r\n"))
	if string(unix.Redacted()) != string(dos.Redacted()) {
		t.Errorf("CRLF and a byte order mark make another scenario:\n%s", dos.Redacted())
	}
	wantFault(t, strings.ReplaceAll(smallest, "\n", "\r\n")+"colour: red\r\n", "some.yaml:5:1: colour: no such key")
}

// Carets stand below what is wrong, in characters, in lines of any length.
func TestExcerpt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.StringMatching(`[ -~äöü日本\t\x1b]{0,300}`).Draw(t, "before")
		after := rapid.StringMatching(`[ -~ä]{0,300}`).Draw(t, "after")
		s := newSource(before+"X"+after, nil)
		col := utf8.RuneCountInString(before) + 1
		lines := strings.Split(s.excerpt(1, col, 1), "\n")
		shown, caret := []rune(lines[0]), []rune(lines[1])
		at := strings.IndexRune(lines[1], '^')
		if len(caret) != at+1 || shown[at] != 'X' && shown[at] != '•' {
			t.Fatalf("caret %d of\n%s", at, strings.Join(lines, "\n"))
		}
		if len(shown) > excerptWidth+8 || strings.ContainsAny(lines[0], "\t\x1b") {
			t.Fatalf("excerpt is %q", lines[0])
		}
	})
}
