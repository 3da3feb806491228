package convert

import (
	"fmt"
	"strings"
	"testing"
)

// The pauses of a recording are those between the last answer and the next request; requests at the same
// time have none, and an asset that is left out lengthens one.
func TestThinkTimesOfRecordings(t *testing.T) {
	entry := func(began, took, path string) string {
		kind := "document"
		if strings.HasSuffix(path, ".png") {
			kind = "image"
		}
		return fmt.Sprintf(`{"startedDateTime": %s, "time": %s, "_resourceType": %q, "request": {"method": "GET", "url": "http://h%s"}, "response": {"status": 200}}`, began, took, kind, path)
	}
	at := func(seconds string) string { return `"2026-11-26T14:02:` + seconds + `Z"` }
	for _, c := range []struct {
		name    string
		entries []string
		pauses  []string
		left    string
	}{
		{"a page and another", []string{entry(at("00"), "500", "/a"), entry(at("02.5"), "10", "/b")}, []string{"2s", ""}, "times of less than 100ms"},
		{"at the same time", []string{entry(at("00"), "3000", "/a"), entry(at("01"), "10", "/b"), entry(at("04"), "10", "/c")}, []string{"", "1s", ""}, "times of less than"},
		{"with an asset", []string{entry(at("00"), "500", "/a"), entry(at("01"), "900", "/x.png"), entry(at("02.5"), "10", "/b")}, []string{"2s", ""}, "--assets"},
		{"by a script", []string{entry(at("00"), "500", "/a"), entry(at("00.55"), "10", "/b")}, []string{"", ""}, "each follows the answer before it at once"},
		{"overnight", []string{entry(at("00"), "500", "/a"), entry(`"2026-11-27T08:00:00+01:00"`, "10", "/b")}, []string{"", ""}, "more than 1h0m0s"},
		{"backwards", []string{entry(at("30"), "500", "/a"), entry(at("00"), "10", "/b")}, []string{"", ""}, "at once"},
		{"without times", []string{entry(`null`, "-1", "/a"), entry(`17`, `"x"`, "/b")}, []string{"", ""}, "does not say when"},
		{"with times that are none", []string{entry(at("00"), "1e300", "/a"), entry(`"yesterday"`, "1", "/b")}, []string{"", ""}, "does not say when"},
	} {
		s, err := HAR([]byte(`{"log": {"entries": [`+strings.Join(c.entries, ",")+`]}}`), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, r := range s.File.Requests {
			got = append(got, r.Pause)
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.pauses) || !strings.Contains(strings.Join(s.LeftOut, "\n"), c.left) {
			t.Errorf("%s: pauses %q, want %q; left out: %q", c.name, got, c.pauses, s.LeftOut)
		}
	}
}
