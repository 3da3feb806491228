package run

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

const mixed = `
load: {type: clients-per-test, clients: 200, duration: 200ms, seed: 5}
requests: [{name: often, path: /often, weight: 3}, {name: seldom, path: /seldom, weight: 1}]
targets: [{name: a, url: "http://%s"}]
decide: observed
thresholds: ["max{often} < 600s", "max{seldom} < 0.001us", "p50 < 600s"]
`

// A run says which share of a mix each request had, and judges thresholds of a single one by its times alone.
func TestAMixIsJudgedPerRequest(t *testing.T) {
	address, asked := page(t)
	sc := scenario(t, fmt.Sprintf(mixed, address))
	a, err := started(t.Context(), t, sc, Options{Guard: offline(t), Dir: filepath.Join(t.TempDir(), "run")}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	leg := a.Legs[0]
	often, seldom := leg.Requests[0], leg.Requests[1]
	if n := len(asked()); n != 200 || leg.Planned != 200 || often.Outcomes.Ended()+seldom.Outcomes.Ended() != 200 {
		t.Errorf("%d requests of %d planned: %+v", n, leg.Planned, leg.Requests)
	}
	if often.Asked != 0.75 || math.Abs(often.Share.Value-0.75) > 0.12 || often.Share.Lo >= 0.75 || often.Share.Hi <= 0.75 || seldom.Share.N != 200 {
		t.Errorf("asked for %g, got %+v and %+v", often.Asked, often.Share, seldom.Share)
	}
	// A machine that stands still meanwhile leaves them open.
	for i, want := range []struct {
		never result.Verdict
		n     uint64
	}{{result.Fail, often.Response.N}, {result.Pass, seldom.Response.N}, {result.Fail, 200}} {
		if got := a.Thresholds[i]; got.Verdict == want.never || got.Observed.N != want.n {
			t.Errorf("%s: %s of %d, want it of %d", got.Threshold, got.Verdict, got.Observed.N, want.n)
		}
	}
}
