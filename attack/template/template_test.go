package template

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shown is a text at a turn.
func shown(t Text, turn Turn) string { return string(t.append(nil, turn, 0)) }

func parsed(t testing.TB, s string) Text {
	t.Helper()
	text, err := Parse(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return text
}

// The examples of loader.io's page on expressions, and what is around them.
func TestExpressionsOfLoaderio(t *testing.T) {
	for form, want := range map[string]string{
		"%{1, 2, 3}":        "1 2 3 1 2 3",
		"%{1:100:2}":        "1 3 5 7 9 11",
		"%{5:6}":            "5 6 5 6 5 6",
		"%{1, 2:100:2, 17}": "1 2 17 1 4 17",
		"%{-3,0.50 , 7}":    "-3 0.50 7 -3 0.50 7",
		"%{9223372036854775806:9223372036854775807}":                      "9223372036854775806 9223372036854775807" + strings.Repeat(" 9223372036854775806 9223372036854775807", 2),
		"%{-9223372036854775807:9223372036854775807:9223372036854775807}": "-9223372036854775807 0 9223372036854775807" + " -9223372036854775807 0 9223372036854775807",
		"%{9223372036854775807}":                                          strings.TrimSpace(strings.Repeat("9223372036854775807 ", 6)),
		"a=%{1,2}&b=%{10:20:10}":                                          "a=1&b=10 a=2&b=20 a=1&b=10 a=2&b=20 a=1&b=10 a=2&b=20",
		"100%%{1} 5% {{a b}} {$client} }":                                 "100%{1} 5% {{a b}} {$client} }" + strings.Repeat(" 100%{1} 5% {{a b}} {$client} }", 5),
	} {
		var got []string
		for n := range uint64(6) {
			got = append(got, shown(parsed(t, form), Turn{Client: n, Number: n}))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s gives %q, want %s", form, got, want)
		}
	}
}

// The widest range has both signs in it, and its last digits are not those of a narrower one.
func TestTheWidestRandomNumbers(t *testing.T) {
	text, negative, last := parsed(t, "%{*:-9223372036854775807-9223372036854775807}"), 0, map[byte]int{}
	const n = 10_000
	for i := range uint64(n) {
		v := shown(text, Turn{Client: i, Number: i, Seed: 42})
		if v[0] == '-' {
			negative++
		}
		last[v[len(v)-1]]++
	}
	if negative < 4750 || negative > 5250 { // five standard deviations; the seed is fixed
		t.Errorf("%d of %d are negative", negative, n)
	}
	for d := byte('0'); d <= '9'; d++ {
		if last[d] < 850 || last[d] > 1150 {
			t.Errorf("the last digit %c came %d times of %d", d, last[d], n)
		}
	}
}

// Random numbers are within their bounds, every one of them comes, and those of a seed come again.
func TestRandomNumbers(t *testing.T) {
	for _, form := range []string{"%{*:1-10}", "{{$random:1:10}}"} {
		text, counts := parsed(t, form), map[string]int{}
		const n = 10_000
		var again int
		for i := range uint64(n) {
			turn := Turn{Client: i % 7, Pass: i / 7, Number: i, Seed: 42}
			v := shown(text, turn)
			counts[v]++
			turn.Seed++
			if v == shown(text, turn) {
				again++
			}
			turn.Seed--
			if v != shown(text, turn) {
				t.Fatalf("%s of one turn is %s and %s", form, v, shown(text, turn))
			}
		}
		for v := range 10 {
			if c := counts[fmt.Sprint(v+1)]; c < 850 || c > 1150 { // five standard deviations; the seed is fixed
				t.Errorf("%s: %d came %d times of %d", form, v+1, c, n)
			}
		}
		if len(counts) != 10 || again < 850 || again > 1150 {
			t.Errorf("%s: values %v, %d the same with another seed", form, counts, again)
		}
	}
}

func TestNamedValues(t *testing.T) {
	turn := Turn{Client: 17, Pass: 3, Number: 47, Seed: 1}
	if got := shown(parsed(t, "c{{$client}}-{{$pass}}"), turn); got != "c17-3" {
		t.Error(got)
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for i := range uint64(1000) {
		turn := Turn{Client: i / 10, Pass: i % 10, Number: i}
		for id := range strings.SplitSeq(shown(parsed(t, "{{$uuid}} {{$uuid}}"), turn), " ") {
			if !form.MatchString(id) || seen[id] {
				t.Fatalf("%q, seen before: %v", id, seen[id])
			}
			seen[id] = true
		}
	}
}

func TestBasicAuthentication(t *testing.T) {
	v := Basic(parsed(t, "user{{$client}}"), parsed(t, "s:{{$pass}}"))
	if got := string(v.Append([]byte("Authorization: "), Turn{Client: 5, Pass: 2}, 0)); got != "Authorization: Basic dXNlcjU6czoy" {
		t.Errorf("%q", got)
	}
}

// thing is what a name stands for: itself, and the number of the turn.
type thing string

func (v thing) Append(b []byte, t Turn, _ uint64) []byte { return fmt.Append(b, string(v), t.Number) }
func (thing) InHeader() error                            { return nil }

// A name is what the job says, wherever it stands, and only there; braces before it stand for themselves.
func TestNamesStandForWhatTheJobSays(t *testing.T) {
	names := Names{"email": thing("e"), "id_2": thing("i")}
	for form, want := range map[string]string{
		"{{email}}/{{id_2}}{{email}}": "e7/i7e7",
		`{"a":{{{id_2}}}`:             `{"a":{i7}`,
		"{{{{email}}":                 "{{email}}",
		"{{{{{email}}{{ other }}":     "{{{email}}{{ other }}",
		"{{2nd}} {{}} {{é}} {{email":  "{{2nd}} {{}} {{é}} {{email",
	} {
		bound, err := parsed(t, form).Bind(names)
		if got := shown(bound, Turn{Number: 7}); err != nil || got != want {
			t.Errorf("%s gives %q, %v, want %q", form, got, err, want)
		}
	}
	user, err := parsed(t, "{{email}}").Bind(names)
	if got := string(Basic(user, parsed(t, "x")).Append(nil, Turn{Number: 7}, 0)); err != nil || got != "Basic ZTc6eA==" {
		t.Errorf("%q, %v", got, err)
	}
	for form, want := range map[string]string{"{{emial}}": "did you mean {{email}}?", "{{nothing}}": "there is {{email}}, {{id_2}}; write {{{{nothing}} for the text itself", "a {{ email}}": "holds {{ email}}, and nothing gives that name a value: did you mean {{email}}?"} {
		if _, err := parsed(t, form).Bind(names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", form, err, want)
		}
	}
}

// What is no value says so, and what is wrong; it repeats nothing of the text.
func TestFormsThatAreNone(t *testing.T) {
	for form, want := range map[string]string{
		"%{": "begins no expression", "%{}": "begins no expression", "%{s3cret}": "begins no expression", "%{1 2}": "begins no expression", "%{1,}": "begins no expression",
		"%{3:1}": "does not rise", "%{1:3:0}": "does not rise", "%{1:9223372036854775808}": "beyond 9223372036854775807", "%{-9223372036854775808:1}": "beyond 9223372036854775807", "%{9223372036854775808}": "beyond 9223372036854775807", "%{*:5-1}": "first bound is above", "%{*:1:5}": "begins no expression",
		"{{$": "begins no value", "{{$s3cret}}": "begins no value", "{{$client:1}}": "begins no value", "{{$client": "begins no value",
		"{{$random}}": "without two bounds", "{{$random:1}}": "without two bounds", "{{$random:a:s3cret}}": "whole numbers", "{{$random:9:1}}": "first bound is above",
	} {
		_, err := Parse("before " + form)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %s", form, err, want)
		}
	}
}

// A text without values is as it was written, and every value consists of what needs no escape.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"%{1, 2:100:2, *:1-100, 17}", "%{-5:5}", "{{$client}}{{$pass}}", "{{$random:-5:5}} {{$uuid}}", "%%{x} %{0.5}"} {
		f.Add(s, uint64(0), uint64(0))
	}
	f.Add("{{$$client}} %%%{", uint64(0), uint64(0))
	f.Add("{{{a_1}}} {{{{b}} {{{{{c}} {{ d }} %{{e}}", uint64(0), uint64(0))
	plain := regexp.MustCompile(`^[0-9a-f.-]+$`)
	escapes := regexp.MustCompile(`\{\{(\{\{[A-Za-z][A-Za-z0-9_]*\}\})|%(%\{)|(\{\{\$)\$`)
	f.Fuzz(func(t *testing.T, s string, client, pass uint64) {
		if escaped, err := Parse(Escape(s)); err != nil || escaped.Varies() || shown(escaped, Turn{}) != s {
			t.Errorf("%q escaped is %q, %v", s, Escape(s), err)
		}
		text, err := Parse(s)
		if err != nil {
			return
		}
		turn := Turn{Client: client, Pass: pass, Number: client + pass, Seed: pass}
		text.With(func(v Value) string {
			name, named := v.(Name)
			if got := string(v.Append(nil, turn, 3)); named != ValidName(string(name)) || !named && !plain.MatchString(got) {
				t.Errorf("%q of %q", got, s)
			}
			return ""
		})
		if !text.Varies() && shown(text, turn) != escapes.ReplaceAllString(s, "$1$2$3") {
			t.Errorf("%q becomes %q", s, shown(text, turn))
		}
	})
}

// Turns with different numbers draw different values: 64 bits of them.
func TestTurnsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draws := func(name string) (Turn, uint64) {
			n := rapid.Uint64Range(0, 5)
			return Turn{Client: n.Draw(t, name+" client"), Pass: n.Draw(t, name+" pass"), Seed: n.Draw(t, name+" seed")}, n.Draw(t, name+" place")
		}
		a, p := draws("a")
		b, q := draws("b")
		if same := a == b && p == q; same != (a.Random(p, 0) == b.Random(q, 0)) {
			t.Errorf("%+v %d and %+v %d", a, p, b, q)
		}
	})
}
