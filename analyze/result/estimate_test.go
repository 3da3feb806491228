package result

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestOpenEndsComeBack(t *testing.T) {
	in := Estimate{Value: 3, Lo: Bound(math.Inf(-1)), Hi: 4}
	var out Estimate
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out.Lo.Finite() || out.Hi != 4 || out.Interval() != in.Interval() {
		t.Errorf("%+v", out)
	}
	if err := json.Unmarshal([]byte(`{"lo": "x"}`), &out); err == nil {
		t.Error("a text passed for a bound")
	}
}

func TestOneSidedBounds(t *testing.T) {
	two := Estimate{Value: 5, Lo: 3, Hi: 8}
	if two.AtLeast() != 3 || two.AtMost() != 8 {
		t.Errorf("without one-sided bounds the interval's ends hold: %v, %v", two.AtLeast(), two.AtMost())
	}
	two.OneSided = Bounds{Lower: 4, Upper: 7}
	if two.AtLeast() != 4 || two.AtMost() != 7 {
		t.Errorf("%v, %v", two.AtLeast(), two.AtMost())
	}
	for _, e := range []Estimate{two, {Value: 5}} {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(string(text), "one_sided"); has != (e.OneSided != Bounds{}) {
			t.Errorf("%s", text)
		}
	}
}
