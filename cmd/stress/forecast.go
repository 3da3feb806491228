package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/spell"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

// forecastFlags are those of a forecast alone.
func forecastFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "queue", Usage: "take the service times of `RUN`, under so little load that none waited"},
		&cli.IntFlag{Name: "replicas", Value: 1, Usage: "with --queue: `N` replicas"},
		&cli.IntFlag{Name: "workers", Value: 1, Usage: "with --queue: `N` requests that a replica serves at the same time"},
		&cli.StringFlag{Name: "balancer", Value: "round-robin", Usage: "with --queue: the `BALANCER` before the replicas: " + strings.Join(balancerNames(), ", ")},
		&cli.StringFlag{Name: "rate", Usage: "with --queue: `RATE` in requests per second"},
	}
}

// balancerNames are the names that users type.
func balancerNames() (names []string) {
	for _, b := range queueing.Balancers {
		names = append(names, strings.ReplaceAll(b.String(), " ", "-"))
	}
	return names
}

// printForecast says what queueing predicts.
func printForecast(c *cli.Context, w environment) error {
	show, err := chosenFormat(c, slices.Sorted(maps.Keys(report.ForecastFormats)), report.ForecastFormats)
	if err != nil {
		return err
	}
	ask, err := forecastedOf(c)
	if err != nil {
		return err
	}
	leg, err := quietLeg(c, w)
	if err != nil {
		return err
	}
	service, n, err := capacity.ServiceTimes(leg)
	if err != nil {
		return usage("%s: %w", c.String("queue"), err)
	}
	f := capacity.Forecast(leg.Target, service, n, ask)
	return toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, f, o) })
}

func forecastedOf(c *cli.Context) (ask capacity.Forecasted, err error) {
	const most = 1000 // a simulation takes the longer the more there are
	ask.Replicas, ask.Workers = c.Int("replicas"), c.Int("workers")
	for name, n := range map[string]int{"replicas": ask.Replicas, "workers": ask.Workers} {
		if n < 1 || n > most {
			return ask, usage("--%s: must be from 1 to %d, got %d", name, most, n)
		}
	}
	if all := ask.Replicas * ask.Workers; all > most {
		return ask, usage("--replicas and --workers: at most %d workers in all, got %d", most, all)
	}
	if ask.RateRPS, err = positive("rate", strings.TrimSuffix(c.String("rate"), "/s")); err != nil {
		return ask, err
	}
	if texts := c.StringSlice("slo"); len(texts) > 0 {
		t, err := threshold.Parse(texts[0])
		if err != nil || len(texts) > 1 || t.Metric != metric.P95 || !strings.HasPrefix(t.Op, "<") || t.Value <= 0 {
			return ask, usage("--slo: with --queue it bounds the p95, such as 'p95 < 250ms', got %q", strings.Join(texts, ", "))
		}
		ask.SLOMS = t.Value
	}
	b := slices.Index(balancerNames(), c.String("balancer"))
	if b < 0 {
		return ask, usage("--balancer: %q is none of %s%s", c.String("balancer"), strings.Join(balancerNames(), ", "), meant(c.String("balancer"), balancerNames()))
	}
	ask.Balancer = queueing.Balancers[b]
	switch arrivals := c.String("arrivals"); arrivals {
	case "", queueing.Poisson.String():
	case queueing.Even.String():
		ask.Arrivals = queueing.Even
	default:
		return ask, usage("--arrivals: %q is none of poisson, even", arrivals)
	}
	return ask, nil
}

func meant(word string, of []string) string {
	if near := spell.Nearest(word, of); near != "" {
		return fmt.Sprintf(": did you mean %s?", near)
	}
	return ""
}

// quietLeg is the leg whose times are taken: the last sound one of the target.
func quietLeg(c *cli.Context, w environment) (*result.Leg, error) {
	path, err := findRun(w, c.String("queue"))
	if err != nil {
		return nil, err
	}
	a, err := run.Stored(c.Context, path)
	if err != nil {
		return nil, err
	}
	target := strings.Join(c.StringSlice("target"), ", ")
	if names := a.Targets(); target == "" && len(names) > 1 {
		return nil, usage("%s has several targets, say which with --target: %s", path, strings.Join(names, ", "))
	}
	for i := len(a.Legs) - 1; i >= 0; i-- {
		if l := &a.Legs[i]; l.Sound() && (target == "" || l.Target == target) {
			return l, nil
		}
	}
	return nil, usage("%s has no leg of %s that came to its end with an answer", path, target)
}
