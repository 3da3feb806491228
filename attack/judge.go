package attack

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/runlog"
)

// Judge compares one response with an [Expect] while its body is read. Of the body it keeps the excerpt,
// len(Expect.Body)−1 bytes and, for Expect.Match, captures or the name of a host, the first MatchLimit bytes. A body
// in gzip or deflate is kept up to EncodedLimit, and decoded to be judged. The verdict does not depend on
// how the body is cut into chunks.
//
// The zero value is ready for [Judge.Reset]. A judge that is used again for the same Expect allocates
// nothing, unless a header is not as expected. It is not safe for concurrent use.
type Judge struct {
	expect *Expect
	texts  texts
	names  []string // of Expect.Header, sorted
	needle []byte

	class  runlog.Class
	reason string
	found  bool
	// tail is the end of the body so far; during search the beginning of the new chunk follows it.
	tail    []byte
	match   []byte
	excerpt []byte
	size    int64 // of the body so far
	cut     bool  // the body is longer than match
	// host finds the name of who answers in match; nil is not asked.
	host *regexp.Regexp
	// captures are the values that the answer must have, nil for none, kept in values. lacks is why
	// it has one of them not, nil where it has all.
	captures *capture.Set
	values   *capture.Values
	lacks    *capture.Missing

	decoding decoding
}

// texts are the reasons that are the same for every response.
type texts struct {
	status      string // for the status statusOf
	statusOf    int
	body, match string
}

// Judge makes a judge for a response with a status and a header.
func (e *Expect) Judge(status int, h http.Header) *Judge {
	j := new(Judge)
	j.Reset(e, status, h)
	return j
}

// Reset begins to judge another response and reuses the memory.
func (j *Judge) Reset(e *Expect, status int, h http.Header) {
	if j.expect != e {
		j.prepare(e)
	}
	j.class, j.reason = runlog.Success, ""
	j.found, j.host, j.cut = e.Body == "", nil, false
	j.captures, j.lacks = nil, nil
	j.tail, j.match, j.excerpt, j.size = j.tail[:0], j.match[:0], j.excerpt[:0], 0
	limit := minEncoded
	if e.Body != "" || e.keepsBody() || len(e.Size) > 0 || e.Seen != nil {
		limit = EncodedLimit
	}
	j.decoding.begin(h, limit)
	if !e.accepts(status) {
		j.class, j.reason = classOf(status), j.statusReason(status)
		return
	}
	for _, name := range j.names {
		if reason := headerReason(h, name, e.Header[name]); reason != "" {
			j.class, j.reason = runlog.Unexpected, reason
			return
		}
	}
	if reason := e.forbidden(status, h); reason != "" {
		j.class, j.reason = runlog.Unexpected, reason
	}
}

func (j *Judge) prepare(e *Expect) {
	j.expect, j.texts = e, texts{}
	j.needle = append(j.needle[:0], e.Body...)
	j.names = j.names[:0]
	for name := range e.Header {
		j.names = append(j.names, name)
	}
	slices.Sort(j.names)
	j.texts.body = fmt.Sprintf("body does not contain %q", shortened(e.Body))
	if e.Match != nil {
		j.texts.match = fmt.Sprintf("body does not match /%s/", shortened(e.Match.String()))
	}
}

// Write examines the next chunk of the body. It accepts all of p and never fails.
func (j *Judge) Write(p []byte) (int, error) {
	if j.decoding.coding != "" {
		j.decoding.keep(p)
	} else {
		j.scan(p)
	}
	return len(p), nil
}

// scan examines the next piece of the decoded body.
func (j *Judge) scan(p []byte) {
	if j.expect.Seen != nil {
		j.expect.Seen.Write(p)
	}
	j.size += int64(len(p))
	if room := ExcerptSize - len(j.excerpt); room > 0 {
		j.excerpt = append(j.excerpt, p[:min(room, len(p))]...)
	}
	if j.matches() {
		room := min(MatchLimit-len(j.match), len(p))
		j.match = append(j.match, p[:room]...)
		j.cut = j.cut || room < len(p)
	}
	if j.class == runlog.Success && !j.found { // else decided by the head
		j.search(p)
	}
}

// matches reports that the body is kept, to be held against an expression or a path.
func (j *Judge) matches() bool {
	return j.host != nil || (j.expect.keepsBody() || j.captures != nil && j.captures.InBody()) && j.class == runlog.Success
}

// search looks for the needle across the border between the chunks, and then within the new chunk.
func (j *Judge) search(p []byte) {
	keep := len(j.needle) - 1
	j.tail = append(j.tail, p[:min(keep, len(p))]...)
	if j.found = bytes.Contains(j.tail, j.needle) || bytes.Contains(p, j.needle); j.found {
		return
	}
	if len(p) >= keep {
		j.tail = append(j.tail[:0], p[len(p)-keep:]...)
	} else if over := len(j.tail) - keep; over > 0 {
		j.tail = j.tail[:copy(j.tail, j.tail[over:])]
	}
}

// Verdict returns the class of the response whose body was written, and the reason in a few words, "" for
// a success.
func (j *Judge) Verdict() (runlog.Class, string) {
	if !j.found || j.expect.Seen != nil || len(j.expect.Size) > 0 || j.matches() {
		j.decode()
	}
	switch {
	case j.class != runlog.Success:
		return j.class, j.reason
	case !j.found:
		return runlog.Unexpected, j.decoding.explain(j.texts.body)
	case j.expect.Match != nil && !j.expect.Match.Match(j.match):
		return runlog.Unexpected, j.decoding.explain(j.texts.match)
	}
	if j.decoding.problem != "" && j.expect.needsAll() {
		return runlog.Unexpected, j.decoding.problem
	}
	if why := j.expect.unmet(j.match, j.size, j.decoding.bound != ""); why != "" {
		return runlog.Unexpected, j.decoding.explain(why)
	}
	return j.takeFromBody()
}

// Find has the judge look for the name of who answers; nil is for none. It comes after Reset.
func (j *Judge) Find(name *regexp.Regexp) {
	if j.host = name; name != nil {
		j.decoding.limit = EncodedLimit
	}
}

// Capture has the judge take the values of captures, of which an answer that lacks one is unexpected.
// It comes after Reset.
func (j *Judge) Capture(s *capture.Set, head capture.Head, v *capture.Values) {
	if j.class != runlog.Success {
		return
	}
	j.captures, j.values = s, v
	if s.InBody() {
		j.decoding.limit = EncodedLimit
	}
	j.lacks = s.FromHead(head, v)
}

// takeFromBody takes the values that are in the body of an answer which is else a success, and returns the
// verdict.
func (j *Judge) takeFromBody() (runlog.Class, string) {
	switch {
	case j.captures == nil:
		return runlog.Success, ""
	case j.lacks != nil:
		return runlog.Unexpected, j.lacks.Reason()
	}
	if j.lacks = j.captures.FromBody(j.match, j.values); j.lacks == nil {
		return runlog.Success, ""
	}
	if j.cut {
		j.lacks.Why += fmt.Sprintf(" in the first %d MiB", MatchLimit>>20)
	}
	j.lacks.Why = j.decoding.explain(j.lacks.Why)
	return runlog.Unexpected, j.lacks.Reason()
}

// Lacks is the name of the first capture for which the answer has no value, "" where it has all. It comes
// after Verdict.
func (j *Judge) Lacks() string {
	if j.lacks == nil {
		return ""
	}
	return j.lacks.Name
}

// Host is the name that Find asked for, as the body has it: nil where it has none. It comes
// after Verdict, and is overwritten by the next Reset.
func (j *Judge) Host() []byte {
	if j.host == nil {
		return nil
	}
	at := j.host.FindSubmatchIndex(j.match)
	switch {
	case at == nil:
		return nil
	case len(at) > 2:
		at = at[2:]
	}
	if at[0] < 0 {
		return nil // the group took no part
	}
	return j.match[at[0]:at[1]]
}

// Excerpt returns the beginning of the decoded body, at most [ExcerptSize] bytes. The next Reset
// overwrites it.
func (j *Judge) Excerpt() []byte {
	j.decode()
	return j.excerpt
}

// classOf returns the class of a status that was not expected.
func classOf(status int) runlog.Class {
	switch {
	case status >= 500:
		return runlog.HTTP5xx
	case status >= 400:
		return runlog.HTTP4xx
	default:
		return runlog.Unexpected
	}
}

func (j *Judge) statusReason(status int) string {
	if j.texts.statusOf != status || j.texts.status == "" {
		j.texts.statusOf = status
		j.texts.status = fmt.Sprintf("status %d, want %s", status, j.expect.statusWords())
	}
	return j.texts.status
}

func headerReason(h http.Header, name, text string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return fmt.Sprintf("header %s is missing", name)
	}
	if !slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, text) }) {
		return fmt.Sprintf("header %s does not contain %q", name, shortened(text))
	}
	return ""
}
