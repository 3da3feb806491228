package scenarios

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/observe/dsn"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// redacted stands where a secret was.
const redacted = secret.Mark

// The shape of run.json's "scenario": that of the file, with every default filled
// in, so that it can be read beside it.
type (
	storedScenario struct {
		Name        string            `json:"name"`
		Load        *storedLoad       `json:"load,omitempty"` // the only one
		Loads       []storedNamed     `json:"loads,omitempty"`
		Feeds       []storedFeed      `json:"feeds,omitempty"`
		Requests    []storedRequest   `json:"requests"`
		Targets     []storedTarget    `json:"targets"`
		Ledger      *storedLedger     `json:"ledger,omitempty"`
		Cluster     *storedCluster    `json:"cluster,omitempty"`
		Faults      []storedInjection `json:"faults,omitempty"`
		AllowFaults bool              `json:"allow_faults,omitempty"`
		Compare     *storedCompare    `json:"compare,omitempty"`
		Capacity    *storedSearch     `json:"capacity,omitempty"`
		Thresholds  []string          `json:"thresholds,omitzero"` // of the only load
		Outage      string            `json:"outage"`
		Decide      string            `json:"decide,omitempty"`
		Gate        []runlog.Limit    `json:"gate,omitempty"`
		Engine      string            `json:"engine"`
		Generators  *storedGenerators `json:"generators,omitempty"`
	}
	storedLoad struct {
		Type           plan.Type     `json:"type"`
		Clients        int           `json:"clients,omitempty"`
		From           *int          `json:"from,omitempty"`
		Rate           float64       `json:"rate,omitempty"`
		Duration       string        `json:"duration,omitempty"`
		Stages         []storedStage `json:"stages,omitempty"`
		Arrivals       plan.Arrivals `json:"arrivals,omitempty"`
		Seed           uint64        `json:"seed,omitempty"`
		Timeout        string        `json:"timeout"`
		ErrorThreshold float64       `json:"error_threshold"` // 0 to 1
		attack.Settings
		KeepAlive    *bool  `json:"keep_alive,omitempty"`
		Every        string `json:"every,omitempty"`
		ResolveEvery string `json:"resolve_every"`
	}
	storedNamed struct {
		Name string `json:"name"`
		storedLoad
		Thresholds []string `json:"thresholds"`
	}
	storedStage struct {
		Duration string   `json:"duration"`
		Clients  *int     `json:"clients,omitempty"`
		Rate     *float64 `json:"rate,omitempty"`
	}
	storedRequest struct {
		Name    string            `json:"name"`
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		Headers map[string]string `json:"headers,omitempty"`
		// BodyBytes stands for the body, of which nobody knows what it holds.
		BodyBytes int               `json:"body_bytes,omitempty"`
		Auth      map[string]string `json:"auth,omitempty"`
		Follow    int               `json:"follow,omitempty"`
		Expect    string            `json:"expect"`
		Capture   map[string]string `json:"capture,omitempty"` // places in the answer by the names of values
		Claims    int               `json:"claims"`
		Payload   string            `json:"payload,omitempty"`
		Weight    int               `json:"weight,omitempty"`
		Pause     *plan.Pause       `json:"pause,omitempty"`
	}
	storedFeed struct {
		Name    string      `json:"name"`
		Source  string      `json:"source"`
		Format  feed.Format `json:"format"`
		Columns []string    `json:"columns,omitempty"`
		Order   feed.Order  `json:"order"`
	}
	storedTarget struct {
		Name     string         `json:"name"`
		URL      string         `json:"url"`
		Socket   string         `json:"socket,omitempty"`
		Replicas int            `json:"replicas,omitempty"`
		Of       string         `json:"of,omitempty"` // the target of several replicas that it is a size of
		HostFrom storedHostFrom `json:"host_from,omitzero"`
		Insecure bool           `json:"insecure,omitempty"`
		HTTP2    *bool          `json:"http2,omitempty"`

		Host       string   `json:"host,omitempty"`
		ConnectTo  []string `json:"connect_to,omitempty"`
		ServerName string   `json:"server_name,omitempty"`
		TLS        TLS      `json:"tls,omitzero"`
		Proxy      string   `json:"proxy,omitempty"`
	}
	storedLedger struct {
		Address string `json:"address"`
		Table   string `json:"table,omitempty"`
		Column  string `json:"column,omitempty"`
		Query   string `json:"query,omitempty"`
		Timeout string `json:"timeout,omitempty"`
		Settle  string `json:"settle,omitempty"`
		Every   string `json:"every,omitempty"`

		Claim *storedClaim `json:"claim,omitempty"`
	}
	storedClaim struct {
		Column  string `json:"column"`
		Request string `json:"request"`
	}
	storedCompare struct {
		Baseline  string `json:"baseline,omitempty"`
		Candidate string `json:"candidate,omitempty"`
		Rounds    int    `json:"rounds"`
		Most      int    `json:"most_rounds,omitempty"`
		Seed      uint64 `json:"seed,omitempty"` // 0: drawn when the run begins
		CoolDown  string `json:"cool_down,omitempty"`
		WarmUp    string `json:"warm_up,omitempty"`
		Budget    string `json:"budget,omitempty"`
	}
)

// Redacted is the scenario as run, for run.json: defaults filled in, no secrets. A
// free text that variables were filled into is shown as the file has it.
func (s *Scenario) Redacted() json.RawMessage {
	out := storedScenario{
		Name: s.shown(s.Name), Ledger: s.storedLedger(), Cluster: s.storedCluster(), Faults: s.storedInjections(), AllowFaults: s.AllowFaults,
		Compare: storeCompare(s.Compare), Capacity: storeSearch(s.Search), Gate: s.Gate, Outage: s.Outage.String(), Engine: s.Engine, Generators: s.storedGenerators(),
	}
	for _, l := range s.Loads {
		load := storeLoad(l.Workload)
		if l.Name == "" {
			out.Load, out.Thresholds = &load, l.Thresholds
		} else {
			out.Loads = append(out.Loads, storedNamed{l.Name, load, l.Thresholds})
		}
		if l.Decide == runlog.DecideObserved {
			out.Decide = l.Decide
		}
	}
	for _, f := range s.Feeds {
		out.Feeds = append(out.Feeds, storedFeed{f.Name, s.FeedSource(f), f.Format, f.Columns, f.Order})
	}
	for i, r := range s.Requests {
		stored := s.storeRequest(r)
		stored.Payload, stored.Weight = s.Payloads[i], r.Weight
		out.Requests = append(out.Requests, stored)
	}
	for _, t := range s.Targets {
		out.Targets = append(out.Targets, storedTarget{
			t.Name, t.Address(), t.Socket, t.Replicas, t.Of, s.storeHostFrom(t.HostFrom), t.Insecure, t.HTTP2,
			t.Host, t.ConnectTo, t.ServerName, t.TLS, bareURL(t.Proxy),
		})
	}
	raw, err := json.Marshal(out)
	if err != nil {
		panic("scenarios: a scenario cannot be stored: " + err.Error())
	}
	return raw
}

// FeedSource is where the data of a feed come from: a file, or of an address its host, for the rest may
// be secret.
func (s *Scenario) FeedSource(f Feed) string {
	if f.URL != nil {
		return f.URL.Scheme + "://" + f.URL.Host
	}
	return f.Source
}

// shown is a text for readers: variables are named, not filled in.
func (s *Scenario) shown(text string) string { return shown(s.templates, text) }

func storeLoad(l Workload) storedLoad {
	out := storedLoad{
		Type: l.Type, Clients: l.Clients, Rate: l.Rate, Arrivals: l.Arrivals, Seed: l.Seed,
		Timeout: l.Timeout.String(), ErrorThreshold: l.ErrorThreshold,
		Settings: l.Settings, Every: given(l.Every), ResolveEvery: l.ResolveEvery.String(),
	}
	if keep := false; l.NoKeepAlive {
		out.KeepAlive = &keep
	}
	if l.HasFrom {
		out.From = &l.From
	}
	if l.Duration > 0 {
		out.Duration = l.Duration.String()
	}
	for _, stage := range l.Stages {
		level := storedStage{Duration: stage.Duration.String(), Clients: &stage.Clients}
		if l.ByRate {
			level.Clients, level.Rate = nil, &stage.Rate
		}
		out.Stages = append(out.Stages, level)
	}
	return out
}

func (s *Scenario) storeRequest(r attack.Request) storedRequest {
	out := storedRequest{
		Name: s.shown(r.Name), Method: r.Method, Path: bareQuery(s.shown(r.Path)),
		BodyBytes: len(r.Body), Follow: r.Follow, Expect: s.expectWords(r.Expect), Capture: s.storeCaptures(r.Captures), Claims: r.Claims, Pause: r.Pause,
		Headers: s.storeHeaders(r.Header),
	}
	if r.User != "" {
		out.Auth = map[string]string{"user": s.shown(r.User), "password": redacted}
	}
	return out
}

func (s *Scenario) storeHeaders(h http.Header) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		var values []string
		for _, v := range h[name] {
			if secret.Named(name) {
				v = redacted
			}
			values = append(values, s.shown(v))
		}
		out[name] = strings.Join(values, ", ")
	}
	return out
}

// storedLedger keeps of a data source name where it leads, and no more: parameters
// can hold secrets too.
func (s *Scenario) storedLedger() *storedLedger {
	l := s.Ledger
	if l == nil {
		return nil
	}
	out := &storedLedger{Address: redacted, Table: l.Table, Column: l.Column, Query: s.QueryWords()}
	if l.Timeout > 0 {
		out.Timeout = l.Timeout.String()
	}
	if l.Settle > 0 {
		out.Settle = l.Settle.String()
	}
	if l.Every > 0 {
		out.Every = l.Every.String()
	}
	if l.Claim != nil {
		out.Claim = &storedClaim{l.Claim.Column, l.Claim.Place.String()}
	}
	if n, err := dsn.Parse(l.DSN); err == nil {
		out.Address = n.String()
	}
	return out
}

// QueryWords are the ledger's query as it is shown: variables stand by their names.
func (s *Scenario) QueryWords() string { return s.shown(s.Ledger.Query) }

func storeCompare(c *Compare) *storedCompare {
	if c == nil {
		return nil
	}
	return &storedCompare{
		Baseline: c.Baseline, Candidate: c.Candidate, Rounds: c.MostRounds(), Most: c.Most, Seed: c.Seed,
		CoolDown: given(c.CoolDown), WarmUp: given(c.WarmUp), Budget: given(c.Budget),
	}
}

// given is a duration, "" for none.
func given(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

var secretParameter = lazy.Regexp(`([?&][^=&]*` + secret.Name + `[^=&]*=)[^&#]*`)

// bareQuery is a path whose parameters with a secret's name have no value.
func bareQuery(path string) string {
	return secretParameter().ReplaceAllString(path, "${1}"+redacted)
}
