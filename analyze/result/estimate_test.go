package result

import (
	"encoding/json"
	"math"
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
