package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/embedded"
)

// labFlags say how large the embedded lab is, and what is wrong with it.
func labFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "replicas", Value: 3, Usage: "`NUMBER` of replicas behind the lab's proxy"},
		&cli.IntFlag{Name: "workers", Usage: "requests that a replica serves at once, `NUMBER`; 0 is the lab's own choice"},
		&cli.DurationFlag{Name: "service", Usage: "`TIME` that the lab takes over a request, such as 25ms; 0 is the lab's own choice"},
		&cli.IntFlag{Name: "max-connections", Usage: "the lab database's limit, `NUMBER`; 0 is MySQL's default, 151"},
		&cli.StringSliceFlag{Name: slowFlag, Usage: "fault: multiply a replica's service time, `WHICH=FACTOR`: 1=1.15 makes the second behind the proxy 15 % slower (they count from 0), single=1.15 the one alone; may be repeated"},
		&cli.StringFlag{Name: dropFlag, Usage: "fault: answer a `SHARE` of requests, such as 0.5%, with success without having written the row"},
	}
}

// The flags of faults.
const (
	slowFlag = "slow-replica"
	dropFlag = "drop-insert"
)

// labFaults are the faults that were asked for.
func labFaults(c *cli.Context) (embedded.Faults, error) {
	f := embedded.Faults{SlowReplica: map[int]float64{}}
	for _, s := range c.StringSlice(slowFlag) {
		which, by, _ := strings.Cut(s, "=")
		factor, err := strconv.ParseFloat(by, 64)
		i, notNumber := strconv.Atoi(which)
		switch {
		case err != nil || notNumber != nil && which != "single":
			return f, usage("--%s: %q is not WHICH=FACTOR, such as 1=1.15 or single=1.15", slowFlag, s)
		case which == "single":
			f.SlowSingle = factor
		default:
			f.SlowReplica[i] = factor
		}
	}
	if s := c.String(dropFlag); s != "" {
		number, isShare := strings.CutSuffix(s, "%")
		share, err := strconv.ParseFloat(number, 64)
		if err != nil || !isShare {
			return f, usage("--%s: %q is no percentage, such as 0.5%%", dropFlag, s)
		}
		f.DropInsert = share / 100
	}
	return f, nil
}

// embeddedLab starts the lab that needs nothing installed.
func embeddedLab(c *cli.Context, w environment) (*lab.System, error) {
	faults, err := labFaults(c)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	ctx, cancel := context.WithTimeout(c.Context, time.Minute)
	defer cancel()
	l, err := embedded.Start(ctx, embedded.Options{
		Replicas: c.Int("replicas"), Workers: c.Int("workers"), Service: c.Duration("service"),
		MaxConnections: c.Int("max-connections"), Faults: faults, Exec: []string{exe, childName}, Log: w.stderr,
	})
	switch {
	case errors.As(err, new(*embedded.OptionsError)):
		return nil, usage("%w", err)
	case err != nil:
		return nil, fmt.Errorf("lab: %w", err)
	}
	return &l.System, nil
}
