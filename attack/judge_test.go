package attack_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/jsonpath"
	"github.com/stress-tool/stress/runlog"
)

func TestVerdicts(t *testing.T) {
	wrote := attack.Expect{Status: []attack.StatusRange{{200, 200}}, Body: "New record created successfully"}
	header := http.Header{"Content-Type": {"text/html; charset=utf-8"}, "X-Many": {"a", "b"}}
	for _, c := range []struct {
		name   string
		expect attack.Expect
		status int
		body   string
		class  runlog.Class
		reason string
	}{
		{"default 200", attack.Expect{}, 200, "", runlog.Success, ""},
		{"default 399", attack.Expect{}, 399, "", runlog.Success, ""},
		{"default 400", attack.Expect{}, 400, "", runlog.HTTP4xx, "status 400, want below 400"},
		{"default 503", attack.Expect{}, 503, "", runlog.HTTP5xx, "status 503, want below 400"},
		{"default 600", attack.Expect{}, 600, "", runlog.HTTP5xx, "status 600, want below 400"},
		{"no status", attack.Expect{}, 0, "", runlog.Unexpected, "status 0, want below 400"},
		{"wrote", wrote, 200, "<p>New record created successfully</p>", runlog.Success, ""},
		{"did not write", wrote, 200, "Error: too many connections", runlog.Unexpected, `body does not contain "New record created successfully"`},
		{"status before body", wrote, 500, "New record created successfully", runlog.HTTP5xx, "status 500, want 200"},
		{"redirect", wrote, 302, "", runlog.Unexpected, "status 302, want 200"},
		{"two ranges", attack.Expect{Status: []attack.StatusRange{{200, 299}, {404, 404}}}, 403, "", runlog.HTTP4xx, "status 403, want 2xx or 404"},
		{"accepted 404", attack.Expect{Status: []attack.StatusRange{{200, 299}, {404, 404}}}, 404, "", runlog.Success, ""},
		{"long text", attack.Expect{Body: strings.Repeat("é", 40)}, 200, "e", runlog.Unexpected, `body does not contain "` + strings.Repeat("é", 31) + `…"`},
		{"match", attack.Expect{Match: regexp.MustCompile(`^id=\d+$`)}, 200, "id=42", runlog.Success, ""},
		{"no match", attack.Expect{Match: regexp.MustCompile(`^id=\d+$`)}, 200, "id=4 2", runlog.Unexpected, `body does not match /^id=\d+$/`},
		{"header there", attack.Expect{Header: map[string]string{"content-type": ""}}, 200, "", runlog.Success, ""},
		{"header text", attack.Expect{Header: map[string]string{"X-Many": "b"}}, 200, "", runlog.Success, ""},
		{"header missing", attack.Expect{Header: map[string]string{"X-Many": "", "X-Foo": ""}}, 200, "", runlog.Unexpected, "header X-Foo is missing"},
		{"header other", attack.Expect{Header: map[string]string{"Content-Type": "json"}}, 200, "", runlog.Unexpected, `header Content-Type does not contain "json"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := c.expect.Judge(c.status, header)
			j.Write([]byte(c.body))
			class, reason := j.Verdict()
			if class != c.class || reason != c.reason {
				t.Errorf("%v, %q; want %v, %q", class, reason, c.class, c.reason)
			}
		})
	}
}

// A judge that has judged other responses before judges like a new one, however
// the body is cut, and like the plain functions on the whole body.
func TestVerdictIndependentOfChunks(t *testing.T) {
	var used attack.Judge
	other := attack.Expect{Body: "something longer than any body here", Header: map[string]string{"A": ""}}
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(rapid.StringMatching(`[ab]{0,40}`).Draw(t, "body"))
		e := attack.Expect{Body: rapid.StringMatching(`[ab]{0,8}`).Draw(t, "needle")}
		if rapid.Bool().Draw(t, "regexp") {
			e.Match = regexp.MustCompile(`^(a*b){3}$`)
		}
		used.Reset(&other, 200, http.Header{"A": {""}})
		used.Write([]byte("abba"))
		used.Reset(&e, 200, nil)
		writeInChunks(t, &used, body)

		class, _ := used.Verdict()
		want := strings.Contains(string(body), e.Body) && (e.Match == nil || e.Match.Match(body))
		if (class == runlog.Success) != want {
			t.Fatalf("class %v for %q expecting %q", class, body, e.Body)
		}
		if !bytes.Equal(used.Excerpt(), body) {
			t.Fatalf("excerpt %q of %q", used.Excerpt(), body)
		}
	})
}

func writeInChunks(t *rapid.T, j *attack.Judge, body []byte) {
	for len(body) > 0 {
		n := rapid.IntRange(0, len(body)).Draw(t, "chunk")
		if got, err := j.Write(body[:n]); got != n || err != nil {
			t.Fatalf("wrote %d of %d: %v", got, n, err)
		}
		body = body[n:]
		if n == 0 {
			j.Write(body[:1])
			body = body[1:]
		}
	}
}

func FuzzVerdictIndependentOfChunks(f *testing.F) {
	f.Add([]byte("<p>New record created successfully</p>"), "record", uint16(3))
	f.Add([]byte("aaaaaaab"), "aaab", uint16(1))
	f.Add([]byte{}, "", uint16(0))
	f.Add(bytes.Repeat([]byte("x"), 2*attack.ExcerptSize), "xy", uint16(511))
	f.Fuzz(func(t *testing.T, body []byte, needle string, chunk uint16) {
		e := attack.Expect{Body: needle}
		whole, cut := e.Judge(200, nil), e.Judge(200, nil)
		whole.Write(body)
		for rest := body; len(rest) > 0; {
			n := min(int(chunk)+1, len(rest))
			cut.Write(rest[:n])
			rest = rest[n:]
		}
		a, why := whole.Verdict()
		b, also := cut.Verdict()
		if a != b || why != also || (a == runlog.Success) != bytes.Contains(body, []byte(needle)) {
			t.Fatalf("%v %q whole, %v %q cut", a, why, b, also)
		}
		if !bytes.Equal(whole.Excerpt(), cut.Excerpt()) || !bytes.Equal(cut.Excerpt(), body[:min(len(body), attack.ExcerptSize)]) {
			t.Fatalf("excerpts %q, %q", whole.Excerpt(), cut.Excerpt())
		}
	})
}

func TestMatchSeesOnlyTheLimit(t *testing.T) {
	e := attack.Expect{Match: regexp.MustCompile(`z$`)}
	for _, c := range []struct {
		before int
		want   runlog.Class
	}{{attack.MatchLimit - 1, runlog.Success}, {attack.MatchLimit, runlog.Unexpected}} {
		j := e.Judge(200, nil)
		for rest := c.before; rest > 0; rest -= 1000 {
			j.Write(bytes.Repeat([]byte("a"), min(rest, 1000)))
		}
		j.Write([]byte("z"))
		if class, _ := j.Verdict(); class != c.want {
			t.Errorf("z after %d bytes: %v, want %v", c.before, class, c.want)
		}
	}
}

func TestUsedJudgeAllocatesNothing(t *testing.T) {
	e := attack.Expect{Status: []attack.StatusRange{{200, 200}}, Body: "New record created successfully", Header: map[string]string{"X-Host": "a"}}
	h := http.Header{"X-Host": {"a2a9d21d8c9c"}}
	good, bad := []byte("<p>New record created successfully</p>"), []byte("Connect failed: too many connections")
	var j attack.Judge
	judge := func(status int, body []byte) {
		j.Reset(&e, status, h)
		j.Write(body[:7])
		j.Write(body[7:])
		j.Verdict()
	}
	judge(200, good)
	for name, f := range map[string]func(){
		"success":      func() { judge(200, good) },
		"wrong body":   func() { judge(200, bad) },
		"wrong status": func() { judge(503, bad) },
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestParseStatusRange(t *testing.T) {
	for s, want := range map[string]attack.StatusRange{
		"200": {200, 200}, "2xx": {200, 299}, "5XX": {500, 599}, "300-399": {300, 399}, "999": {999, 999},
	} {
		if got, err := attack.ParseStatusRange(s); err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "2", "20", "2000", "099", "0xx", "xxx", "2xy", "200-", "-299", "299-200", "2xx-3xx", "+20", "20 ", "200-299-300", "é0"} {
		if got, err := attack.ParseStatusRange(s); err == nil {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func FuzzParseStatusRange(f *testing.F) {
	for _, s := range []string{"200", "2xx", "300-399", "", "1-", "999-100"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := attack.ParseStatusRange(s)
		if err != nil {
			return
		}
		if r.From < 100 || r.To > 999 || r.From > r.To {
			t.Fatalf("%q was read as %+v", s, r)
		}
		if again, err := attack.ParseStatusRange(r.String()); err != nil || again != r {
			t.Fatalf("%q is written %q, which is read as %+v, %v", s, r, again, err)
		}
	})
}

// What a capture takes of an answer does not depend on how its body is cut, and a success that lacks it is
// unexpected for that reason.
func TestCapturesAreJudged(t *testing.T) {
	path, err := jsonpath.Parse("$.id")
	if err != nil {
		t.Fatal(err)
	}
	set := capture.NewSet([]capture.Capture{{Name: "id", JSON: &path}, {Name: "word", Match: regexp.MustCompile(`w(.)d`)}}, 0)
	var j attack.Judge
	var v capture.Values
	rapid.Check(t, func(t *rapid.T) {
		e := attack.Expect{Body: rapid.SampledFrom([]string{"", "{"}).Draw(t, "needle")}
		body := rapid.SampledFrom([]string{`{"id": 7, "x": "wed"}`, `{"id": 7}`, `{"x": "wed"}`, `wed`}).Draw(t, "body")
		j.Reset(&e, rapid.SampledFrom([]int{200, 500}).Draw(t, "status"), nil)
		j.Capture(set, noHead{}, &v)
		writeInChunks(t, &j, []byte(body))
		class, reason := j.Verdict()
		switch {
		case class == runlog.HTTP5xx, strings.HasPrefix(reason, "body does not contain"):
			if j.Lacks() != "" {
				t.Errorf("%q lacks %s", reason, j.Lacks())
			}
		case body == `{"id": 7, "x": "wed"}`:
			if class != runlog.Success || j.Lacks() != "" || string(v.Of(0)) != "7" || string(v.Of(1)) != "e" {
				t.Errorf("%v %q, lacks %q, %q and %q", class, reason, j.Lacks(), v.Of(0), v.Of(1))
			}
		default:
			want := map[string]string{`{"id": 7}`: "capture word: body does not match /w(.)d/", `{"x": "wed"}`: "capture id: body has nothing at $.id", "wed": "capture id: body is no JSON"}[body]
			if class != runlog.Unexpected || reason != want || !strings.HasPrefix(reason, "capture "+j.Lacks()) {
				t.Errorf("%v %q, want %q", class, reason, want)
			}
		}
	})
}

type noHead struct{}

func (noHead) Header(b []byte, _ string) ([]byte, bool) { return b, false }
func (noHead) Cookie(b []byte, _ string) ([]byte, bool) { return b, false }
