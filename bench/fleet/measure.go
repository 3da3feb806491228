//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/nginx"
	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
)

// The cores: the agents share one, and everything else has the other.
const (
	agentCore = 1
	otherCore = 2
)

// engine is the dearer one: four quarters of a core of the other ask for more than nginx answers on one.
const engine = "nethttp"

// bench is one run of this program.
type bench struct {
	o     options
	log   io.Writer
	dir   string
	place *place
}

// measure runs every number of agents in each round, and makes a table of it.
func (b *bench) measure(ctx context.Context) (string, error) {
	server, broker, err := b.servers(ctx)
	if err != nil {
		return "", err
	}
	defer server.Stop()
	defer broker.Stop()
	rates := make([][]float64, b.o.agents+1) // by agents, then by round
	for round := range b.o.rounds {
		for i := range b.o.agents {
			n := i + 1
			if round%2 == 1 {
				n = b.o.agents - i
			}
			rate, err := b.once(ctx, n, server.URL)
			if err != nil {
				return "", fmt.Errorf("%d agents: %w", n, err)
			}
			fmt.Fprintf(b.log, "round %d, %d agents: %.0f/s\n", round+1, n, rate)
			rates[n] = append(rates[n], rate)
		}
	}
	return page.Machine(time.Now()) + b.words(server.Version) + table(rates[1:]), nil
}

func (b *bench) words(server string) string {
	return fmt.Sprintf(" Server: %s on core %d, with the broker and the lead. Agents on core %d, each in a network namespace and held by its control\n"+
		"group to %g of a processor, engine %s, %d clients each, %v, %d rounds in turn. The share of the ideal is what n agents answered over n times what one did\n"+
		"in the same round: the median of the rounds, and their least and most.\n\n",
		server, otherCore-1, agentCore-1, b.o.share, engine, b.o.clients, b.o.duration, b.o.rounds)
}

// servers starts what agents load, and what they are reached by.
func (b *bench) servers(ctx context.Context) (*nginx.Server, *child.Process, error) {
	if runtime.NumCPU() < otherCore {
		return nil, nil, fmt.Errorf("a bench of fleets needs %d cores", otherCore)
	}
	server, err := nginx.Start(ctx, nginx.Options{Dir: b.dir, Host: b.place.address(1), Core: otherCore, Body: "ok"})
	if err != nil {
		return nil, nil, err
	}
	broker, err := b.startBroker(ctx)
	if err != nil {
		server.Stop()
	}
	return server, broker, err
}

// startBroker starts a NATS server where the agents reach it.
func (b *bench) startBroker(ctx context.Context) (*child.Process, error) {
	p, err := child.Start(ctx, child.Options{Core: otherCore, Watch: watchEvery}, b.o.nats,
		"-js", "-a", b.place.address(1), "-p", strconv.Itoa(brokerPort), "-sd", b.dir+"/nats")
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", b.brokerAddress())
		if err == nil {
			return p, c.Close()
		}
		if time.Now().After(deadline) {
			p.Stop()
			return nil, fmt.Errorf("the broker does not answer: %w: %s", err, p.LastWords())
		}
	}
}

// brokerPort is on an address of the place, where nobody else listens.
const brokerPort = 4222

func (b *bench) brokerAddress() string {
	return net.JoinHostPort(b.place.address(1), strconv.Itoa(brokerPort))
}

// once is the answers per second of a closed load that n agents put on.
func (b *bench) once(ctx context.Context, n int, url string) (float64, error) {
	m, err := b.run(ctx, n, engine, tool.Load{URL: url, Connections: n * b.o.clients, Duration: b.o.duration})
	return m.result.Rate(), err
}

// measured is a run of a fleet, and what its lead and each of its agents used.
type measured struct {
	result tool.Result
	lead   child.Usage
	agents []child.Usage
}

// watchEvery is how often the memory of a program beside the bench is looked at.
const watchEvery = time.Second

// run has n agents put a load on.
func (b *bench) run(ctx context.Context, n int, engine string, l tool.Load) (m measured, err error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	nats := "nats://" + b.brokerAddress()
	var agents []*child.Process
	end := func() {
		for _, a := range agents {
			m.agents = append(m.agents, a.Stop())
		}
	}
	for i := range n {
		argv := b.place.inside(i, b.o.stress, "agent", "--nats", nats, "--name", "n"+strconv.Itoa(i+1))
		a, err := child.Start(ctx, child.Options{Core: agentCore, Watch: watchEvery}, argv...)
		if err != nil {
			end()
			return m, err
		}
		agents = append(agents, a)
	}
	t := tool.Stress(tool.Variant{Program: b.o.stress, Engine: engine, Generators: fmt.Sprintf("{agents: %d, nats: %q}", n, nats)})
	m.lead, m.result, err = t.Run(ctx, dir, otherCore, l)
	end()
	if err == nil && m.result.Failed > 0 {
		err = fmt.Errorf("%d requests failed", m.result.Failed)
	}
	if err != nil {
		for i, a := range agents {
			err = fmt.Errorf("%w\nagent n%d: %s", err, i+1, a.LastWords())
		}
	}
	return m, err
}

// table shows the rates of 1, 2, … agents, each by round.
func table(rates [][]float64) string {
	var rows [][]string
	for i, all := range rates {
		n := float64(i + 1)
		shares := make([]float64, len(all))
		for round, rate := range all {
			shares[round] = rate / (n * rates[0][round])
		}
		rows = append(rows, []string{strconv.Itoa(i + 1), spread(all, "%.0f"), spread(shares, "%.3f")})
	}
	return page.Table([]string{"agents", "answers/s", "share of the ideal"}, rows)
}

// spread is the median of some figures, with the least and the most of them.
func spread(v []float64, form string) string {
	v = slices.Sorted(slices.Values(v))
	middle := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return fmt.Sprintf(strings.ReplaceAll("F (F to F)", "F", form), middle, v[0], v[len(v)-1])
}
