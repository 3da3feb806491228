package scenarios

import (
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/plan"
)

func TestPauses(t *testing.T) {
	for text, want := range map[string]plan.Pause{
		"2s":              {Least: 2 * time.Second, Most: 2 * time.Second},
		"0s":              {},
		"1s..3s":          {Least: time.Second, Most: 3 * time.Second},
		".5s...5s":        {Least: time.Second / 2, Most: time.Second / 2},
		"0s..1m30s":       {Most: 90 * time.Second},
		"exponential 2s":  {Mean: 2 * time.Second},
		"exponential 1ms": {Mean: time.Millisecond},
	} {
		s := parse(t, smallest, "load.pause="+text, "request.pause="+text)
		if own := s.Requests[0].Pause; s.Loads[0].Pause != want || own == nil || *own != want {
			t.Errorf("%q is %+v at the load and %+v at the request, want %+v", text, s.Loads[0].Pause, own, want)
		}
	}
	if s := parse(t, smallest); s.Loads[0].Pause != (plan.Pause{}) || s.Requests[0].Pause != nil {
		t.Errorf("pauses come from nowhere: %v, %v", s.Loads[0].Pause, s.Requests[0].Pause)
	}
}

func TestPaceFaults(t *testing.T) {
	const rest = "\nrequest: {path: /}\ntargets: [{name: one, url: 'https://h'%s}]\n"
	for _, c := range []struct{ load, target, want string }{
		{"type: per-test, clients: 5, duration: 1m, pause: 3s..1s", "", "load.pause: goes from a longer pause to a shorter one"},
		{"type: per-test, clients: 5, duration: 1m, pause: 3", "", "load.pause: needs a unit, got 3"},
		{"type: per-test, clients: 5, duration: 1m, pause: exponential", "", "load.pause: must be a pause with its unit, such as 2s, 1s..3s or exponential 2s"},
		{"type: per-test, clients: 5, duration: 1m, every: 3s", "", "load.every: is for clients that are maintained"},
		{"type: maintain-load, clients: 5, duration: 1m, keep_alive: false, requests_per_connection: 3", "", "load.requests_per_connection: says nothing beside keep_alive: false"},
		{"type: maintain-load, clients: 5, duration: 1m, keep_alive: false", ", http2: true", "load.keep_alive: says nothing over HTTP/2, which target one is to speak"},
		{"type: maintain-load, clients: 5, duration: 1m, keep_alive: true, requests_per_connection: 3", ", http2: true", "load.requests_per_connection: says nothing over HTTP/2"},
		{"type: maintain-load, clients: 5, duration: 1m", `, host: "a\r\nX-Evil: b"`, "targets.0.host: must be a host"},
		{"type: maintain-load, clients: 5, duration: 1m", `, host: "::1"`, "targets.0.host: must be a host"},
	} {
		_, err := Parse("some.yaml", []byte("load: {"+c.load+"}"+strings.Replace(rest, "%s", c.target, 1)), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s%s: %v, want %q", c.load, c.target, err, c.want)
		}
	}
	for _, host := range []string{"shop.example", "shop.example:8080", "[::1]", "[::1]:80"} {
		if s := parse(t, smallest, "targets.0.host="+host); s.Targets[0].Host != host || s.Targets[0].Way() != "as "+host {
			t.Errorf("host %q, way %q, want %q", s.Targets[0].Host, s.Targets[0].Way(), host)
		}
	}
}

// What is read as a pause says itself in the same way, and draws lengths that are none below 0.
func FuzzPause(f *testing.F) {
	for _, seed := range []string{"2s", "1s..3s", "exponential 2s", ".5s...5s", "+1h..+2h", "exponential 1s..2s", "1s..2s..3s", "..", "exponential "} {
		f.Add(seed, uint64(1)<<63)
	}
	parse := parsePause()
	f.Fuzz(func(t *testing.T, text string, random uint64) {
		p, err := parse(text)
		if err != nil {
			return
		}
		if again, err := parse(p.String()); err != nil || again != p {
			t.Errorf("%q is %+v, and %q is %+v, %v", text, p, p.String(), again, err)
		}
		if d := p.Length(random); d < 0 || p.Mean == 0 && (d < p.Least || d > p.Most) || p.Average() > mostDuration {
			t.Errorf("%q: a pause of %v", text, d)
		}
	})
}
