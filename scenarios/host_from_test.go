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
