package attack_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// passes is an engine whose clients make whole passes, each request in a millisecond.
type passes struct {
	// lacks is the value that request i of pass n does not give, "" where it gives all.
	lacks func(n uint64, i int) string
	// tooMany counts more requests as skipped than there are: a broken engine.
	tooMany bool
}

func (passes) Name() string { return "passes" }

func (p passes) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	for s := range job.Plan.Starts() {
		time.Sleep(s.Due - m.Now())
		m.Join()
		for i := 0; i < len(job.Requests); i++ {
			o := attack.Outcome{Client: s.N, Request: i, Due: m.Now(), Sent: m.Now(), Lacks: p.lacks(s.N, i)}
			o.Number = m.Sent(o.Due)
			time.Sleep(time.Millisecond)
			if o.Done = m.Now(); o.Lacks != "" {
				o.Class, o.Reason, o.Skipped = runlog.Unexpected, "capture "+o.Lacks, len(job.Requests)-1-i
			}
			i += o.Skipped
			if p.tooMany {
				o.Skipped++
			}
			m.Done(&o)
		}
		m.Leave()
	}
	return nil
}

// Whichever requests do not give their values: planned = sent + skipped, the seconds hold as many as the
// totals, and every request that was skipped stands under the value that was missing.
func TestSkippedRequestsAreInTheAccount(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clients := rapid.IntRange(1, 50).Draw(rt, "clients")
		requests := rapid.IntRange(1, 5).Draw(rt, "requests")
		lacking := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "", "a", "b"}), 1, 13).Draw(rt, "lacking")
		e := passes{lacks: func(n uint64, i int) string { return lacking[(int(n)*requests+i)%len(lacking)] }}
		want, sent := map[string]uint64{}, uint64(0)
		for n := range uint64(clients) {
			for i := range requests {
				sent++
				if lacks := e.lacks(n, i); lacks != "" {
					if left := uint64(requests - 1 - i); left > 0 {
						want[lacks] += left
					}
					break
				}
			}
		}
		synctest.Test(t, func(t *testing.T) {
			var s memory
			j := job(rt, plan.Load{Type: plan.ClientsPerTest, Clients: clients, Duration: 3 * time.Second})
			j.Requests = make([]attack.Request, requests)
			c := config(&s)
			c.Requests = strings.Split("one two three four five", " ")[:requests]
			got, err := attack.Perform(t.Context(), e, j, time.Now(), c)
			if err != nil {
				rt.Fatal(err)
			}
			skipped, all := map[string]uint64{}, uint64(0)
			for _, sec := range s.seconds {
				for name, n := range sec.Skipped {
					skipped[name] += n
				}
				all += sec.AllSkipped()
			}
			if planned := uint64(clients * requests); got.Planned != planned || got.Sent != sent || got.Skipped != planned-sent || got.Dropped != 0 {
				rt.Errorf("planned %d sent %d skipped %d dropped %d; want %d planned, %d sent, the rest skipped", got.Planned, got.Sent, got.Skipped, got.Dropped, planned, sent)
			}
			if !maps.Equal(skipped, want) || all != got.Skipped {
				rt.Errorf("the seconds hold %v skipped, %d in all, want %v", skipped, all, want)
			}
		})
	})
}

// What is skipped is never sent: an engine that counts it so has lost requests.
func TestSkippingTooManyIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := passes{lacks: func(uint64, int) string { return "a" }, tooMany: true}
		j := job(t, plan.Load{Type: plan.ClientsPerTest, Clients: 3, Duration: time.Second})
		_, err := attack.Perform(t.Context(), e, j, time.Now(), config(&memory{}))
		if err == nil || !strings.Contains(err.Error(), "planned 3, sent 3, skipped 3") {
			t.Errorf("%v", err)
		}
	})
}
