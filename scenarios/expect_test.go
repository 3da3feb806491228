package scenarios

import (
	"strings"
	"testing"
)

func TestExpectMore(t *testing.T) {
	parse := func(expect string) (*Scenario, error) {
		return Parse("s.yaml", []byte("load: {type: rate, rate: 1, duration: 1s}\ntargets: [{name: a, url: 'http://h'}]\nrequest: {path: /, expect: "+expect+"}"), Options{})
	}
	s, err := parse(`{status: 200, json: {$.ok: true, "$.items[0].id": 17}, json_match: {$.name: "^[a-z]+$"}, size: ["> 10", 17], within: 800ms, not: {status: [204, 3xx], body: oops, header: {X-Error: ""}}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `status 200 and size > 10 and size == 17 and $.items[0].id is "17" and $.ok is "true" and $.name matches "^[a-z]+$" and within 800ms and not status 204 or 300–399, nor body contains "oops", nor header X-Error present`
	if got := s.expectWords(s.Requests[0].Expect); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for expect, want := range map[string]string{
		"{json: {ok: true}}": "expect.json", "{json: {$.a: [1]}}": "expect.json", `{json_match: {$.a: "("}}`: "regular expression", "{size: x}": "must be a number of bytes", "{within: 0s}": "must be at least", "{within: 3}": "within",
		`{size: "=> 3"}`: "must be a number of bytes", "{not: {size: 3}}": "no such key", `{not: {match: "("}}`: "regular expression", "{not: {header: {Trailer: a}}}": "cannot be expected",
	} {
		if _, err := parse(expect); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", expect, err, want)
		}
	}
}
