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
