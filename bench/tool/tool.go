// Package tool knows how load generators are asked for a load, and how to read what
// each of them says about it: ours and its peers, all treated alike.
package tool

import (
	"errors"
	"fmt"
	"time"
)

// Load is what a tool is asked for: GET, over connections that are kept.
type Load struct {
	// URL is of http or https; nobody verifies the certificate of a bench.
	URL string
	// Connections work at once in a closed load, and are the most of an open one.
	Connections int
	// Rate is requests per second of an open load; 0 is a closed load.
	Rate int
	// Fresh opens a connection for each request.
	Fresh bool
	// Duration is a whole number of seconds: some tools take no other.
	Duration time.Duration
}

// seconds is the duration as most tools want it.
func (l Load) seconds() string { return fmt.Sprintf("%ds", int(l.Duration/time.Second)) }

// Result is a load as its tool reports it.
type Result struct {
	// Requests were answered; Failed of them, or beside them, are errors by the tool's
	// own lights.
	Requests, Failed uint64
	// Elapsed is how long the load took.
	Elapsed time.Duration
	// Quantiles are the times it reports, by q in (0,1); nil where it reports none or
	// none worth the name. A q that it does not report is missing.
	Quantiles map[float64]time.Duration
	// Lag is sent − due at the median, of tools that know it; else 0.
	Lag time.Duration
}

// Rate is the answers per second, 0 for no time.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Requests) / r.Elapsed.Seconds()
}

// Tool is one load generator.
type Tool struct {
	// Name is what tables call it, Program what is looked up and run.
	Name, Program string
	// Version are the arguments that make it print its version, empty where there are
	// none.
	Version []string
	// Open says that it can send at a rate, Keeps that it cannot open a connection for
	// each request. MaxConnections is the most it is asked for; 0 is no limit.
	Open, Keeps    bool
	MaxConnections int
	// Exits are the codes besides 0 after which its figures stand.
	Exits []int
	// Command returns its arguments for a load. It may write files into dir.
	Command func(dir string, l Load) ([]string, error)
	// Read takes what it printed, and what it left in dir.
	Read func(dir string, out []byte) (Result, error)
}

// Can reports whether the tool can be asked for such a load.
func (t Tool) Can(l Load) bool {
	return (l.Rate == 0 || t.Open) && !(l.Fresh && t.Keeps) && (t.MaxConnections == 0 || l.Connections <= t.MaxConnections)
}

// Peers are the tools that ours is measured beside, wrk first: it is the measure.
func Peers() []Tool {
	return []Tool{wrk(), ab(), h2load(), bombardier(), plow(), hey(), vegetaTool(), k6()}
}

// ErrFigures says that a tool printed something other than its figures.
var ErrFigures = errors.New("no figures in what it printed")

// unread wraps ErrFigures with the beginning of what was printed instead.
func unread(out []byte) error {
	const most = 300
	return fmt.Errorf("%w: %q", ErrFigures, out[:min(len(out), most)])
}
