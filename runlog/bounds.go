package runlog

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// Bounds on a run directory, besides those of [untrusted.Check]. Reader and writer use the same, so that
// everything that is written can be read.
const (
	maxLine     = 4 << 20 // bytes
	maxReplicas = 100_000 // of a target
	maxWeight   = 100_000
	maxClaims   = 1000                // of a request, in rows
	maxDuration = 31 * 24 * time.Hour // of a leg
)

// checker is a part of a run that checks its values against the bounds.
type checker interface{ check() error }

func (m Manifest) check() error {
	if err := untrusted.Check(&m); err != nil {
		return err
	}
	for i, t := range m.Targets {
		if t.Replicas < 0 || t.Replicas > maxReplicas {
			return fmt.Errorf("targets.%d.replicas: %w %d: the most are %d", i, untrusted.ErrBounds, t.Replicas, maxReplicas)
		}
	}
	if m.Weights != nil && len(m.Weights) != len(m.Requests) {
		return fmt.Errorf("weights: %w %d for %d requests", untrusted.ErrBounds, len(m.Weights), len(m.Requests))
	}
	for i, w := range m.Weights {
		if w < 1 || w > maxWeight {
			return fmt.Errorf("weights.%d: %w %d: the most is %d", i, untrusted.ErrBounds, w, maxWeight)
		}
	}
	if m.Claims != nil && len(m.Claims) != len(m.Requests) {
		return fmt.Errorf("claims: %w %d for %d requests", untrusted.ErrBounds, len(m.Claims), len(m.Requests))
	}
	for i, n := range m.Claims {
		if n < 0 || n > maxClaims {
			return fmt.Errorf("claims.%d: %w %d: the most are %d", i, untrusted.ErrBounds, n, maxClaims)
		}
	}
	seen := map[string]bool{}
	for i, l := range m.Legs {
		dir := filepath.Clean(filepath.FromSlash(l.Dir))
		switch {
		case !filepath.IsLocal(filepath.FromSlash(l.Dir)):
			return fmt.Errorf("leg directory %q lies outside the run", l.Dir)
		case seen[dir]:
			return fmt.Errorf("leg directory %q stands for two legs", l.Dir)
		case l.Round < 1 || l.Round > len(m.Legs):
			return fmt.Errorf("legs.%d.round: %w %d: there are %d legs", i, untrusted.ErrBounds, l.Round, len(m.Legs))
		case l.DurationS < 0 || l.DurationS > maxDuration.Seconds(), l.DurationS > 0 && l.DurationS < time.Nanosecond.Seconds():
			return fmt.Errorf("legs.%d.duration_s: %w %v", i, untrusted.ErrBounds, l.DurationS)
		}
		if err := l.checkAgents(); err != nil {
			return fmt.Errorf("legs.%d.%w", i, err)
		}
		seen[dir] = true
	}
	return m.checkLoads()
}

func (s Second) check() error {
	if s.T < 0 || s.T >= int(maxDuration/time.Second) {
		return fmt.Errorf("t: %w %d", untrusted.ErrBounds, s.T)
	}
	return untrusted.Check(&s)
}

func (f Failure) check() error { return untrusted.Check(&f) }
func (l Ledger) check() error  { return untrusted.Check(&l) }
