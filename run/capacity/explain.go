package capacity

import (
	"context"
	"path/filepath"

	model "github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/run"
)

// explain adds to a study what was at its limit, and what models say of its probes: how the
// saturation grows with the replicas, and what queueing expects of each configuration.
func (s *study) explain(ctx context.Context) error {
	r := s.result
	r.Growth, r.NoGrowth = nil, ""
	growth, err := model.StudyGrowth(r)
	if r.Growth = growth; err != nil {
		r.NoGrowth = err.Error()
	}
	arrivals := queueing.Poisson
	if s.sc.Search.Arrivals == plan.Even {
		arrivals = queueing.Even
	}
	workers := model.Workers(r.Configurations)
	for i := range r.Configurations {
		c := &r.Configurations[i]
		c.Limits = limits(c.Probes, r.Machine)
		if c.Forecast = nil; c.Alone == nil || c.HeldRPS == 0 {
			continue
		}
		alone, err := run.Read(ctx, filepath.Join(s.Dir, filepath.FromSlash(c.Alone.Dir)))
		if err != nil {
			return err
		}
		if c.Forecast, err = model.Expected(c, &alone.Legs[len(alone.Legs)-1], workers, arrivals, s.mostP95()); err != nil {
			return err
		}
	}
	return nil
}

// mostP95 is the most that the p95 may be within the SLO, in milliseconds; 0 where it does not
// bound that.
func (s *study) mostP95() float64 {
	for _, t := range s.slo {
		if t.Metric == metric.P95 && (t.Op == "<" || t.Op == "<=") {
			return t.Value
		}
	}
	return 0
}
