package result

import (
	"bytes"
	"strings"
	"testing"
)

func TestNoiseFile(t *testing.T) {
	var all Noises
	one := Noise{Scenario: "shop", Machine: "here", Rounds: 10, Floors: []Floor{{Target: "a", Metric: "p95", Figure: 1}}}
	all.Put(one)
	apart, elsewhere, newer := one, one, one
	apart.Paired, elsewhere.Machine, newer.Rounds = true, "there", 20
	all.Put(apart)
	all.Put(elsewhere)
	all.Put(newer)
	var b bytes.Buffer
	if err := all.Write(&b); err != nil {
		t.Fatal(err)
	}
	back, err := ReadNoises(&b)
	if err != nil {
		t.Fatal(err)
	}
	if n := back.Of("shop", "here", false); len(back.Noise) != 3 || n == nil || n.Rounds != 20 {
		t.Errorf("%+v", back)
	}
	if back.Of("shop", "nowhere", false) != nil || back.Of("other", "here", true) != nil {
		t.Error("noise of another scenario or machine")
	}
	for _, bad := range []string{"", "{}", "[]", `{"schema": 99}`, `{"schema": 1, "noise": [{"scenario": "x"}]}`,
		`{"schema": 1, "noise": [{"rounds": 3, "floors": [{"observed": -1}]}]}`, "null"} {
		if n, err := ReadNoises(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is a noise file: %+v", bad, n)
		}
	}
}
