package result

import "testing"

// Every verdict of a part has words and a tone, and what is none of the constants has a
// neutral tone and no figures behind it.
func TestVerdictsOfParts(t *testing.T) {
	for v, want := range map[SpreadVerdict]Tone{SpreadEven: Good, SpreadUneven: Bad, SpreadSticky: Doubtful, SpreadTooFew: Doubtful, SpreadMixed: Doubtful,
		SpreadOneHost: Neutral, SpreadNothing: Bad, "anything": Neutral} {
		if v.Tone() != want || v.Word() == "" {
			t.Errorf("spread %s: tone %d, word %q", v, v.Tone(), v.Word())
		}
	}
	for v, want := range map[RowsVerdict]struct {
		Tone
		known bool
	}{RowsReconciled: {Good, true}, RowsLost: {Bad, true}, RowsExtra: {Bad, true}, RowsWithinUnknown: {Doubtful, true},
		RowsNotKnown: {Doubtful, false}, "anything": {Neutral, false}, "": {Neutral, false}} {
		if v.Tone() != want.Tone || v.Known() != want.known {
			t.Errorf("rows %s: tone %d, known %v", v, v.Tone(), v.Known())
		}
	}
	for v, want := range map[MetricVerdict]Tone{Better: Good, Worse: Bad, Same: Neutral, CannotTell: Doubtful, Mixed: Doubtful, "anything": Neutral} {
		if v.Tone() != want || v.Word() == "" {
			t.Errorf("metric %s: tone %d, word %q", v, v.Tone(), v.Word())
		}
	}
	for v, want := range map[Verdict]Tone{Pass: Good, Fail: Bad, Inconclusive: Doubtful, Invalid: Doubtful} {
		if v.Tone() != want {
			t.Errorf("%s: tone %d", v, v.Tone())
		}
	}
	if len(spreadWords) != 8 || len(rowsWords) != 6 || len(metricWords) != 5 {
		t.Error("a verdict has no words, or words have no verdict")
	}
}
