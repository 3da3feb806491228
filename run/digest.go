package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/stress-tool/stress/attack/plan"
)

// digested is how many starts of a plan its digest is made of.
const digested = 10_000

// Digest tells jobs of one order apart that two programs make differently, as other versions may. It is made
// of the plan, of what is sent, and of the data of the feeds.
func (g *Generator) Digest(o Order) (string, error) {
	engine, job, err := g.Job(o)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	enc := json.NewEncoder(sum)
	put := func(v any) {
		if err == nil {
			err = enc.Encode(v)
		}
	}
	put(o)
	put(engine.Name())
	put([]any{job.Plan.Duration(), job.Plan.Count(), job.Plan.Open()})
	n := 0
	for s := range job.Plan.Starts() {
		if n++; n > digested {
			break
		}
		put([]plan.Start{s})
	}
	for _, r := range job.Requests {
		if job.NoPauses {
			r.Pause = nil
		}
		put([]any{r.Name, r.Method, r.Path, r.Header, r.Body, r.User, r.Claims, r.Weight, r.Pause})
	}
	for _, f := range g.data.read {
		put([]any{f.Rows(), f.SHA256})
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}
