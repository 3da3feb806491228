package secret

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// escapes are how programs write a text into a page, an address or a log.
var escapes = map[string]func(string) string{
	"query": url.QueryEscape,
	"path":  url.PathEscape,
	"small digits": func(s string) string {
		return strings.NewReplacer("%2F", "%2f", "%2B", "%2b", "%3D", "%3d", "%3A", "%3a", "%26", "%26").Replace(url.QueryEscape(s))
	},
	"every byte": func(s string) string { return fmt.Sprintf(strings.Repeat("%%%02x", len(s)), bytesOf(s)...) },
	"HTML":       html.EscapeString,
	"entities": func(s string) (out string) {
		for _, r := range s {
			out += fmt.Sprintf("&#x%X;", r)
		}
		return out
	},
	"JSON": func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	"JSON of PHP": func(s string) string {
		b, _ := json.Marshal(s)
		return strings.ReplaceAll(string(b[1:len(b)-1]), "/", `\/`)
	},
	"Go":           func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"ASCII":        func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] },
	"SQL":          strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`).Replace,
	"capitals":     strings.ToUpper,
	"small":        strings.ToLower,
	"either":       capitalised, // as http.CanonicalHeaderKey leaves what stands in a name
	"unseen":       func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b\x1b[1;31m\x00\n") },
	"hexadecimal":  func(s string) string { return fmt.Sprintf("%x", s) },
	"either digit": func(s string) string { return capitalised(fmt.Sprintf("%x", s)) },
	"as it stands": func(s string) string { return s },
}

// capitalised has every other letter of ASCII in the other case.
func capitalised(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); i += 2 {
		if c := b[i] | 0x20; 'a' <= c && c <= 'z' {
			b[i] ^= 0x20
		}
	}
	return string(b)
}

func bytesOf(s string) (out []any) {
	for i := range len(s) {
		out = append(out, s[i])
	}
	return out
}

// values may hold all that escapes are about, themselves included.
var values = rapid.StringMatching(`[!-~éü€😀][ -~éü€😀]{4,40}[!-~éü€😀]`)

// around is text that has no part in a secret.
var around = rapid.StringMatching(`[#@~]{0,9}`)

func TestNoFormOfASecretSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := values.Draw(t, "value")
		wire := rapid.SampledFrom(sortedNames()).Draw(t, "form")
		form := escapes[wire](value)
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			form = escapes[rapid.SampledFrom([]string{"query", "path", "every byte", "HTML", "entities", "JSON", "JSON of PHP", "Go", "SQL"}).Draw(t, "over it")](form)
		}
		before, after := around.Draw(t, "before"), around.Draw(t, "after")
		if got := NewSet("other value", value).Blot(before + form + after); got != before+Mark+after {
			t.Fatalf("%q as %q became %q", value, form, got)
		}
	})
}

func sortedNames() []string {
	return []string{"query", "path", "small digits", "every byte", "HTML", "entities", "JSON", "JSON of PHP", "Go", "ASCII", "SQL", "capitals", "small", "either", "unseen", "hexadecimal", "either digit", "as it stands"}
}

func TestReferencesToNULHideNoSecret(t *testing.T) {
	for _, null := range []string{"&#0;", "&#x0;", "&#X00;"} {
		if got := NewSet("sesame").Blot("ses" + null + "ame"); got != Mark {
			t.Errorf("%s within a secret: %q", null, got)
		}
	}
}

// Of what base64 makes of a secret at most the characters remain that it shares with
// its neighbours.
func TestNoSecretSurvivesInBase64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, before, after := values.Draw(t, "value"), around.Draw(t, "before"), around.Draw(t, "after")
		coding := rapid.SampledFrom([]*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding}).Draw(t, "alphabet")
		form := coding.EncodeToString([]byte(before + value + after))
		if rapid.Bool().Draw(t, "in lines") { // as in mail (RFC 2045) and in PEM
			form = string(lines.ReplaceAll([]byte(form), []byte("$0\r\n")))
		}
		got := NewSet(value).Blot(url.QueryEscape(form))
		got, err := url.QueryUnescape(got)
		if err != nil {
			t.Fatal(err)
		}
		got = strings.ReplaceAll(got, "\r\n", "")
		if head, tail, found := strings.Cut(got, Mark); !found || len(head) > (len(before)*8+5)/6+1 || len(tail) > (len(after)*8+5)/6+len("==")+1 {
			t.Fatalf("%q in %q became %q", value, form, got)
		}
	})
}

var lines = regexp.MustCompile(`.{16}`)

// A page may be in UTF-16, of either byte order.
func TestNoSecretSurvivesInUTF16(t *testing.T) {
	for _, value := range []string{"hunter2-hunter", "sé€😀cret"} {
		for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
			wide := func(s string) string {
				var b []byte
				for _, unit := range utf16.Encode([]rune(s)) {
					b = order.AppendUint16(b, unit)
				}
				return string(b)
			}
			got := NewSet(value).Blot(wide("say " + value + " again"))
			if text := strings.ReplaceAll(got, "\x00", ""); text != "say "+Mark+" again" {
				t.Errorf("%q, %s endian: %q", value, name, got)
			}
		}
	}
}

// Wherever an answer is cut, less than [minPiece] characters of a secret remain.
func TestNoPieceOfASecretSurvivesTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := values.Draw(t, "value")
		form := escapes[rapid.SampledFrom(sortedNames()[:11]).Draw(t, "form")](value)
		text := "#" + form[:rapid.IntRange(1, len(form)).Draw(t, "cut")]
		rest := strings.TrimSuffix(strings.TrimPrefix(NewSet(value).BlotCut(text), "#"), Mark)
		for _, c := range codings {
			l, _ := plain([]byte(rest)).unfold(c, true)
			rest = string(l.text)
		}
		if len(rest) >= minPiece && strings.HasPrefix(value, rest) {
			t.Fatalf("%q of %q leaves %q", text, value, rest)
		}
	})
}

func TestBlot(t *testing.T) {
	s := NewSet("hunter2-hunter", "ann:pw", "", "1", "80", "first line\nsecond line")
	for text, want := range map[string]string{
		"":                                   "",
		"nothing of it, 1 of 80":             "nothing of it, 1 of 80",
		"hunter2-hunter hunter2-hunter":      Mark + " " + Mark,
		"Basic YW5uOnB3":                     "Basic " + Mark,
		"<p>second line<br>first line":       "<p>" + Mark + "<br>" + Mark,
		`body does not contain "hunter2-h…"`: `body does not contain "` + Mark + `…"`,
		"the end is no cut: hunter2":         "the end is no cut: hunter2",
	} {
		if got := s.Blot(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := (*Set)(nil).Blot("anything"); got != "anything" {
		t.Errorf("no secrets, and %q", got)
	}
}

// A secret may overlap another one, and itself.
func TestBlotOverlappingSecrets(t *testing.T) {
	if got := NewSet("abcabcab", "cabx-tail").Blot("-abcabcabcabx-tail-"); got != "-"+Mark+"-" {
		t.Error(got)
	}
}

func FuzzBlot(f *testing.F) {
	f.Add("secret value", "a secret%20value")
	f.Add(`\ud83d`, `&#55357;\ud83d\`)
	f.Fuzz(func(t *testing.T, value, text string) {
		if len(value) > 64 || len(text) > 1024 {
			t.Skip()
		}
		s := NewSet(value)
		for _, got := range []string{s.Blot(text), s.BlotCut(text)} {
			if v := strings.TrimSpace(value); len(v) >= minLength && !strings.ContainsAny(v, "\r\n…") && strings.Contains(strings.ReplaceAll(got, Mark, "\n"), v) {
				t.Fatalf("%q is in %q", v, got)
			}
		}
	})
}

func BenchmarkBlot(b *testing.B) {
	var all []string
	for i := range 20 {
		all = append(all, fmt.Sprintf("value-%d-of-a-secret", i))
	}
	s, text := NewSet(all...), strings.Repeat("some &lt;text&gt; with %20 escapes ", 15)
	for b.Loop() {
		s.BlotCut(text)
	}
}
