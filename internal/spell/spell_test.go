package spell

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"runn": "run", "rnu": "run", "RUN": "run", "cehck": "check", "frobnicate": "", "": "", "x": "",
		"base": "", "basel": "baseline", "MAINTAIN": "maintain-client-load", "main": "maintain-client-load", "mai": "",
	} {
		if got := Nearest(word, []string{"run", "check", "gate", "baseline", "basement", "maintain-client-load"}); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"clients", "clients", 0}, {"clinets", "clients", 1},
		{"client", "clients", 1}, {"cleints", "clients", 1}, {"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[abc]{0,6}`).Draw(t, "a"), rapid.StringMatching(`[abc]{0,6}`).Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("distance of %q and %q is %d", a, b, d)
		}
	})
}
