package attack_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/jsonpath"
	"github.com/stress-tool/stress/runlog"
)

// at is a condition on a value of JSON; with a pattern it is matched.
func at(t *testing.T, path, equals, pattern string) attack.JSONValue {
	t.Helper()
	p, err := jsonpath.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	v := attack.JSONValue{Path: p, Equals: equals}
	if pattern != "" {
		v.Match = regexp.MustCompile(pattern)
	}
	return v
}

// sizes are bounds as they are written.
func sizes(t *testing.T, texts ...string) (all []attack.Size) {
	t.Helper()
	for _, s := range texts {
		size, err := attack.ParseSize(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, size)
	}
	return all
}

// Every condition holds or says why not, compressed or not, however the body is cut.
func TestConditions(t *testing.T) {
	const body = `{"status": "ok", "items": [{"id": 17}, {"id": null}], "total": 2}` // of 65 bytes
	for i, of := range []struct {
		expect attack.Expect
		want   string
	}{
		{attack.Expect{JSON: []attack.JSONValue{at(t, "$.status", "ok", ""), at(t, "$.items[0].id", "17", ""), at(t, "$.items[1]", `{"id":null}`, "")}}, ""},
		{attack.Expect{JSON: []attack.JSONValue{at(t, "$.status", "", "^o")}}, ""},
		{attack.Expect{JSON: []attack.JSONValue{at(t, "$.status", "failed", "")}}, `$.status is not "failed"`},
		{attack.Expect{JSON: []attack.JSONValue{at(t, "$.total", "", "^3$")}}, "$.total does not match /^3$/"},
		{attack.Expect{JSON: []attack.JSONValue{at(t, "$.nothing", "1", "")}}, "body has nothing there at $.nothing"},
		{attack.Expect{Size: sizes(t, "65", "!= 64", "> 64", ">= 65", "< 66", "<=65")}, ""},
		{attack.Expect{Size: sizes(t, "> 65")}, "body of 65 bytes, want > 65"},
		{attack.Expect{Size: sizes(t, "64")}, "body of 65 bytes, want == 64"},
		{attack.Expect{Not: &attack.Expect{Body: "error", Match: regexp.MustCompile("fail"), Header: map[string]string{"X-B": "", "X-A": "z"}, Status: []attack.StatusRange{{From: 204, To: 204}}}}, ""},
		{attack.Expect{Not: &attack.Expect{Body: `"ok"`}}, `body contains "\"ok\"", which it must not`},
		{attack.Expect{Not: &attack.Expect{Match: regexp.MustCompile("o.")}}, "body matches /o./, which it must not"},
		{attack.Expect{Not: &attack.Expect{Header: map[string]string{"X-A": "b"}}}, `header X-A contains "b", which it must not`},
		{attack.Expect{Not: &attack.Expect{Status: []attack.StatusRange{{From: 200, To: 201}}}}, "status 200, want none of 200-201"},
	} {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		fmt.Fprint(w, body)
		w.Close()
		for encoding, sent := range map[string]string{"": body, "gzip": zipped.String()} {
			h := http.Header{"X-A": {"abc"}}
			if encoding != "" {
				h.Set("Content-Encoding", encoding)
			}
			for _, size := range []int{1, 7, len(sent)} {
				j := of.expect.Judge(200, h)
				for rest := sent; rest != ""; rest = rest[min(size, len(rest)):] {
					fmt.Fprint(j, rest[:min(size, len(rest))])
				}
				class, reason := j.Verdict()
				if (class == runlog.Success) != (of.want == "") || class != runlog.Success && class != runlog.Unexpected || reason != of.want {
					t.Errorf("%d, %q in pieces of %d: %v %q, want %q", i, encoding, size, class, reason, of.want)
				}
			}
		}
	}
	for _, s := range []string{"", "x", "-1", "=> 3", "> ", "1.5", ">>1"} {
		if size, err := attack.ParseSize(s); err == nil || !strings.Contains(err.Error(), "number of bytes") {
			t.Errorf("%q is %v", s, size)
		}
	}
}

// A body in gzip is as long as what it decodes to, and a condition that only the rest of it could tell is
// not met.
func TestConditionsOfWhatIsDecoded(t *testing.T) {
	zip := func(n int) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(bytes.Repeat([]byte("a"), n))
		w.Close()
		return b.String()
	}
	const large = 100_000
	never := &attack.Expect{Body: "b"}
	for name, of := range map[string]struct {
		coding, sent string
		expect       attack.Expect
		want         string
	}{
		"whole":                 {"gzip", zip(large), attack.Expect{Size: sizes(t, "100000", "> 99999", "<= 100000")}, ""},
		"whole, another size":   {"gzip", zip(large), attack.Expect{Size: sizes(t, "< 20000")}, "body of 100000 bytes, want < 20000"},
		"beyond, at least":      {"gzip", zip(attack.DecodedLimit + 1), attack.Expect{Size: sizes(t, "> 1000", "!= 1000")}, ""},
		"beyond, at most":       {"gzip", zip(attack.DecodedLimit + 1), attack.Expect{Size: sizes(t, "< 1000000000")}, "body of 8388608 bytes, want < 1000000000 in the first 8 MiB that it decodes to"},
		"torn, at most":         {"gzip", zip(large)[:50], attack.Expect{Size: sizes(t, "< 1000000")}, "body is no valid gzip"},
		"torn, holds not":       {"gzip", zip(large)[:50], attack.Expect{Not: never}, "body is no valid gzip"},
		"unknown, holds not":    {"br", "??", attack.Expect{Not: never}, "body is encoded as \"br\", and only gzip and deflate are decoded: ask for those in Accept-Encoding"},
		"unknown, other header": {"br", "??", attack.Expect{Not: &attack.Expect{Header: map[string]string{"X": ""}}}, ""},
		"whole, holds not":      {"gzip", zip(large), attack.Expect{Not: never}, ""},
		"empty, holds not":      {"br", "", attack.Expect{Not: never}, ""},
	} {
		j := of.expect.Judge(200, http.Header{"Content-Encoding": {of.coding}})
		fmt.Fprint(j, of.sent)
		if class, reason := j.Verdict(); reason != of.want || (class == runlog.Success) != (of.want == "") {
			t.Errorf("%s: %v %q, want %q", name, class, reason, of.want)
		}
	}
}
