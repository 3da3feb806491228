package result

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// Leg is one target under the plan once.
type Leg struct {
	Target string `json:"target"`
	URL    string `json:"url"`
	// Way says where connections led, where that was not the URL.
	Way   string `json:"way,omitempty"`
	Round int    `json:"round"`
	// Load is the leg's own; nil is the run's.
	Load *runlog.Load `json:"load,omitempty"`
	// Rounds is how many the run has, 0 for one, because its legs are shown without a round.
	Rounds    int    `json:"rounds,omitempty"`
	Planned   uint64 `json:"planned"`
	Sent      uint64 `json:"sent"`
	Completed uint64 `json:"completed"`
	Dropped   uint64 `json:"dropped"`
	// Skipped is how many requests were not sent because a request before them in their pass had
	// not given a value, SkippedFor how many by that value, most first.
	Skipped    uint64          `json:"skipped,omitempty"`
	SkippedFor []Skipped       `json:"skipped_for,omitempty"`
	Outcomes   runlog.Outcomes `json:"outcomes"`
	// Part says that the leg is told of a part of itself, one of its requests or some of its seconds,
	// and that requests of the whole came to an end.
	Part bool `json:"-"`
	// ErrorRate is failed over ended (cut ones aside), with its Wilson interval at
	// the number of independent requests these are worth.
	ErrorRate Estimate `json:"error_rate"`
	// RateRPS is the requests that ended while load was put on, cut ones aside, per second
	// of LoadS; SuccessRPS the successes among them.
	RateRPS    float64 `json:"rate_rps"`
	SuccessRPS float64 `json:"success_rps"`
	// Rates hold the two again with their 95 % intervals, keyed rate_rps and
	// success_rps.
	Rates map[string]Estimate `json:"rates,omitempty"`
	// DurationS is from the first due instant to the last answer, LoadS for how long load
	// was put on: the plan's duration, or until the leg was stopped. DrainS is how long
	// after that the last answer came, Drained how many requests ended in that time, cut
	// ones aside. LoadS is 0 in summaries from before it was kept: their rates are per
	// second of DurationS.
	DurationS     float64 `json:"duration_s"`
	LoadS         float64 `json:"load_s"`
	DrainS        float64 `json:"drain_s"`
	Drained       uint64  `json:"drained"`
	BytesSent     uint64  `json:"bytes_sent"`
	BytesReceived uint64  `json:"bytes_received"`
	Connects      uint64  `json:"connects"`
	Redirects     uint64  `json:"redirects,omitempty"`
	Response      Latency `json:"response_ms"`
	Service       Latency `json:"service_ms"`
	Lag           Latency `json:"lag_ms"`
	// ClientTime is how the clients of a closed load spent their time; nil for an open one, and in
	// summaries from before it was kept.
	ClientTime *ClientTime `json:"client_time,omitempty"`
	// FirstByte is from when a request was sent to the first byte of its answer, for a timeout without
	// one the time waited; n is 0 in runs from before it was kept.
	FirstByte Latency `json:"first_byte_ms,omitzero"`
	// Undisturbed are the service times of the seconds that no standstill of the generator
	// disturbed; nil where it never stood still.
	Undisturbed *Latency `json:"undisturbed_ms,omitempty"`
	// Connect is how long opening connections took, Handshake what TLS took of that.
	Connect   Latency `json:"connect_ms"`
	Handshake Latency `json:"handshake_ms,omitzero"`
	// Stamped is the share of the answers, 0 to 1, whose arrival the kernel stamped.
	// Of these Queue is how long they then lay in the generator's own queue, and
	// UserSpace the service time as a clock in user space has it, that queue included:
	// what a generator without the kernel's word would have reported.
	Stamped   float64 `json:"stamped"`
	Queue     Latency `json:"queue_ms"`
	UserSpace Latency `json:"user_space_ms"`
	// Addresses are where the answers came from, most first; none for unix sockets and in
	// runs from before they were counted.
	Addresses []Address `json:"addresses,omitempty"`
	// Statuses are the status codes of the answers, most first; none in runs from before they
	// were counted.
	Statuses []Status `json:"statuses,omitempty"`
	// Requests are the figures per request name; only for scenarios with several.
	Requests  []RequestStats `json:"requests,omitempty"`
	Hosts     []Host         `json:"hosts,omitempty"`
	Spread    *Spread        `json:"spread,omitempty"`
	Reconcile *Reconcile     `json:"reconcile,omitempty"`
	// Outage is the longest time without a success; nil for a leg without load, and in
	// summaries from before it was kept.
	Outage    *Outage   `json:"outage,omitempty"`
	Generator Generator `json:"generator"`
	// Fleet are the agents that put the load on together; nil for one generator.
	Fleet    *Fleet           `json:"fleet,omitempty"`
	Failures []runlog.Failure `json:"failures,omitempty"`
	Events   []runlog.Event   `json:"events,omitempty"`
	// Cluster is what was seen of the cluster behind the target; nil where none was watched.
	Cluster *Cluster `json:"cluster,omitempty"`
	// Resilience is what each fault that was put into the cluster did to the callers, in the
	// order of their instants; empty for a leg without faults.
	Resilience []Resilience `json:"resilience,omitempty"`
	Complete   bool         `json:"complete"`
	Stopped    string       `json:"stopped,omitempty"`

	// Series, Curve and Bars are for drawing; they stay out of summary.json.
	Series []Point      `json:"-"`
	Curve  []CurvePoint `json:"-"`
	Bars   []Bar        `json:"-"`
}

// ClientTime is how the clients of a closed load spent their time, in seconds added up over all of them.
type ClientTime struct {
	// PlannedS is how long they were at work by the plan. WaitingS is from when requests were due to
	// when they ended, ThinkingS the pauses: together they are PlannedS and what last answers took
	// beyond the end.
	PlannedS  float64 `json:"planned_s"`
	WaitingS  float64 `json:"waiting_s"`
	ThinkingS float64 `json:"thinking_s"`
	// Overdue counts the passes that took longer than the pace of the load allows.
	Overdue uint64 `json:"overdue,omitempty"`
	// MostRPS is how many requests per second there would be if every answer were instant; 0 where only
	// the answers bound that.
	MostRPS float64 `json:"most_rps,omitempty"`
	Words   string  `json:"words"`
}

// Outage is the longest time without a success in a leg, in seconds since it began: between
// two successes, before the first or after the last, while load was put on and asked for
// one. The times in which the generator stood still are not in LongestS.
type Outage struct {
	LongestS float64 `json:"longest_s"`
	FromS    float64 `json:"from_s"`
	ToS      float64 `json:"to_s"`
	// UsualGapS is how far apart successes lay around it, 0 where there were none. Exceeds
	// says that it is longer than a second and than twenty of those: no chance, and nothing
	// that the plan asked for. One that exceeds both goes before a longer one that does not.
	UsualGapS float64 `json:"usual_gap_s"`
	Exceeds   bool    `json:"exceeds"`
	// TooLong says that it is longer than the run allows, where a success was to be expected in
	// every second: of the twenty seconds before it and the twenty after, nine of ten had one.
	TooLong bool `json:"too_long,omitempty"`
	// Hidden says that hardly a request was sent meanwhile: no share of the requests shows it.
	Hidden bool `json:"hidden,omitempty"`
	// ResolutionS is how exactly the instants are known.
	ResolutionS float64 `json:"resolution_s"`
	// Silent are the whole seconds without a success, of the Asked ones in which load asked
	// for one and the generator did not stand still.
	Silent int `json:"silent_seconds"`
	Asked  int `json:"asked_seconds"`
}

// RequestStats is one request of a pass.
type RequestStats struct {
	Name string `json:"name"`
	// Asked is the share of all requests that its weight asks for, 0 to 1, and Share that of those
	// which were sent; 0 and nil where requests are sent in order.
	Asked    float64         `json:"asked_share,omitempty"`
	Share    *Estimate       `json:"share,omitempty"`
	Outcomes runlog.Outcomes `json:"outcomes"`
	Skipped  uint64          `json:"skipped,omitempty"`
	// ErrorRate and Rates are as those of a leg; zero and nil in summaries from before they were kept.
	ErrorRate Estimate            `json:"error_rate,omitzero"`
	Rates     map[string]Estimate `json:"rates,omitempty"`
	Response  Latency             `json:"response_ms"`
	// Service and Undisturbed are as those of a leg; n is 0 in runs from before service times were
	// kept by request.
	Service     Latency  `json:"service_ms,omitzero"`
	Undisturbed *Latency `json:"undisturbed_ms,omitempty"`
}

// Point is one second of a leg, for drawing. Times are milliseconds.
type Point struct {
	T                             float64 // seconds since the leg began, the second's end
	Due, Sent, Done               uint64
	Outcomes                      runlog.Outcomes
	BytesSent, BytesReceived      uint64
	Active                        int64
	InFlight                      int64
	N                             uint64 // answers behind the quantiles; 0: none this second
	Spans                         int    // seconds that the quantiles are of: 1 in the first hour
	Mean, P50, P90, P95, P99, Max float64
	// CPU and Steal are shares of the generator's processors, 0 to 1, LagP99 its lag;
	// negative where it is not known.
	CPU, Steal, LagP99 float64
	// Phases are the medians of parts of the times, in milliseconds; 0 where none was in the second.
	Phases Phases
	// Requests are the times of the first [DrawnRequests] of a pass; nil where it has one.
	Requests []RequestPoint
	// Statuses counts the answers of the first [DrawnStatuses] of the leg's Statuses.
	Statuses []uint64
}

// Phases are parts of the times of a second's requests: opening a connection, what TLS took of that, and
// from sent to the first byte of the answer.
type Phases struct{ Connect, Handshake, FirstByte float64 }

// RequestPoint is what became of one request of a pass in a second, and what its answers took.
type RequestPoint struct {
	N        uint64 // answers and timeouts; 0: none this second
	Failed   uint64
	P50, P95 float64
}

// Begins is when the point's second began, in seconds since the leg did: the last one of a
// leg may be shorter than a second.
func (p *Point) Begins() float64 { return max(math.Ceil(p.T)-1, 0) }

// WholeSeconds are those of Series without a last part of one, unless it is all there is:
// the requests that end in it are few, and as a rule the slowest.
func (l *Leg) WholeSeconds() []Point {
	last := len(l.Series) - 1
	if last > 0 && l.Series[last].T-l.Series[last].Begins() < 1-1e-9 {
		return l.Series[:last]
	}
	return l.Series
}

// CurvePoint is one point of the distribution: a share Q of the answers took at
// most MS milliseconds.
type CurvePoint struct{ Q, MS float64 }

// Bar is how many answers took more than From and at most To milliseconds.
type Bar struct {
	From, To float64
	N        uint64
}

// Address is one that a leg's answers came from.
type Address struct {
	Address string  `json:"address"` // and port
	Answers uint64  `json:"answers"`
	Share   float64 `json:"share"` // of all answers that name theirs, 0 to 1
}

// Status is a status code of a leg's answers.
type Status struct {
	Code    int    `json:"code"` // 0: all that are not counted apart
	Answers uint64 `json:"answers"`
}

// Skipped are the requests that were not sent because a request before them in their pass had not given a
// value, by its name.
type Skipped struct {
	Value    string `json:"value"`
	Requests uint64 `json:"requests"`
}

// Fault says why a leg is not compared with others, "" when it is.
func (l *Leg) Fault() string {
	switch {
	case !l.Answered():
		return "had no request that came to an end"
	case !l.Complete:
		return "did not come to its end"
	case l.Stopped != "":
		return "did not come to its end: " + l.Stopped
	case l.Generator.Limited && len(l.Generator.Why) > 0:
		return "was limited by the generator: " + l.Generator.Why[0].Text
	case l.Generator.Limited:
		return "was limited by the generator"
	}
	return ""
}

func (l *Leg) Sound() bool { return l.Fault() == "" }

// Answered reports whether a request of the leg came to an end, or of the whole of which it is a part: a
// round in which one request of the pass was never sent had none of it, which its rates must know.
func (l *Leg) Answered() bool { return l.Part || Ended(l.Outcomes) > 0 }

// Rate is a rate with its interval; a summary without the interval has the figure alone.
func (l *Leg) Rate(of metric.Metric) Estimate {
	if e, ok := l.Rates[of.Name]; ok {
		return e
	}
	if of == metric.Successes {
		return Unbounded(l.SuccessRPS, l.Outcomes.Success)
	}
	return Unbounded(l.RateRPS, Ended(l.Outcomes))
}

// Label names the leg in a sentence.
func (l *Leg) Label() string { return inRound(l.Target, l.Round, l.Rounds) }

// inRound names a target's leg of a round, in a run of one round by the target alone.
func inRound(target string, round, rounds int) string {
	if round > 0 && max(round, rounds) > 1 {
		return fmt.Sprintf("%s, round %d", target, round)
	}
	return target
}

// Ended are the requests that came to an end of their own.
func Ended(o runlog.Outcomes) uint64 { return o.Ended() - o.Cut }

// DrawnRounds is how many rounds have legs with a Series. A change over more rounds shows in the
// rounds' own figures, and a document with the drawings of a hundred rounds is too long.
const DrawnRounds = 12

// DrawnRequests is how many requests of a pass are drawn over time: more lines cannot be told
// apart.
const DrawnRequests = 8

// DrawnStatuses is how many status codes of a leg are drawn over time.
const DrawnStatuses = 8
