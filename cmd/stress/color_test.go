package main

import "testing"

func TestColor(t *testing.T) {
	for _, c := range []struct {
		out  bool
		env  map[string]string
		want bool
	}{
		{true, nil, true},
		{true, map[string]string{"TERM": "xterm"}, true},
		{true, map[string]string{"TERM": "dumb"}, false},
		{true, map[string]string{"NO_COLOR": ""}, false},
		{false, nil, false},
	} {
		w := environment{terminal: terminal{out: c.out}, lookup: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }}
		if got := w.color(); got != c.want {
			t.Errorf("a terminal %v with %v: %v", c.out, c.env, got)
		}
	}
}
