// Package capacity searches for the largest load that each target carries while its SLO
// holds. Every probe of a search is a run of its own, in a directory of its own, so that each
// can be reported, compared and doubted like any other; what it says of its load is the run's
// own verdict.
package capacity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Measure measures a scenario of one target into a directory and returns what the run means.
// Without an analysis no run began. An error beside an analysis says what went wrong after it had
// begun.
type Measure func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error)

// Options are how to search. Dir and Measure must be given.
type Options struct {
	// Dir is the directory of the study. It must not be there yet, unless Resume says that it holds
	// a study of the same scenario, which goes on where it ended.
	Dir    string
	Resume bool
	// Decision is what is to be decided with the study, as YAML, which is kept beside it; nil is nothing, or
	// what a study that goes on has already.
	Decision []byte
	// Measure puts the load of a probe on.
	Measure Measure
	// Drain, when closed, has the search begin no further probe.
	Drain <-chan struct{}
	// Tool names this program, and Machine is where Measure has the load come from; the zero value is this machine.
	Tool    runlog.Tool
	Machine runlog.Machine
	// Told hears of each probe before it begins; nil is nobody.
	Told func(Progress)
}

// Progress is where a search stands when a probe begins.
type Progress struct {
	Target string
	// Probe is the one to come: its kind, load and length.
	Probe result.Probe
	// Capacity is what is known of the target so far.
	Capacity result.Capacity
	// Elapsed is the time since the search began, Budget its time in all, 0 for no bound.
	Elapsed, Budget time.Duration
}

// ErrOther says that a directory holds the study of another scenario.
var ErrOther = errors.New("holds the study of another scenario or of another slo")

// Why a search may end before it is done. That it was cut off stands in capacity.json until it
// ends in another way: a search that is killed has no time to say so.
const (
	interrupted = "it was interrupted"
	cutOff      = "it was cut off"
)

// study is a search under way.
type study struct {
	Options
	sc      *scenarios.Scenario
	slo     []threshold.Threshold
	result  *result.Study
	began   time.Time
	elapsed time.Duration // of the study before it was resumed
	probes  int           // directories of probes so far
}

// Run searches target by target, and returns what it found. After each probe capacity.json holds all that is
// known, so that a search which was killed loses the probe under way and nothing else.
//
// An error beside a study says why it ended early. Of a scenario without a search it is an
// error of the caller.
func Run(ctx context.Context, sc *scenarios.Scenario, o Options) (*result.Study, error) {
	s, err := begin(sc, o)
	if err != nil {
		return nil, err
	}
	for i, target := range sc.Targets {
		if err = s.target(ctx, i, target); err != nil {
			break
		}
	}
	if err == nil && !s.over(ctx) {
		err = s.explain(ctx)
	}
	return s.result, errors.Join(err, s.store())
}

// begin is a study that has its directory.
func begin(sc *scenarios.Scenario, o Options) (*study, error) {
	if sc.Search == nil {
		return nil, errors.New("the scenario searches for no capacity")
	}
	s := &study{Options: o, sc: sc, began: time.Now()}
	if s.Machine == (runlog.Machine{}) {
		s.Machine = run.Machine()
	}
	for _, text := range sc.Search.SLO {
		t, err := threshold.Parse(text)
		if err != nil {
			return nil, err
		}
		s.slo = append(s.slo, t)
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, Keep(s.Dir, o.Decision)
}

// open claims the directory of a new study, or reads the one that goes on.
func (s *study) open() error {
	fresh := &result.Study{
		Schema: result.StudySchema, Name: s.sc.Name, Started: s.began, Tool: s.Tool, Machine: s.Machine,
		SLO: s.sc.Search.SLO, Arrivals: string(s.sc.Search.Arrivals), Precision: s.sc.Search.Precision,
	}
	for _, t := range s.sc.Targets {
		fresh.Configurations = append(fresh.Configurations, result.Capacity{Target: t.Name, Replicas: t.Replicas, Verdict: result.CapacityUnknown})
	}
	s.result = fresh
	if !s.Resume {
		if err := os.MkdirAll(filepath.Dir(s.Dir), 0o755); err != nil {
			return err
		}
		if err := os.Mkdir(s.Dir, 0o755); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", s.Dir, runlog.ErrExists)
		} else if err != nil {
			return err
		}
		return s.store()
	}
	old, err := result.ReadStudy(s.Dir)
	if err != nil {
		return err
	}
	same := old.Name == fresh.Name && old.Arrivals == fresh.Arrivals && slices.Equal(old.SLO, fresh.SLO) &&
		slices.EqualFunc(old.Configurations, fresh.Configurations, func(a, b result.Capacity) bool { return a.Target == b.Target && a.Replicas == b.Replicas })
	if !same {
		return fmt.Errorf("%s: %w", s.Dir, ErrOther)
	}
	old.Precision, old.Stopped = fresh.Precision, ""
	s.result, s.elapsed = old, max(0, old.Ended.Sub(old.Started)) // of a study without a probe there is no end
	s.changeMachine()
	dirs, err := os.ReadDir(filepath.Join(s.Dir, probesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.probes = len(dirs) // that of a probe which was killed is among them, and stays
	return nil
}

// changeMachine notes that a study which goes on has its load from machines of another kind than before. What those
// before could not measure, these may.
func (s *study) changeMachine() {
	last := s.result.Machine
	if n := len(s.result.Others); n > 0 {
		last = s.result.Others[n-1]
	}
	kind := func(m runlog.Machine) runlog.Machine {
		return runlog.Machine{OS: m.OS, Arch: m.Arch, CPU: m.CPU, CPUs: m.CPUs, Quota: m.Quota, Agents: m.Agents}
	}
	if kind(last) == kind(s.Machine) {
		return
	}
	s.result.Others = append(s.result.Others, s.Machine)
	for i := range s.result.Configurations {
		c := &s.result.Configurations[i]
		c.Probes = slices.DeleteFunc(c.Probes, func(p result.Probe) bool { return p.Verdict == result.ProbeInvalid })
	}
}

// Keep keeps what is to be decided, as YAML, beside a study; nil leaves what is there.
func Keep(dir string, decision []byte) error {
	if decision == nil {
		return nil
	}
	return outfile.Replace(filepath.Join(dir, DecisionFile), decision, 0o644)
}

// probesDir is where the runs of a study lie.
const probesDir = "probes"

// target searches for what one target carries.
func (s *study) target(ctx context.Context, i int, t scenarios.Target) error {
	c := &s.result.Configurations[i]
	q := search{Search: *s.sc.Search, slo: s.slo, replicas: t.Replicas, probes: c.Probes}
	until, early := s.share(len(s.sc.Targets)-i), s.result.Stopped // of a target before
	for {
		o, more := q.next()
		if !more {
			*c, s.result.Stopped = q.capacity(t.Name, ""), early
			return s.store()
		}
		stopped := ""
		switch {
		case s.over(ctx):
			stopped = interrupted
		case until > 0 && s.took()+o.length > until:
			stopped = fmt.Sprintf("its share of the budget of %v would not do for the next probe, of %v", s.sc.Search.Budget, o.length)
		}
		if stopped != "" {
			*c, s.result.Stopped = q.capacity(t.Name, stopped), stopped
			return s.store()
		}
		if s.Told != nil {
			s.Told(Progress{
				Target: t.Name, Probe: result.Probe{Kind: o.kind, RateRPS: o.rate, Clients: o.clients, LoadS: o.length.Seconds()},
				Capacity: q.capacity(t.Name, cutOff), Elapsed: s.took(), Budget: s.sc.Search.Budget,
			})
		}
		s.pause(ctx)
		p, err := s.measure(ctx, t, o)
		if err != nil && s.over(ctx) { // while it was made ready: there is no more to say than that
			continue
		}
		if err != nil { // of a probe that could not be kept nobody knows what else is missing
			*c = q.capacity(t.Name, err.Error())
			s.result.Stopped = err.Error()
			return err
		}
		if !s.over(ctx) { // of a probe that was cut short nobody knows what it would have said
			q.probes = append(q.probes, p)
			*c = q.capacity(t.Name, cutOff)
			s.result.Ended, s.result.Stopped = time.Now(), cutOff
			if err := s.store(); err != nil {
				return err
			}
		}
	}
}

// took is the time of the search so far.
func (s *study) took() time.Duration { return s.elapsed + time.Since(s.began) }

// share is until when the next of so many targets may search; 0 is without end. What one target leaves of
// the budget is for those after it.
func (s *study) share(targets int) time.Duration {
	if s.sc.Search.Budget == 0 {
		return 0
	}
	took := s.took()
	return took + max(time.Nanosecond, s.sc.Search.Budget-took)/time.Duration(targets)
}

func (s *study) over(ctx context.Context) bool {
	select {
	case <-s.Drain:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// pause lets the target come to rest.
func (s *study) pause(ctx context.Context) {
	if s.probes == 0 || s.sc.Search.CoolDown == 0 {
		return
	}
	select {
	case <-time.After(s.sc.Search.CoolDown):
	case <-s.Drain:
	case <-ctx.Done():
	}
}

// measure performs a probe.
func (s *study) measure(ctx context.Context, t scenarios.Target, o order) (result.Probe, error) {
	s.probes++
	dir := filepath.Join(probesDir, fmt.Sprintf("%03d-%s-%s", s.probes, t.Name, o.words()))
	a, err := s.Measure(ctx, s.scenario(t, o), filepath.Join(s.Dir, dir))
	if limit := (*attack.LimitError)(nil); errors.As(err, &limit) {
		return result.Probe{Kind: o.kind, RateRPS: o.rate, Clients: o.clients, LoadS: o.length.Seconds(), Verdict: result.ProbeInvalid, Why: limit.Error()}, nil
	}
	if err != nil || a == nil {
		return result.Probe{}, err
	}
	return o.probe(a, dir, s.sc.Search.Precision), nil
}

// words are a load as part of a directory's name.
func (o order) words() string {
	if o.rate > 0 {
		return fmt.Sprintf("%s-%s-per-second", o.kind, runlog.Slug(fmt.Sprint(o.rate)))
	}
	return fmt.Sprintf("%s-%d-clients", o.kind, o.clients)
}

// scenario is that of a probe: one target under one load, which must keep the SLO.
func (s *study) scenario(t scenarios.Target, o order) *scenarios.Scenario {
	sc := *s.sc
	load := scenarios.NamedLoad{Workload: sc.Loads[0].Workload, Thresholds: s.sc.Search.SLO}
	load.Load = plan.Load{Type: plan.Rate, Rate: o.rate, Duration: o.length, Arrivals: s.sc.Search.Arrivals, Seed: uint64(s.probes)}
	if o.clients > 0 {
		load.Load = plan.Load{Type: plan.MaintainClientLoad, Clients: o.clients, Duration: o.length}
		load.Connections, load.MaxConnections = attack.PerClient, 0
	} else {
		load.Connections = attack.Shared
	}
	load.Pause, load.Every, load.NoPauses = plan.Pause{}, 0, true
	sc.Requests = withoutPauses(sc.Requests)
	sc.Loads, sc.Targets, sc.Gate, sc.Search = []scenarios.NamedLoad{load}, []scenarios.Target{t}, nil, nil
	sc.Compare = nil
	if sc.Generators != nil { // without one of them the load would be another than the one that is asked about
		all := *sc.Generators
		all.TolerateLoss, sc.Generators = false, &all
	}
	if warmUp := min(s.sc.Search.WarmUp, o.length); warmUp > 0 {
		sc.Compare = &scenarios.Compare{Rounds: 1, WarmUp: warmUp}
	}
	return &sc
}

// withoutPauses are requests after which nobody thinks: what a target carries does not depend on it, and
// where clients loop, models take the time of a request for all that it takes.
func withoutPauses(rs []attack.Request) []attack.Request {
	out := slices.Clone(rs)
	for i := range out {
		out[i].Pause = nil
	}
	return out
}

// store writes capacity.json.
func (s *study) store() error {
	text, err := json.MarshalIndent(s.result, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", result.StudyFile, err)
	}
	return outfile.Replace(filepath.Join(s.Dir, result.StudyFile), append(text, '\n'), 0o644)
}
