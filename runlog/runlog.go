// Package runlog is what happened: the run directory, written second by second
// and readable after a crash. It is the seam between measuring and judging: a run
// measures, stores, reads back what was stored and judges that, so any later
// report on the same directory gives the same answer.
//
// # Layout
//
//	run.json                 manifest; replaced by rename; "sealed": true comes last
//	events.jsonl             an Event per line, of the run as a whole; only where there are any
//	legs/01-single/          in order; 01-single-warm-up is one that no figure counts
//	  latency.hlog           HdrHistogram interval log: a line per second per tag; after
//	                         the first hour a line spans 2 s, after the second 4, and so on
//	  latency-recent.hlog    the seconds that no such line has yet; gone at the leg's end
//	  timeline.jsonl         a Second per line
//	  generators.jsonl       a GeneratorSecond per line; only where agents put the load on
//	  failures.jsonl         a Failure per line, the first of each kind
//	  ledger.json            rows per host before and after; rows by the names of requests
//	  events.jsonl           an Event per line
//	  results.vegeta         with recording: every request, in vegeta's gob stream
//
// # Compatibility
//
// [Schema] names the layout. Fields may be added within a schema, never renamed;
// a reader refuses a schema it does not know.
package runlog

import (
	"strconv"
	"time"
)

// Schema is the version of run.json and of the layout that it heads: of the files in legs/
// and of events.jsonl. What is made from them has versions of its own.
const Schema = 1

// Tags of the distributions in latency.hlog. All hold answered requests (an HTTP
// response arrived, whatever its class) and timeouts at the time they waited, for
// leaving those out would hide the worst; broken connections and cut requests hold
// no meaningful time and are only counted.
const (
	TagResponse  = "response"   // done − due
	TagService   = "service"    // done − sent
	TagFirstByte = "first-byte" // first byte of the answer − sent
	TagLag       = "lag"        // sent − due, of every request sent
	TagConnect   = "connect"    // time to open a connection, TLS included; new connections only
	TagHandshake = "handshake"  // what TLS took of that
	TagFailed    = "failed"     // the share of TagResponse that did not succeed
	TagQueue     = "queue"      // read − done, of answers whose arrival the kernel stamped
	// TagUserSpace is read − sent of the same answers: the service time as a clock in
	// user space has it, the generator's queue included.
	TagUserSpace = "user-space"
	// TagRequest, followed by the index in Manifest.Requests, is TagResponse for
	// one request of a scenario that has several, and TagRequestService its TagService;
	// runs from before that was kept have none of the latter.
	TagRequest        = "request."
	TagRequestService = "request-service."
)

// Tags are the tags of a leg of so many requests, those of single requests behind the others: two for each.
func Tags(requests int) []string {
	tags := []string{TagResponse, TagService, TagFirstByte, TagLag, TagConnect, TagHandshake, TagFailed, TagQueue, TagUserSpace}
	for i := range requests {
		tags = append(tags, TagRequest+strconv.Itoa(i), TagRequestService+strconv.Itoa(i))
	}
	return tags
}

// Outcomes counts requests by what became of them. The zero value is no requests.
type Outcomes struct {
	Success    uint64 `json:"success"`
	HTTP4xx    uint64 `json:"http_4xx"`
	HTTP5xx    uint64 `json:"http_5xx"`
	Unexpected uint64 `json:"unexpected"`         // status as expected, expectation not met
	TooSlow    uint64 `json:"too_slow,omitempty"` // as expected, but later than the request may take
	Timeout    uint64 `json:"timeout"`
	Network    uint64 `json:"network"` // dns, refused, reset, eof, tls, malformed …
	Cut        uint64 `json:"cut"`     // in flight when the leg was aborted
}

// Class is the outcome class of one request.
type Class uint8

// The classes, in the order of the fields of [Outcomes].
const (
	Success Class = iota
	HTTP4xx
	HTTP5xx
	Unexpected
	TooSlow
	Timeout
	Network
	Cut
)

var classNames = [...]string{"success", "http_4xx", "http_5xx", "unexpected", "too_slow", "timeout", "network", "cut"}

// String is the class's name in every file and report, and tells the number of a class
// that there is not.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "class " + strconv.Itoa(int(c))
}

// MarshalText implements encoding.TextMarshaler with [Class.String].
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (c *Class) UnmarshalText(b []byte) error {
	for i, n := range classNames {
		if n == string(b) {
			*c = Class(i)
			return nil
		}
	}
	return &UnknownClassError{Name: string(b)}
}

// UnknownClassError is a class name this version does not know.
type UnknownClassError struct{ Name string }

func (e *UnknownClassError) Error() string { return "unknown outcome class " + e.Name }

// Add counts n more requests of class c.
func (o *Outcomes) Add(c Class, n uint64) { *o.field(c) += n }

// Of is the count of class c.
func (o Outcomes) Of(c Class) uint64 { return *o.field(c) }

func (o *Outcomes) field(c Class) *uint64 {
	return [...]*uint64{&o.Success, &o.HTTP4xx, &o.HTTP5xx, &o.Unexpected, &o.TooSlow, &o.Timeout, &o.Network, &o.Cut}[c]
}

// Merge adds every count of p.
func (o *Outcomes) Merge(p Outcomes) {
	for c := Success; c <= Cut; c++ {
		o.Add(c, p.Of(c))
	}
}

// Ended is how many requests came to any end.
func (o Outcomes) Ended() uint64 {
	return o.Success + o.HTTP4xx + o.HTTP5xx + o.Unexpected + o.TooSlow + o.Timeout + o.Network + o.Cut
}

// Completed reports that a request of the class got an HTTP response.
func (c Class) Completed() bool { return c <= TooSlow }

// Completed is how many got an HTTP response: ended − timeout − network − cut.
func (o Outcomes) Completed() uint64 {
	return o.Success + o.HTTP4xx + o.HTTP5xx + o.Unexpected + o.TooSlow
}

// AsExpected reports that an answer of the class was as expected: a success, or one but for its time. These
// claim the rows of their requests.
func (c Class) AsExpected() bool { return c == Success || c == TooSlow }

// AsExpected is how many answers were as expected, those that were too slow among them.
func (o Outcomes) AsExpected() uint64 { return o.Success + o.TooSlow }

// Failed is how many ended without success, cut ones aside: they are our doing.
func (o Outcomes) Failed() uint64 { return o.Ended() - o.Success - o.Cut }

// Second is one line of timeline.jsonl: what happened in [T, T+1) seconds of a leg.
// The last second of a leg may be shorter.
type Second struct {
	T int `json:"t"`
	// WallS is how long it really was, in seconds: the last of a leg is shorter, and one
	// in which the generator stood still is longer. 0 where that was not noted.
	WallS float64 `json:"wall_s,omitempty"`
	// Due, Sent and Done count the requests that became due, were sent and ended.
	Due  uint64 `json:"due"`
	Sent uint64 `json:"sent"`
	Done uint64 `json:"done"`
	Outcomes
	// Drained are those of Outcomes that ended when no more load was put on, after the
	// plan's end or after the leg was stopped. It is there in every second that reaches
	// beyond that; runs from before it was kept have none.
	Drained *Outcomes `json:"drained,omitempty"`
	// Succeeded is from the end of the first success to the end of the last; nil without
	// any, and in runs from before it was kept.
	Succeeded *Span `json:"succeeded,omitempty"`
	// Standstills are when the generator itself did not run, as far as they ended in this
	// second: a suspended process, a paused virtual machine, a processor that others had.
	Standstills []Span `json:"standstills,omitempty"`
	// Requests holds the counts per request name; only for scenarios with several.
	Requests map[string]RequestCounts `json:"requests,omitempty"`
	// BytesSent and BytesReceived count heads and bodies as the generator saw them.
	BytesSent     uint64 `json:"bytes_sent"`
	BytesReceived uint64 `json:"bytes_received"`
	// Addresses counts the answers by the address and port they came from, "others" where
	// there are too many to tell apart. Answers over unix sockets have none.
	Addresses map[string]uint64 `json:"addresses,omitempty"`
	// Statuses counts the whole answers by status code, [OtherStatuses] where a leg has too
	// many codes to tell apart; nil in runs from before they were counted.
	Statuses map[int]uint64 `json:"statuses,omitempty"`
	// Served counts the whole answers by the host that they name, where the scenario says how
	// they do; nil for none.
	Served  map[string]Served `json:"served,omitempty"`
	Carried Carried           `json:"carried,omitzero"`
	// Hosts is how many hosts Served has; a reader keeps it in its place.
	Hosts int `json:"-"`
	// Connects counts connections opened, Redirects hops followed.
	Connects  uint64 `json:"connects"`
	Redirects uint64 `json:"redirects,omitempty"`
	// Stamped counts the answers whose arrival the kernel stamped.
	Stamped uint64 `json:"stamped,omitempty"`
	// Waited counts the requests that were due before one of the generator's own
	// connections was free, as far as they were bounded.
	Waited uint64 `json:"waited,omitempty"`
	// Own counts the requests of class network that failed at a limit of the generator's
	// own: no free local port, too many open files.
	Own uint64 `json:"own,omitempty"`
	// BusyS is the sum of the response times of all requests that ended, whatever became of them, and
	// ThoughtS that of the pauses of clients that ended, both in seconds; 0 in runs from before
	// they were kept. Overdue counts the passes that took longer than the pace of the load allows.
	BusyS    float64 `json:"busy_s,omitempty"`
	ThoughtS float64 `json:"thought_s,omitempty"`
	Overdue  uint64  `json:"overdue,omitempty"`
	// Skipped counts the requests that were not sent because a request before them in their pass
	// had not given a value, by the name of that value; nil for none.
	Skipped map[string]uint64 `json:"skipped,omitempty"`
	// Active is the most clients at work at one time during the second; InFlight is
	// how many requests were without an answer at its end.
	Active   int64 `json:"active"`
	InFlight int64 `json:"in_flight"`
	// CPU is the generator's share, in this second, of the processors that it may use:
	// those of the machine, or of its control group's quota;
	// 0 to 1; negative where the system does not tell, or the second was too short to.
	CPU float64 `json:"cpu"`
	// GCPauseMS is how long the generator's garbage collector stopped it.
	GCPauseMS float64 `json:"gc_pause_ms,omitempty"`
	// Steal is the share of the machine's processor time, 0 to 1, that a hypervisor
	// gave to others; nil where the system does not tell.
	Steal *float64 `json:"steal,omitempty"`
	// Busy is the share of that time, 0 to 1, that the machine's programs took, this one among
	// them; Runnable is how many of their threads had a processor or waited for one at the
	// second's end. nil where the system does not tell.
	Busy     *float64 `json:"busy,omitempty"`
	Runnable *uint64  `json:"runnable,omitempty"`
	// Retransmits counts the TCP segments that the whole machine sent again; nil where
	// the system does not tell.
	Retransmits *uint64 `json:"retransmits,omitempty"`
}

// RequestCounts is what became of one request of a pass in a second.
type RequestCounts struct {
	Outcomes
	// Drained are those of Outcomes that ended when no more load was put on; see [Second.Drained].
	Drained *Outcomes `json:"drained,omitempty"`
	// Skipped is how many of it were not sent because a request before it in its pass had not
	// given a value.
	Skipped uint64 `json:"skipped,omitempty"`
}

// AllSkipped is how many requests were skipped, for whichever value.
func (s *Second) AllSkipped() (n uint64) {
	for _, skipped := range s.Skipped {
		n += skipped
	}
	return n
}

// OtherStatuses stands for all status codes of a leg that are not counted apart.
const OtherStatuses = 0

// Span is a time within a leg, in seconds since the leg began.
type Span struct {
	From float64 `json:"from_s"`
	To   float64 `json:"to_s"`
}

// Failure is one line of failures.jsonl: the first request that failed in a way,
// and how many did so.
type Failure struct {
	At      float64 `json:"at_s"` // seconds since the leg began
	Request string  `json:"request"`
	Class   Class   `json:"class"`
	Status  int     `json:"status,omitempty"`
	Reason  string  `json:"reason"`
	// Own says that the limit was the generator's own, not the target's; Reason says what
	// to do about it.
	Own bool `json:"own,omitempty"`
	// Excerpt is the first bytes of the response body, untrusted text.
	Excerpt string `json:"excerpt,omitempty"`
	// Count is how many failed this way; 1 while the leg runs.
	Count uint64 `json:"count"`
}

// Ledger is ledger.json: the rows per host that the service wrote in its database.
type Ledger struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	// Before and After hold rows per host; a nil map was never read.
	Before map[string]int64 `json:"before"`
	After  map[string]int64 `json:"after"`
	// BeforeAt and AfterAt are when each count was read.
	BeforeAt time.Time `json:"before_at,omitzero"`
	AfterAt  time.Time `json:"after_at,omitzero"`
	// Settled says that the rows had stopped changing before After was accepted;
	// SettleS is how many seconds that took.
	Settled bool    `json:"settled"`
	SettleS float64 `json:"settle_s"`
	// Probed are rows per host that this program's own passes wrote after the leg before, when they
	// looked whether a service that was scaled serves.
	Probed map[string]int64 `json:"probed,omitempty"`
	// Claimed is how many rows the successes of the leg claimed, and Unknown how many its
	// requests without a clear answer may have written at most.
	Claimed uint64 `json:"claimed,omitempty"`
	Unknown uint64 `json:"unknown,omitempty"`
	// Late is how many rows came after the load had ended, the last of them LateS seconds
	// after it.
	Late  int64   `json:"late,omitempty"`
	LateS float64 `json:"late_s,omitempty"`
	// Refused is how many connections the database refused in the leg because MaxConnections were
	// open, the most that may be; nil where it does not tell.
	Refused        *uint64 `json:"refused,omitempty"`
	MaxConnections uint64  `json:"max_connections,omitempty"`
	// Named are the rows by the names of the requests that wrote them; nil where they have
	// none, or could not be counted by them: then NamedError says why.
	Named      *Named `json:"named,omitempty"`
	NamedError string `json:"named_error,omitempty"`
	// Error is what went wrong, empty when both counts are there.
	Error string `json:"error,omitempty"`
}
