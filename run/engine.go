package run

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/nethttp"
	"github.com/stress-tool/stress/attack/rawhttp"
	"github.com/stress-tool/stress/scenarios"
)

// engines are the engines of a run, by the target that each loads.
type engines struct {
	byTarget map[string]attack.Engine
	// words name the engine, or the engines and their targets.
	words string
	// notes are what a reader must know of the choice.
	notes []string
}

// newEngines chooses an engine for each target.
func newEngines(sc *scenarios.Scenario, targets []scenarios.Target, version string) (*engines, error) {
	agent := "stress/" + version
	raw, net := rawhttp.New(rawhttp.Options{UserAgent: agent}), nethttp.New(nethttp.Options{UserAgent: agent})
	es := &engines{byTarget: make(map[string]attack.Engine)}
	for _, t := range targets {
		switch sc.Engine {
		case "", "auto":
			es.byTarget[t.Name] = net
			if rawhttp.Available() && t.Socket == "" && whole(sc, t) {
				es.byTarget[t.Name] = raw
			}
		case nethttp.Name:
			es.byTarget[t.Name] = net
		case rawhttp.Name:
			es.byTarget[t.Name] = raw
			if !rawhttp.Available() {
				es.byTarget[t.Name] = net
			} else if t.URL.Scheme != "http" {
				return nil, fmt.Errorf("target %s: engine rawhttp knows no TLS: take engine: nethttp, or auto", t.Name)
			} else if t.Proxy != nil {
				return nil, fmt.Errorf("target %s: engine rawhttp knows no proxies: take engine: nethttp, or auto", t.Name)
			}
		default:
			return nil, fmt.Errorf("engine %q: there are auto, rawhttp and nethttp", sc.Engine)
		}
	}
	es.describe(sc, targets)
	return es, nil
}

// whole reports that rawhttp can do all requests to a target: none uses TLS, and no redirect
// may lead there.
func whole(sc *scenarios.Scenario, t scenarios.Target) bool {
	if t.URL.Scheme != "http" || t.Proxy != nil {
		return false
	}
	for _, r := range sc.Requests {
		if u, err := url.Parse(r.Path); err != nil || u.Scheme == "https" || r.Follow > 0 {
			return false
		}
	}
	return true
}

func (es *engines) describe(sc *scenarios.Scenario, targets []scenarios.Target) {
	one := es.byTarget[targets[0].Name].Name()
	var each []string
	same, netUsed := true, false
	for _, t := range targets {
		name := es.byTarget[t.Name].Name()
		same, netUsed = same && name == one, netUsed || name == nethttp.Name
		each = append(each, name+" for "+t.Name)
	}
	es.words = one
	if !same {
		es.words = strings.Join(each, ", ")
		es.notes = append(es.notes, "the targets were loaded by different engines, "+es.words+": engine: nethttp loads all with one")
	}
	if sc.Engine == rawhttp.Name && netUsed {
		es.notes = append(es.notes, "engine rawhttp works on Linux only: nethttp was taken")
	}
}
