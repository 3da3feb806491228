package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/nethttp"
	"github.com/stress-tool/stress/attack/rawhttp"
	"github.com/stress-tool/stress/scenarios"
)

// engines are the engines of a run, by the target that each loads.
type engines struct {
	raw, net attack.Engine
	asked    string // the scenario's key engine
	byTarget map[string]attack.Engine
	// http2 are the targets whose servers speak HTTP/2 alone.
	http2 map[string]bool
	// notes are what a reader must know of the choice.
	notes []string
}

// newEngines chooses an engine for each target.
func newEngines(sc *scenarios.Scenario, targets []scenarios.Target, version string) (*engines, error) {
	agent := "stress/" + version
	es := &engines{
		raw: rawhttp.New(rawhttp.Options{UserAgent: agent}), net: nethttp.New(nethttp.Options{UserAgent: agent}),
		asked: cmp.Or(sc.Engine, auto), byTarget: make(map[string]attack.Engine), http2: make(map[string]bool),
	}
	for _, t := range targets {
		e, err := es.choose(t)
		if err != nil {
			return nil, err
		}
		es.byTarget[t.Name] = e
	}
	return es, nil
}

// auto is the choice of the engine that takes the least processor time.
const auto = "auto"

func (es *engines) choose(t scenarios.Target) (attack.Engine, error) {
	overHTTP2 := t.URL.Scheme == "https" && t.HTTP2 != nil && *t.HTTP2
	switch es.asked {
	case auto:
		if rawhttp.Available() && t.Socket == "" && t.Proxy == nil && !overHTTP2 {
			return es.raw, nil
		}
		return es.net, nil
	case nethttp.Name:
		return es.net, nil
	case rawhttp.Name:
		switch {
		case !rawhttp.Available():
			return es.net, nil
		case t.Proxy != nil:
			return nil, fmt.Errorf("target %s: engine rawhttp knows no proxies: take engine: nethttp, or auto", t.Name)
		case overHTTP2:
			return nil, fmt.Errorf("target %s: engine rawhttp knows no HTTP/2: take engine: nethttp, or auto", t.Name)
		}
		return es.raw, nil
	}
	return nil, fmt.Errorf("engine %q: there are auto, rawhttp and nethttp", es.asked)
}

// speaksHTTP2Alone lets the engine that knows HTTP/2 load a target. It reports false if the scenario
// asks for another engine.
func (es *engines) speaksHTTP2Alone(target string) bool {
	if es.asked == rawhttp.Name && es.byTarget[target] == es.raw {
		return false
	}
	es.byTarget[target], es.http2[target] = es.net, true
	return true
}

// words name the engine, or the engines and their targets.
func (es *engines) words(targets []scenarios.Target) string {
	var each []string
	for _, t := range targets {
		each = append(each, es.byTarget[t.Name].Name()+" for "+t.Name)
	}
	if es.mixed(targets) {
		return strings.Join(each, ", ")
	}
	return es.byTarget[targets[0].Name].Name()
}

func (es *engines) mixed(targets []scenarios.Target) bool {
	return slices.ContainsFunc(targets, func(t scenarios.Target) bool { return es.byTarget[t.Name] != es.byTarget[targets[0].Name] })
}

// remarks are what a reader must know of the choice.
func (es *engines) remarks(targets []scenarios.Target) []string {
	out := slices.Clone(es.notes)
	if es.mixed(targets) {
		out = append(out, "the targets were loaded by different engines, "+es.words(targets)+": engine: nethttp loads all with one")
	}
	if es.asked == rawhttp.Name && !rawhttp.Available() {
		out = append(out, "engine rawhttp works on Linux only: nethttp was taken")
	}
	return out
}
