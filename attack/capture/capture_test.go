package capture

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/jsonpath"
)

// fields is a head with headers of these values, and cookies of the same.
type fields map[string]string

func (f fields) Header(b []byte, name string) ([]byte, bool) {
	v, ok := f[name]
	return append(b, v...), ok
}
func (f fields) Cookie(b []byte, name string) ([]byte, bool) { return f.Header(b, name) }

func path(t testing.TB, s string) *jsonpath.Path {
	t.Helper()
	p, err := jsonpath.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

func TestCaptures(t *testing.T) {
	set := NewSet([]Capture{
		{Name: "h", Header: "X-H"}, {Name: "g", Match: regexp.MustCompile(`a(b+)(c)`)}, {Name: "c", Cookie: "id"}, {Name: "j", JSON: path(t, "$.j")}, {Name: "w", Match: regexp.MustCompile(`q.z`)},
	}, 2)
	head, body := fields{"X-H": "head", "id": "cookie"}, []byte(`{"j": "é/\"", "x": "abbbc qéz"}`)
	var v Values
	for range 2 { // the second time the memory of the first is used
		if missing := set.FromHead(head, &v); missing != nil {
			t.Fatal(missing.Reason())
		}
		if missing := set.FromBody(body, &v); missing != nil {
			t.Fatal(missing.Reason())
		}
		for i, want := range []string{"", "", "head", "bbb", "cookie", `é/"`, ""} {
			if i == 6 {
				want = "qéz"
			}
			if got := string(v.Of(i)); got != want {
				t.Errorf("value %d is %q, want %q", i, got, want)
			}
		}
		v.Forget()
		for i := range 8 {
			if len(v.Of(i)) > 0 {
				t.Errorf("value %d is remembered", i)
			}
		}
	}
	if !set.InBody() || set.Name() != "h" || !slices.Equal(set.Headers(), []string{"X-H"}) || NewSet(nil, 3) != nil {
		t.Errorf("in the body %v, first %s, headers %v", set.InBody(), set.Name(), set.Headers())
	}
	if got := (*Values)(nil).Of(0); got != nil {
		t.Errorf("nil has %q", got)
	}
}

// The first capture without a value is named, with the reason; nothing is kept of what is none.
func TestMissing(t *testing.T) {
	long := strings.Repeat("x", Limit+1)
	body := `{"empty": "", "null": null, "tab": "a\tb", "line": "a\nb", "long": "` + long + `"}`
	for _, c := range []struct {
		capture Capture
		want    string
	}{
		{Capture{Header: "X-None"}, "header X-None is missing"},
		{Capture{Cookie: "none"}, "cookie none is not set"},
		{Capture{Header: "X-Empty"}, "value is empty"},
		{Capture{Cookie: "X-Long"}, "value is longer than 4 KiB"},
		{Capture{Header: "X-Delete"}, "value holds a control character, such as the end of a line"},
		{Capture{JSON: path(t, "$.none")}, "body has nothing at $.none"},
		{Capture{JSON: path(t, "$.empty")}, "value is empty"},
		{Capture{JSON: path(t, "$.null")}, "body has null at $.null"},
		{Capture{JSON: path(t, "$.line")}, "value holds a control character, such as the end of a line"},
		{Capture{JSON: path(t, "$.long")}, "value is longer than 4 KiB"},
		{Capture{JSON: path(t, "$['"+strings.Repeat("é", 40)+"']")}, "body has nothing at $['" + strings.Repeat("é", 14) + "…"},
		{Capture{Match: regexp.MustCompile(`none=(\d)`)}, `body does not match /none=(\d)/`},
		{Capture{Match: regexp.MustCompile(`(none)?null`)}, "value is empty"},
		{Capture{JSON: path(t, "$.tab")}, ""},
	} {
		c.capture.Name = "v"
		set, v := NewSet([]Capture{c.capture}, 0), Values{texts: [][]byte{[]byte("before")}}
		missing := set.FromHead(fields{"X-Empty": "", "X-Long": long, "X-Delete": "a\x7f"}, &v)
		if missing == nil {
			missing = set.FromBody([]byte(body), &v)
		}
		if got := missing; c.want == "" && got == nil {
			continue
		} else if got == nil || got.Name != "v" || got.Reason() != "capture v: "+c.want {
			t.Errorf("%+v: %+v, want %s", c.capture, got, c.want)
		}
		if cap(v.texts[0]) > Limit {
			t.Errorf("%s: %d bytes are kept", c.want, cap(v.texts[0]))
		}
	}
}

// Whatever a body holds, a value keeps the rules, and only one is captured that stands in the body.
func FuzzFromBody(f *testing.F) {
	f.Add(`{"token": "a\u0000b", "list": [1, {"x": "y"}]}`, `$.list[1].x`, `"x": "(.*)"`)
	f.Add("csrf=0123\r\nX-Evil: 1", "$", `csrf=((?s).*)`)
	f.Add(strings.Repeat("[", 20_000), "$[0]", `(\[+)`)
	f.Fuzz(func(t *testing.T, body, at, expression string) {
		var captures []Capture
		if p, err := jsonpath.Parse(at); err == nil {
			captures = append(captures, Capture{Name: "path", JSON: &p})
		}
		if re, err := regexp.Compile(expression); err == nil && len(expression) < 100 {
			captures = append(captures, Capture{Name: "match", Match: re})
		}
		for _, c := range captures {
			var v Values
			missing := NewSet([]Capture{c}, 0).FromBody([]byte(body), &v)
			value := v.Of(0)
			if (missing == nil) != (len(value) > 0) || len(value) > Limit || bytes.ContainsAny(value, "\x00\r\n\x7f") {
				t.Errorf("%+v of %q: %q, %+v", c, body, value, missing)
			}
			if missing == nil && c.Match != nil && !strings.Contains(body, string(value)) {
				t.Errorf("%s of %q: %q", c.Match, body, value)
			}
		}
	})
}
