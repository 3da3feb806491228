// Package analyze is what it means: pure functions from a stored run to a
// [result.Analysis], with the comparison of its targets. The same directory gives the same
// analysis, today or in a year.
package analyze

import (
	"context"
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

// Why the two kinds of load are judged by different times.
const (
	measureResponse = "response time"
	measureService  = "service time"
	whyResponse     = "starts do not wait for answers, so a request's time counts from the instant it was due"
	whyService      = "each client waits for its answer before it sends again, so a slow answer delays the requests after it " +
		"instead of adding to their times: users who arrive on their own would wait longer"
)

// Analyze judges a run as it is stored, under each of its loads by itself. It reads one leg
// after the other from the disk and keeps what does not grow with their length. The error is
// about stored data that cannot be read, or it is the context's, never about a bad result.
func Analyze(ctx context.Context, run *runlog.Run) (*result.Analysis, error) {
	found, err := strays(ctx, run) // the leg beside one may be of another load
	if err != nil {
		return nil, err
	}
	var parts []*result.Analysis
	for _, part := range run.Parts() {
		a, err := analyzeLoad(ctx, part, found)
		if err != nil {
			return nil, err
		}
		parts = append(parts, a)
	}
	a := parts[0]
	if len(run.Loads) > 0 {
		a = together(run, parts)
	}
	if a.Run.Events, err = run.Events(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// analyzeLoad judges a run of one load.
func analyzeLoad(ctx context.Context, run *runlog.Run, strays map[string]*stray) (*result.Analysis, error) {
	thresholds := make([]threshold.Threshold, len(run.Thresholds))
	for i, s := range run.Thresholds {
		t, err := threshold.Parse(s)
		if err != nil {
			return nil, err
		}
		thresholds[i] = t
	}
	a := &result.Analysis{Schema: result.SummarySchema, Name: run.Name, Run: runInfo(run)}
	j := judge{run: run, thresholds: thresholds, strays: strays}
	var legs, warmUps []*judgedLeg
	for rec, err := range run.Records(ctx) {
		if err != nil {
			return nil, err
		}
		l, err := j.leg(ctx, rec)
		if err != nil {
			return nil, err
		}
		if rec.WarmUp {
			warmUps = append(warmUps, l)
			continue
		}
		legs, a.Legs = append(legs, l), append(a.Legs, l.Leg)
		a.Warnings, a.Alerts = append(a.Warnings, l.warnings...), append(a.Alerts, l.alerts...)
	}
	noteWarmUps(a, warmUps)
	a.Run.Clock, a.Run.Fleet = clockWords(legs), fleetWords(legs)
	var err error
	if a.Pools, err = pools(ctx, legs, runTag(run.Load.Open)); err != nil {
		return nil, err
	}
	a.Resilience = resilienceRounds(a.Legs)
	a.Key = KeyFigures(a)
	leaveOut(a, legs)
	if a.Thresholds, err = j.assess(ctx, legs); err != nil {
		return nil, err
	}
	conclude(a, run, legs)
	for _, l := range legs {
		for _, broken := range l.broken {
			a.Warnings = append(a.Warnings, fmt.Sprintf("%s: %s", l.Label(), broken))
		}
	}
	return a, nil
}

// runTag is the distribution behind the run's measure.
func runTag(open bool) string {
	if open {
		return runlog.TagResponse
	}
	return runlog.TagService
}

func runInfo(run *runlog.Run) result.RunInfo {
	info := result.RunInfo{
		Started: run.Started, Tool: run.Tool, Machine: run.Machine, Source: run.Source, Scenario: run.Scenario,
		Command: run.Command, Variables: run.Variables,
		Engine: run.Engine, Load: run.Load, Success: run.Success, Requests: run.Requests, Weights: run.Weights, Feeds: run.Feeds,
		Turns: run.Compare, Decide: run.Decide, Gate: run.Gate,
		Measure: measureService, MeasureWhy: whyService,
		Notes: slices.Clone(run.Notes), Partial: run.Partial(), Stopped: run.Stopped,
	}
	for _, t := range run.Targets {
		info.Targets = append(info.Targets, t.Name)
	}
	if run.Load.Open {
		info.Measure, info.MeasureWhy = measureResponse, whyResponse
	}
	return info
}
