package scenarios

import (
	"strings"
	"testing"
)

func TestHostFrom(t *testing.T) {
	s := parse(t, smallest, "targets.0.host_from.header=x-served-by")
	if got := s.Targets[0].HostFrom; got.Header != "X-Served-By" || got.Body != nil || s.HostWords(s.Targets[0]) != "header X-Served-By" {
		t.Errorf("%+v", got)
	}
	s = parse(t, smallest, `targets.0.host_from.body=served by (\S+)`)
	if got := s.Targets[0].HostFrom; got.Body == nil || s.HostWords(s.Targets[0]) != `body /served by (\S+)/` {
		t.Errorf("%+v", got)
	}
	if s = parse(t, smallest); s.HostWords(s.Targets[0]) != "" {
		t.Errorf("%+v", s.Targets[0].HostFrom)
	}
	for set, want := range map[string]string{
		"targets.0.host_from={}":                     "must have either header or body",
		"targets.0.host_from={header: A, body: b}":   "must have either header or body",
		"targets.0.host_from=X-Served-By":            "must be a mapping",
		"targets.0.host_from.header=":                "must be the name of a response header",
		"targets.0.host_from.header=served by":       "must be the name of a response header",
		"targets.0.host_from.header=Trailer":         "must be the name of a response header",
		"targets.0.host_from.body=(":                 "must be a regular expression",
		"targets.0.host_from={cookie: JSESSIONID}":   "no such key",
		`targets.0.host_from.body=(?<=served by)\S+`: "must be a regular expression",
	} {
		if got := strings.Join(faultsOf(t, smallest, set), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", set, got, want)
		}
	}
}

// Who served can be asked of a ledger or of answers, of each target that a threshold is about.
func TestThresholdsOnHosts(t *testing.T) {
	const two = `targets=[{name: a, url: "http://h", host_from: {header: X}}, {name: b, url: "http://h"}]`
	parse(t, smallest, two, "thresholds=[a.hosts >= 3, a.max_deviation < 10%]")
	for _, threshold := range []string{"hosts >= 3", "b.hosts >= 3", "a.lost == 0"} {
		if got := strings.Join(faultsOf(t, smallest, two, "thresholds=["+threshold+"]"), "\n"); !strings.Contains(got, "needs a ledger") {
			t.Errorf("%s: %v", threshold, got)
		}
	}
}
