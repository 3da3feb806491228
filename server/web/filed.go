package web

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/scenarios"
)

// fileOf is the scenario that fields ask for. Whether it is a good one, [scenarios.Parse] says.
func fileOf(v url.Values) scenarios.File {
	at := func(id string) string { return strings.TrimSpace(v.Get(id)) }
	load := scenarios.FileLoad{Timeout: at("timeout"), ErrorThreshold: at("error_threshold"), Pause: at("pause")}
	if stages := lines(v, "stages"); len(stages) > 0 {
		load.Type, load.Stages = "stages", stagesOf(stages)
	} else {
		load.Type, load.Clients, load.From, load.Duration = at("type"), at("clients"), at("from_clients"), at("duration")+at("unit")
	}
	f := scenarios.File{Name: at("name"), Load: &load, Thresholds: lines(v, "thresholds"), Gate: gateOf(lines(v, "gate"))}
	for _, host := range []string{at("host"), at("second")} {
		if host != "" || len(f.Targets) == 0 {
			f.Targets = append(f.Targets, scenarios.FileTarget{Name: scenarios.TargetName("://" + host), URL: at("protocol") + "://" + host})
		}
	}
	if rounds, warm, cool := at("rounds"), at("warm_up"), at("cool_down"); rounds != "" || warm != "" || cool != "" {
		f.Compare = &scenarios.FileCompare{Rounds: rounds, WarmUp: warm, CoolDown: cool}
	}
	if address := at("payload_url"); address != "" {
		f.Feeds = []scenarios.FileFeed{{Name: feedName, URL: address, Format: at("payload_format"), Order: at("payload_order")}}
	}
	for i := range requestsOf(v) {
		f.Requests = append(f.Requests, requestOf(v, i))
	}
	if len(f.Requests) == 1 {
		f.Request, f.Requests = &f.Requests[0], nil
	}
	if agents := at("agents"); agents != "" {
		f.Generators = &scenarios.FileGenerators{Agents: agents}
	}
	if dsn, table, column := at("dsn"), at("table"), at("column"); dsn != "" || table != "" || column != "" {
		f.Ledger = &scenarios.FileLedger{DSN: dsn, Table: table, Column: column}
	}
	return f
}

// requestOf is request i of a pass.
func requestOf(v url.Values, i int) scenarios.FileRequest {
	in := func(id string) string { return v.Get(requestID(i, id)) }
	at := func(id string) string { return strings.TrimSpace(in(id)) }
	all := func(id string) []string { return lines(v, requestID(i, id)) }
	r := scenarios.FileRequest{
		Method: at("method"), Path: rooted(at("path")), Headers: pairs(all("headers"), ":"), Body: in("body"), Capture: capturesOf(all("capture")), Payload: at("payload"),
	}
	if at("user") != "" || in("password") != "" {
		r.Auth = &scenarios.FileAuth{User: at("user"), Password: in("password")}
	}
	if status, text, values := at("status"), in("expect"), pairs(all("json"), "="); status != "" || text != "" || values != nil {
		r.Expect = &scenarios.FileExpect{Body: text, JSON: values}
		for part := range strings.FieldsFuncSeq(status, func(r rune) bool { return r == ',' || r == ' ' }) {
			r.Expect.Status = append(r.Expect.Status, part)
		}
	}
	return r
}

// rooted is a path as loader.io takes it, with or without its first slash.
func rooted(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path
}

// pairs are lines of a name and a value; nil for none.
func pairs(lines []string, between string) map[string]string {
	var all map[string]string
	for _, l := range lines {
		name, value, _ := strings.Cut(l, between)
		if all == nil {
			all = map[string]string{}
		}
		all[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return all
}

// capturesOf are variables by their lines. Of a place that is none, the variable has none.
func capturesOf(lines []string) map[string]scenarios.FileCapture {
	var all map[string]scenarios.FileCapture
	for name, place := range pairs(lines, ":") {
		var c scenarios.FileCapture
		kind, of, _ := strings.Cut(place, " ")
		for _, to := range placesOf(&c) {
			if to.kind == kind {
				*to.of = strings.TrimSpace(of)
			}
		}
		if all == nil {
			all = map[string]scenarios.FileCapture{}
		}
		all[name] = c
	}
	return all
}

// place is one of the places of a capture.
type place struct {
	kind string
	of   *string
}

func placesOf(c *scenarios.FileCapture) []place {
	return []place{{"header", &c.Header}, {"cookie", &c.Cookie}, {"json", &c.JSON}, {"match", &c.Match}}
}

// gateOf are limits by their lines: a metric, and pairs of what is asked of it. What is none is kept as a margin,
// so that the scenario says what is wrong with it.
func gateOf(lines []string) map[string]scenarios.FileLimit {
	var all map[string]scenarios.FileLimit
	for _, l := range lines {
		words := strings.Fields(l)
		var limit scenarios.FileLimit
		for pair := range slices.Chunk(words[1:], 2) {
			to := &limit.WorseBy
			for _, ask := range asksOf(&limit) {
				if ask.kind == pair[0] {
					to = ask.of
				}
			}
			*to = pair[len(pair)-1]
		}
		if all == nil {
			all = map[string]scenarios.FileLimit{}
		}
		all[words[0]] = limit
	}
	return all
}

func asksOf(l *scenarios.FileLimit) []place {
	return []place{{"worse_by", &l.WorseBy}, {"and", &l.And}, {"max", &l.Max}, {"min", &l.Min}}
}

// stagesOf are stages by their lines: a time, and a number of clients or of starts per second.
func stagesOf(lines []string) []scenarios.FileStage {
	var all []scenarios.FileStage
	for _, l := range lines {
		duration, level, _ := strings.Cut(l, " ")
		level = strings.TrimSpace(level)
		if rate, perSecond := strings.CutSuffix(level, "/s"); perSecond {
			all = append(all, scenarios.FileStage{Duration: duration, Rate: rate})
			continue
		}
		all = append(all, scenarios.FileStage{Duration: duration, Clients: strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(level, "s"), "client"))})
	}
	return all
}

var wholeDuration = lazy.Regexp(`^([0-9]+)([smh])$`)

// fieldsOf are the fields that ask for a scenario; all reports that they say the whole of it.
func fieldsOf(f scenarios.File) (v url.Values, all bool) {
	v = url.Values{}
	set := func(id, value string) { v.Set(id, value) }
	if f.Load == nil || len(f.Targets) == 0 || len(f.Targets) > 2 || len(f.Feeds) > 1 {
		return v, false
	}
	load := f.Load
	set("type", load.Type)
	set("clients", load.Clients)
	set("from_clients", load.From)
	set("timeout", load.Timeout)
	set("pause", load.Pause)
	set("error_threshold", load.ErrorThreshold)
	if m := wholeDuration().FindStringSubmatch(load.Duration); m != nil {
		set("duration", m[1])
		set("unit", m[2])
	}
	var stages []string
	for _, s := range load.Stages {
		level := s.Clients + " clients"
		if s.Rate != "" {
			level = s.Rate + "/s"
		}
		stages = append(stages, s.Duration+" "+level)
	}
	set("stages", strings.Join(stages, "\n"))
	for i, t := range f.Targets {
		protocol, host, _ := strings.Cut(t.URL, "://")
		set("protocol", protocol)
		set([]string{"host", "second"}[i], host)
	}
	set("thresholds", strings.Join(f.Thresholds, "\n"))
	var gate []string
	for _, name := range slices.Sorted(maps.Keys(f.Gate)) {
		limit := f.Gate[name]
		gate = append(gate, name+written(asksOf(&limit)))
	}
	set("gate", strings.Join(gate, "\n"))
	if c := f.Compare; c != nil {
		set("rounds", c.Rounds)
		set("warm_up", c.WarmUp)
		set("cool_down", c.CoolDown)
	}
	for _, feed := range f.Feeds {
		set("payload_url", feed.URL)
		set("payload_format", feed.Format)
		set("payload_order", feed.Order)
	}
	requests := f.Requests
	if f.Request != nil {
		requests = []scenarios.FileRequest{*f.Request}
	}
	if len(requests) == 0 || len(requests) > mostRequests {
		return v, false
	}
	set("requests", strconv.Itoa(len(requests)))
	for i, r := range requests {
		requestFields(v, i, r)
	}
	if g := f.Generators; g != nil {
		set("agents", g.Agents)
	}
	if l := f.Ledger; l != nil {
		set("dsn", l.DSN)
		set("table", l.Table)
		set("column", l.Column)
	}
	return v, alike(f, fileOf(v))
}

// alike reports that two scenarios ask for the same but for names, which the form gives by itself.
func alike(a, b scenarios.File) bool {
	a.Name, b.Name = "", ""
	a.Targets, b.Targets = slices.Clone(a.Targets), slices.Clone(b.Targets)
	for _, f := range []*scenarios.File{&a, &b} {
		for i := range f.Targets {
			f.Targets[i].Name = ""
		}
	}
	return reflect.DeepEqual(a, b)
}

// written are the places that hold something, each behind its kind.
func written(all []place) string {
	text := ""
	for _, p := range all {
		if *p.of != "" {
			text += " " + p.kind + " " + *p.of
		}
	}
	return text
}

// requestFields fills in request i of a pass.
func requestFields(v url.Values, i int, r scenarios.FileRequest) {
	set := func(id, value string) { v.Set(requestID(i, id), value) }
	set("method", r.Method)
	set("path", r.Path)
	set("body", r.Body)
	set("payload", r.Payload)
	set("headers", unpaired(r.Headers, ": "))
	var captures []string
	for _, name := range slices.Sorted(maps.Keys(r.Capture)) {
		c := r.Capture[name]
		captures = append(captures, name+":"+written(placesOf(&c)))
	}
	set("capture", strings.Join(captures, "\n"))
	if r.Auth != nil {
		set("user", r.Auth.User)
		set("password", r.Auth.Password)
	}
	if r.Expect != nil {
		set("status", strings.Join(r.Expect.Status, ", "))
		set("expect", r.Expect.Body)
		set("json", unpaired(r.Expect.JSON, " = "))
	}
}

// unpaired are lines of names and values.
func unpaired(all map[string]string, between string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		lines = append(lines, name+between+all[name])
	}
	return strings.Join(lines, "\n")
}
