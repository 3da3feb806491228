package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// StudyFile is the file of a study's directory that holds its [Study], StudySchema its version.
const (
	StudyFile   = runlog.StudyFile
	StudySchema = 1
)

// ErrNoStudy says that a directory holds no study of a capacity.
var ErrNoStudy = errors.New("holds no study of a capacity")

// ReadStudy reads the study that a directory holds. The error is an [*untrusted.SchemaError]
// where it was written in another format, and wraps [ErrNoStudy] where there is none.
func ReadStudy(dir string) (*Study, error) {
	f, err := untrusted.Open(filepath.Join(dir, StudyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoStudy)
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := untrusted.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	s := new(Study)
	var other *untrusted.SchemaError
	if err := untrusted.CheckSchema(text, StudyFile, StudySchema); errors.As(err, &other) {
		return nil, err
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", dir, ErrNoStudy, err)
	}
	if err := errors.Join(untrusted.Check(s), s.check()); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", dir, ErrNoStudy, err)
	}
	return s, nil
}

// check refuses what no search can have written: words that are none of its verdicts and kinds, rates
// below 0, and probes outside the directory.
func (s *Study) check() error {
	if len(s.Configurations) == 0 {
		return errors.New("configurations: there must be one at least")
	}
	if s.Growth != nil && len(s.Growth.Models) == 0 {
		return errors.New("growth: it has no model")
	}
	for i := range s.Configurations {
		c := &s.Configurations[i]
		if err := c.check(); err != nil {
			return fmt.Errorf("configurations.%d: %w", i, err)
		}
	}
	return nil
}

func (c *Capacity) check() error {
	switch c.Verdict {
	case CapacityFound, CapacityAtLeast, CapacityDoomed, CapacityUnknown:
	default:
		return fmt.Errorf("verdict: cannot be %q", c.Verdict)
	}
	if c.HeldRPS < 0 || c.BrokenRPS < 0 || c.Replicas < 0 {
		return errors.New("rates and replicas cannot be below 0")
	}
	if c.Forecast != nil && len(c.Forecast.Cases) == 0 {
		return errors.New("forecast: it is of no case")
	}
	probes := c.Probes
	if c.Alone != nil {
		probes = append(probes[:len(probes):len(probes)], *c.Alone)
	}
	for i := range probes {
		if err := probes[i].check(); err != nil {
			return fmt.Errorf("probes.%d: %w", i, err)
		}
	}
	return nil
}

func (p *Probe) check() error {
	switch p.Kind {
	case ProbeAlone, ProbeSearch, ProbeConfirm, ProbeOverload, ProbeRecover, ProbeSaturate:
	default:
		return fmt.Errorf("kind: cannot be %q", p.Kind)
	}
	switch p.Verdict {
	case ProbeHeld, ProbeBroken, ProbeUnclear, ProbeInvalid:
	default:
		return fmt.Errorf("verdict: cannot be %q", p.Verdict)
	}
	if p.RateRPS < 0 || p.Clients < 0 || p.LoadS < 0 {
		return errors.New("a load cannot be below 0")
	}
	if p.Dir != "" && !filepath.IsLocal(filepath.FromSlash(p.Dir)) {
		return fmt.Errorf("dir: %q is not below the study", p.Dir)
	}
	return nil
}

// Study is a search for the load that each configuration carries. Its JSON form is
// capacity.json: fields may be added, not renamed.
type Study struct {
	Schema  int            `json:"schema"`
	Name    string         `json:"name"`
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended,omitzero"` // of the last probe so far
	Tool    runlog.Tool    `json:"tool"`
	Machine runlog.Machine `json:"machine"`
	// Others are where the load of later probes came from, where the search went on from machines of another kind.
	Others []runlog.Machine `json:"other_machines,omitempty"`
	// SLO is what must hold for a rate to count as carried, as written. Arrivals are those of
	// its probes, "poisson" or "even". Precision is how close to each other the largest rate
	// that holds and the smallest that breaks are to be brought, as a share.
	SLO       []string `json:"slo"`
	Arrivals  string   `json:"arrivals"`
	Precision float64  `json:"precision"`
	// Stopped says why the search ended before it was done; "" where it was.
	Stopped string `json:"stopped,omitempty"`
	// Configurations are in the order of the scenario.
	Configurations []Capacity `json:"configurations"`
	// Growth is how the saturation grows with the replicas; nil where too few configurations say
	// theirs, or none: NoGrowth then names what to measure, "" where no configuration has replicas.
	Growth   *Growth `json:"growth,omitempty"`
	NoGrowth string  `json:"no_growth,omitempty"`

	// What follows stands there once the search has ended, and is found anew by whoever reports it.

	// Headline says the most important of it in one sentence, Confidence how that is known. Limits are what
	// the study does not say.
	Headline   string   `json:"headline,omitempty"`
	Confidence string   `json:"confidence,omitempty"`
	Limits     []string `json:"limits,omitempty"`
	// P95LimitMS is the most that the SLO allows of the p95; 0 where it says nothing of it.
	P95LimitMS float64 `json:"p95_limit_ms,omitempty"`
	// Decision holds options against a demand; nil where none was given. NoDecision says why one that was
	// given could not be decided.
	Decision   *Decision `json:"decision,omitempty"`
	NoDecision string    `json:"no_decision,omitempty"`
}

// Capacity is what one configuration carries.
type Capacity struct {
	Target   string          `json:"target"`
	Replicas int             `json:"replicas,omitempty"` // 0 is not known
	Verdict  CapacityVerdict `json:"verdict"`
	// Sentence says it for someone in a hurry.
	Sentence string `json:"sentence"`
	// HeldRPS is the largest rate, in requests per second, at which the SLO held and below
	// which none broke it; 0 where none held. BrokenRPS is the smallest above it that broke it;
	// 0 where none did. The capacity lies between.
	HeldRPS   float64 `json:"held_rps"`
	BrokenRPS float64 `json:"broken_rps"`
	// Confirmed says that HeldRPS held a second time, for longer.
	Confirmed bool `json:"confirmed"`
	// Saturation is the throughput of as many clients as bring no more of it, per second; nil
	// where it was not measured.
	Saturation *Estimate `json:"saturation_rps,omitempty"`
	// Alone is the probe of one client by itself, which waits for nobody; nil for none.
	Alone *Probe `json:"alone,omitempty"`
	// Forecast is what queueing expects of its replicas if they share nothing, by the times of
	// Alone, at HeldRPS; nil where that is not known.
	Forecast *Forecast `json:"forecast,omitempty"`
	// Limits are what was seen at its limit when the target carried no more, with the figures that show it, and
	// what was seen not to be; they never guess.
	Limits []string `json:"limits,omitempty"`
	// Notes are what a reader must know before believing the figures.
	Notes  []string `json:"notes,omitempty"`
	Probes []Probe  `json:"probes"`
}

// CapacityVerdict is how a search for a capacity ended.
type CapacityVerdict string

// The verdicts of [Capacity].
const (
	// CapacityFound lies between a rate that held and one that broke.
	CapacityFound CapacityVerdict = "found"
	// CapacityAtLeast is more than could be tried.
	CapacityAtLeast CapacityVerdict = "at-least"
	// CapacityDoomed is none: the SLO broke under the least load that was tried.
	CapacityDoomed CapacityVerdict = "doomed"
	// CapacityUnknown was not measured.
	CapacityUnknown CapacityVerdict = "unknown"
)

// Tone of a capacity that is more than could be tried is doubtful: it was not found.
func (v CapacityVerdict) Tone() Tone {
	switch v {
	case CapacityFound:
		return Good
	case CapacityDoomed:
		return Bad
	}
	return Doubtful
}

// Probe is one load that a search put on a configuration: a run of its own.
type Probe struct {
	// Dir is its run directory, below that of the study.
	Dir  string    `json:"dir"`
	Kind ProbeKind `json:"kind"`
	// RateRPS is the rate of an open load, Clients the number of a closed one; the other is 0.
	RateRPS float64      `json:"rate_rps,omitempty"`
	Clients int          `json:"clients,omitempty"`
	LoadS   float64      `json:"load_s"` // for how long load was to be put on
	Verdict ProbeVerdict `json:"verdict"`
	Why     string       `json:"why,omitempty"` // it is not held
	// NeedsS is for how long the load might have to be put on to tell; 0 is not known.
	NeedsS float64 `json:"needs_s,omitempty"`
	// N are the answers. Success is the successes per second, P95 the times of the run's
	// measure in milliseconds, MeanMS their mean.
	N       uint64   `json:"n"`
	Success Estimate `json:"success_rps"`
	P95     Estimate `json:"p95_ms"`
	MeanMS  float64  `json:"mean_ms"`
	// InFlight is the mean number of requests under way, BacklogRPS by how many per second
	// that grew.
	InFlight   float64 `json:"in_flight"`
	BacklogRPS float64 `json:"backlog_rps"`
	// CPU is the share of its processors, 0 to 1, that the generator took, Busy that of the machine's that
	// all its programs took, and Runnable how many of their threads had a processor or waited for one;
	// nil: not known.
	CPU      float64  `json:"cpu,omitempty"`
	Busy     *float64 `json:"busy,omitempty"`
	Runnable *float64 `json:"runnable,omitempty"`
	// Failed is the share of the requests that failed, 0 to 1, Failure the most frequent reason.
	Failed  float64 `json:"failed,omitempty"`
	Failure string  `json:"failure,omitempty"`
	// Refused is how many connections the database refused because MaxConnections were open; nil
	// where no database was asked, or it did not tell.
	Refused        *uint64 `json:"refused_connections,omitempty"`
	MaxConnections uint64  `json:"max_connections,omitempty"`
	// Ended are the requests that ended per second, ErrorRate is the share that failed, and Lost the rows
	// that are missing; nil of a probe from before they were stored, Lost also without a ledger.
	Ended     *Estimate `json:"ended_rps,omitempty"`
	ErrorRate *Estimate `json:"error_rate,omitempty"`
	Lost      *Estimate `json:"lost_rows,omitempty"`
	// ByLittle is the number of requests under way that Little's law makes of their throughput and mean
	// time, 0 where it is not known.
	ByLittle float64 `json:"by_little,omitempty"`
	// Page is the path of its report below the study's directory; "" where there is none.
	Page string `json:"page,omitempty"`
}

// Open reports that load was put on at a rate, whatever the answers.
func (p *Probe) Open() bool { return p.RateRPS > 0 }

// ProbeKind is what a probe is for.
type ProbeKind string

// The kinds of probes, in the order of a search.
const (
	ProbeAlone    ProbeKind = "alone"    // one client: what a request takes when it waits for nobody
	ProbeSearch   ProbeKind = "search"   // does this rate hold?
	ProbeConfirm  ProbeKind = "confirm"  // does it hold for longer?
	ProbeOverload ProbeKind = "overload" // more than it carries
	ProbeRecover  ProbeKind = "recover"  // does nearly that rate hold after an overload?
	ProbeSaturate ProbeKind = "saturate" // how much throughput do so many clients get?
)

// ProbeVerdict is what a probe says of its load.
type ProbeVerdict string

// The verdicts of [Probe].
const (
	ProbeHeld    ProbeVerdict = "held"
	ProbeBroken  ProbeVerdict = "broken"
	ProbeUnclear ProbeVerdict = "unclear" // for so long a load; a longer one may tell
	ProbeInvalid ProbeVerdict = "invalid" // the generator, not the target, set the figures
)
