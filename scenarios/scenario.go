// Package scenarios is what was asked: it reads a scenario file into a checked
// [Scenario] of plain values, or says everything that is wrong with it at once,
// each fault with its line, its column and, where one is likely, the word that was
// meant.
//
// Every key is declared once, in keys.go and load_keys.go. That table decodes the file, makes the
// JSON Schema for editors ([Schema]) and the reference in docs/scenario.md, so the
// three cannot drift apart.
//
// # Secrets
//
// What comes from a variable, and what stands under a key whose name says secret
// (dsn, password, Authorization, a header with token in its name …), appears
// neither in a fault nor in [Scenario.Redacted]. [Scenario.Secrets] finds it in what
// others say.
package scenarios

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// Scenario is a checked scenario. Those of [Load] and [Parse] hold at least one load, one
// request and one target, and [plan.New] accepts their loads.
type Scenario struct {
	Name string
	// Source is the file it came from, or its catalogue name.
	Source string
	// Loads are put on every target, one after the other.
	Loads []NamedLoad
	// Feeds are the data of requests. Columns of a feed are named but where it is a payload.
	Feeds []Feed
	// Requests is one pass, in order.
	Requests []attack.Request
	// Payloads are the feeds whose columns are added to requests, by the index of the request.
	Payloads map[int]string
	Targets  []Target
	Ledger   *Ledger  // nil: no database is asked
	Cluster  *Cluster // nil: no cluster is watched
	// Injections are the faults that legs put into the cluster, in the order of their
	// instants. AllowFaults says that they may.
	Injections  []Injection
	AllowFaults bool
	Compare     *Compare // nil: nothing is compared, in one round
	Search      *Search  // nil: no capacity is searched for
	// Gate is what `stress gate` holds the run to, in the order of the key table, each
	// metric once; empty is none.
	Gate []runlog.Limit
	// Outage is the longest time without a success that is no FAIL by itself; 0 never is one.
	Outage time.Duration
	Engine string // "auto", "rawhttp" or "nethttp"
	// Generators are the machines that put the load on; nil is this one.
	Generators *Generators
	// Variables are the names of those that the environment filled in.
	Variables []string
	// Notes are the defaults that change a verdict, for readers of a report.
	Notes []string

	// templates turns a text that variables were filled into back into what the
	// file says, for everything that is shown.
	templates map[string]string
	secrets   *secret.Set
}

// NamedLoad is one load, and what must hold under it.
type NamedLoad struct {
	// Name is unique and fit for a folder; "" is the only load of a scenario without loads.
	Name string
	Workload
	// Thresholds are as written; threshold.Parse reads each.
	Thresholds []string
	// Decide is what thresholds are judged by: "" for the interval of a figure, or one of
	// [runlog.DecideObserved] and [runlog.DecideUnasked].
	Decide string
}

// Workload is a load, with what surrounds it.
type Workload struct {
	plan.Load
	attack.Settings
	// ErrorThreshold is the share of failures, 0 to 1, that aborts a leg; 0 never
	// does.
	ErrorThreshold float64
	// ResolveEvery is how old the addresses of a name may become; 0 is the whole run.
	ResolveEvery time.Duration
}

// Target is an address under test.
type Target struct {
	// Name is unique and fit for a folder.
	Name string
	URL  *url.URL
	// Socket is the unix socket to dial instead of the URL's host; "" is none.
	Socket string
	// Replicas is how many hosts should share the work; 0 is not known.
	Replicas int
	// Of is the target of several replicas that this one is a size of: the service of the cluster
	// is scaled to Replicas before each leg. "" is a target as it is written.
	Of string
	// Twin is the target of which this one is the same under another name, to be held against it; "" is a target as
	// it is written.
	Twin string
	// HostFrom says where answers name the host that gave them.
	HostFrom attack.HostFrom
	// Host is the Host header of requests to the target that have none; "" is the URL's.
	Host string
	// ConnectTo is dialled in place of the URL's host and port, host:port each; empty is that.
	ConnectTo []string
	// Proxy is what all connections go through, http:// or socks5://; nil is none.
	Proxy *url.URL
	// Insecure skips the verification of TLS certificates.
	Insecure bool
	// ServerName is asked for by TLS in place of the URL's host; "" is that.
	ServerName string
	Certificates
	// HTTP2 says whether HTTP/2 is spoken over TLS: true is wherever the server offers it, false is
	// never, and nil is where it offers nothing else.
	HTTP2 *bool

	address string // see [Target.Address]
}

// Certificates are what TLS connections of a target or to the engines of a cluster take.
type Certificates struct {
	TLS TLS
	// Roots are who may sign the certificate; nil is the system's. Certificate is the
	// client's; nil is none. They are what TLS names. MinVersion is its least version; 0 is 1.2.
	Roots       *x509.CertPool
	Certificate *tls.Certificate
	MinVersion  uint16
}

// TLS is how connections are secured, as written: names of PEM files and the least version, "" for
// none, and whether sessions are resumed.
type TLS struct {
	CA   string `json:"ca,omitempty"`
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`

	MinVersion string `json:"min_version,omitempty"`
	Resume     bool   `json:"resume,omitempty"`
}

// Ledger says where the service writes who served what.
type Ledger struct {
	// DSN is go-sql-driver/mysql's, or a URL of PostgreSQL; it holds a password.
	DSN    string
	Table  string
	Column string
	Query  string // instead of both; "" for none
	// Timeout is how long one count may take; 0 leaves it to the DSN or the default. Settle is
	// how long rows that are missing are waited for; 0 is the default.
	Timeout, Settle time.Duration
	// Every is the time between two counts while load is put on; 0 counts none then.
	Every time.Duration
	Claim *Claim // nil: rows have no names
}

// What is what the ledger counts, for a sentence: "dados.Host" or "ledger.query".
func (l *Ledger) What() string {
	if l.Query != "" {
		return "ledger.query"
	}
	return l.Table + "." + l.Column
}

// Claim says where requests have the names by which rows tell who wrote them.
type Claim struct {
	Column string
	Place  claim.Place
}

// Compare names the targets that are held against each other, and says how they take
// turns. Without names only the rounds are asked for.
type Compare struct {
	Baseline  string // "" without a candidate
	Candidate string
	// Rounds is how often every target gets its turn; 0 says nothing: see
	// [Compare.MostRounds].
	Rounds int
	// Most is how many rounds a gate may go on to while they cannot tell; 0 leaves it to
	// the gate.
	Most int
	// Seed is that of the order of turns; 0 has one drawn.
	Seed uint64
	// CoolDown is the pause before each leg but the first, WarmUp how long load is
	// started before each leg that no figure counts; 0 is none.
	CoolDown, WarmUp time.Duration
	// Budget is the time within which a round must be expected to end in order to
	// begin, from the first leg on; 0 is no bound.
	Budget time.Duration
}

// MaxRounds is the most rounds of a run.
const MaxRounds = 1000

// MostRounds is how many rounds there may be: those asked for, else as many as fit a
// budget, else 1. A nil Compare has 1.
func (c *Compare) MostRounds() int {
	switch {
	case c == nil:
		return 1
	case c.Rounds > 0:
		return c.Rounds
	case c.Budget > 0:
		return MaxRounds
	}
	return 1
}

// Defaults of what a scenario leaves out.
const (
	DefaultTimeout        = 10 * time.Second // as loader.io
	DefaultOutage         = 5 * time.Second  // of a leg in which every second was to bring a success
	DefaultCountEvery     = time.Second      // where a cluster is watched; else nobody needs the times
	DefaultErrorThreshold = 0.5              // as loader.io
	DefaultResolveEvery   = 30 * time.Second // Go's resolver does not tell a record's time to live
	DefaultEngine         = "auto"
)
