package runlog

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"cluster":                    "cluster",
		"Five faults, at once!":      "five-faults-at-once",
		"../../etc/passwd":           "etc-passwd",
		"Intel Xeon 8370C @ 2.80GHz": "intel-xeon-8370c-2-80ghz",
		"負荷":                         "",
		"":                           "",
		"a name that goes on and on until no file system would take it in": "a-name-that-goes-on-and-on-until-no-file-system-would-take-i",
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestASlugIsAlwaysFitForAPath(t *testing.T) {
	form := regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*)?$`)
	rapid.Check(t, func(t *rapid.T) {
		s := Slug(rapid.String().Draw(t, "name"))
		if !form.MatchString(s) || len(s) > slugLength {
			t.Fatalf("%q", s)
		}
		if again := Slug(s); again != s {
			t.Fatalf("%q becomes %q", s, again)
		}
	})
}
