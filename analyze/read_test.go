package analyze

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// stored is what of an analysis is on the disk.
func stored(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A saved baseline is as good as its run: the analysis survives its file.
func TestSummaryComesBack(t *testing.T) {
	for name, s := range map[string]synth{"one round": healthyPair(), "fifty requests": fifty(20), "three rounds": manyRounds(3), "eight rounds": manyRounds(8)} {
		a := analyzed(t, s)
		first := stored(t, a)
		b, err := result.ReadSummary(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if second := stored(t, b); !bytes.Equal(first, second) {
			t.Errorf("%s: differs when written again:\n%s\n%s", name, first, second)
		}
		if got := compared(t, compare.Pick{Run: b, Target: "single"}, compare.Pick{Run: b, Target: "cluster"}); !bytes.Equal(stored(t, got), stored(t, a.Comparison)) {
			t.Errorf("%s: within the run: %s\n%s", name, stored(t, got), stored(t, a.Comparison))
		}
		// Of two runs the same, whichever of them comes from a file.
		other := analyzed(t, s)
		want := stored(t, compared(t, compare.Pick{Run: a, Target: "single", Label: "v1"}, compare.Pick{Run: other, Target: "single", Label: "v2"}))
		if got := stored(t, compared(t, compare.Pick{Run: b, Target: "single", Label: "v1"}, compare.Pick{Run: other, Target: "single", Label: "v2"})); !bytes.Equal(got, want) {
			t.Errorf("%s: of two runs: %s\n%s", name, got, want)
		}
	}
}

func TestWhatIsNoSummary(t *testing.T) {
	whole := string(stored(t, analyzed(t, healthyPair())))
	for name, c := range map[string]struct{ text, words string }{
		"empty":           {"", "unexpected end"},
		"a page":          {"<html>", "invalid character"},
		"a list":          {"[]", "cannot unmarshal"},
		"no schema":       {"{}", "names no schema"},
		"no verdict":      {`{"schema":2}`, `its verdict is ""`},
		"two of them":     {whole + whole, "invalid character"},
		"cut short":       {whole[:len(whole)/2], "unexpected end"},
		"no legs' own":    {strings.Replace(whole, `"target":"single"`, `"target":""`, 1), "leg 1 has no target"},
		"no share":        {strings.Replace(whole, `"error_rate":{"value":0`, `"error_rate":{"value":12`, 1), "an error rate of 12"},
		"less lost":       {strings.Replace(whole, `"lost":0`, `"lost":-1`, 1), "lost -1 rows"},
		"far round":       {strings.Replace(whole, `"round":1`, `"round":4611686018427387904`, 1), "cannot be"},
		"round 1000":      {strings.Replace(whole, `"round":1`, `"round":1000`, 1), "leg 1 is of round 1000"},
		"no measure":      {strings.Replace(whole, `"measure":"service time"`, `"measure":""`, 1), "what its times measure"},
		"no findings":     {`{"schema":2,"verdict":"PASS"}`, "no finding"},
		"no time":         {`{"schema":2,"verdict":"PASS","findings":[{"verdict":"PASS"}]}`, "when the run began"},
		"another verdict": {strings.Replace(whole, `"verdict":"PASS"`, `"verdict":"FAIL"`, 1), "its verdict is FAIL, and that of its findings PASS"},
	} {
		_, err := result.ReadSummary(strings.NewReader(c.text))
		if !errors.Is(err, result.ErrNoSummary) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file of another format is named with its schema.
func TestSummariesOfOtherSchemas(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": 3, "verdict": {}}`:    "summary.json has schema 3, this program reads 2",
		`{"schema": 1, "reasons": ["x"]}`: "summary.json has schema 1, this program reads 2",
		`{"schema": 0}`:                   "summary.json has schema 0, this program reads 2",
	} {
		_, err := result.ReadSummary(strings.NewReader(text))
		var schema *untrusted.SchemaError
		if !errors.As(err, &schema) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func compared(t testing.TB, baseline, candidate compare.Pick) *result.Comparison {
	t.Helper()
	c, err := compare.Compare(baseline, candidate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
