package convert

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The parts of a HAR that requests are made of (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec).
type (
	harFile struct {
		Log *struct {
			Entries []harEntry `json:"entries"`
		} `json:"log"`
	}
	harEntry struct {
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		// ResourceType is what Chromium's developer tools take the answer for.
		ResourceType string `json:"_resourceType"`
		// Started is an instant as RFC 3339 has it, Took milliseconds; what else stands there is not used.
		Started any `json:"startedDateTime"`
		Took    any `json:"time"`
	}
	harRequest struct {
		Method   string     `json:"method"`
		URL      string     `json:"url"`
		Headers  []harField `json:"headers"`
		PostData *struct {
			MimeType string     `json:"mimeType"`
			Text     string     `json:"text"`
			Encoding string     `json:"encoding"` // "base64", as some programs write what is no text
			Params   []harField `json:"params"`
		} `json:"postData"`
	}
	harResponse struct {
		Status  int        `json:"status"`
		Headers []harField `json:"headers"`
		Content struct {
			MimeType string `json:"mimeType"`
		} `json:"content"`
	}
	harField struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// HAR makes a scenario of what a browser recorded: its requests in order, with the pauses between them. The target is the site of
// the first page. Cookies that an answer sets are left out: clients keep those themselves.
func HAR(src []byte, o Options) (*Scenario, error) {
	var file harFile
	if err := decodeJSON(src, &file); err != nil {
		return nil, err
	}
	if file.Log == nil {
		return nil, errors.New("is no HAR: it has no log")
	}
	r := &recording{builder: newBuilder(o), cookies: map[string]bool{}}
	if site := r.siteOf(file.Log.Entries); site != nil {
		r.site = site.Hostname()
		r.setTarget(originOf(site)) // a page behind a redirect from http:// is what the recording is of
	}
	for i, e := range file.Log.Entries {
		if err := r.take(e); err != nil {
			return nil, fmt.Errorf("entry %d of the log: %w", i+1, err)
		}
	}
	r.count()
	r.think()
	return r.scenario()
}

// decodeJSON reads JSON; the error has the line.
func decodeJSON(src []byte, into any) error {
	err := json.Unmarshal(bytes.TrimPrefix(src, []byte("\ufeff")), into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: is no JSON: %w", lineAt(src, syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s must not be a JSON %s", lineAt(src, kind.Offset), kind.Field, kind.Value)
	}
	return err
}

func lineAt(src []byte, offset int64) int {
	return 1 + bytes.Count(src[:min(max(offset, 0), int64(len(src)))], []byte("\n"))
}

// recording takes over entries of one HAR.
type recording struct {
	*builder
	site    string // host name of the target
	cookies map[string]bool
	spans   []span // of the requests that are taken
	// left counts what is left out by what it is.
	assets, thirdParties, unanswered, preflights, other int
	hosts                                               []string // of third parties
}

// siteOf is the address of the first page that was shown, or else of the first request; nil without one.
func (r *recording) siteOf(entries []harEntry) *url.URL {
	var first *url.URL
	for _, e := range entries {
		u, err := parse(e.Request.URL)
		if err != nil {
			continue
		}
		if first == nil {
			first = u
		}
		page := e.ResourceType == "document" || strings.HasPrefix(e.Response.Content.MimeType, "text/html")
		if page && e.Response.Status >= 200 && e.Response.Status < 300 {
			return u
		}
	}
	return first
}

func (r *recording) take(e harEntry) error {
	u, err := parse(e.Request.URL)
	switch {
	case err != nil && !strings.HasPrefix(e.Request.URL, "http"), !slices.Contains(methods, e.Request.Method):
		r.other++ // data:, blob: and chrome-extension: ask no server
		return nil
	case err != nil:
		return err
	}
	defer r.remember(e.Response)
	switch {
	case e.Response.Status <= 0:
		r.unanswered++
		return nil
	case !strings.EqualFold(u.Hostname(), r.site) && !r.options.ThirdParties:
		r.thirdParties++
		if !slices.Contains(r.hosts, u.Hostname()) {
			r.hosts = append(r.hosts, u.Hostname())
		}
		return nil
	case isAsset(e, u) && !r.options.Assets:
		r.assets++
		return nil
	case isPreflight(e):
		r.preflights++
		return nil
	}
	x := exchange{method: e.Request.Method, address: e.Request.URL, header: r.headers(e.Request.Headers)}
	if x.body, err = e.Request.body(); err != nil {
		r.leaveOut("the body of %s %s: %v; keep it in a file, and name that under body_file", e.Request.Method, u.Path, err)
	}
	if e.Response.Status >= http.StatusBadRequest {
		x.status = strconv.Itoa(e.Response.Status)
	}
	r.spans = append(r.spans, spanOf(e))
	return r.add(x, literal)
}

// body is the body as it was sent; of a form that has only its fields, those.
func (r harRequest) body() (string, error) {
	data := r.PostData
	switch {
	case data == nil:
		return "", nil
	case data.Encoding == "base64":
		text, err := base64.StdEncoding.DecodeString(data.Text)
		return string(text), err
	case data.Text != "":
		return data.Text, nil
	case len(data.Params) > 0 && strings.HasPrefix(data.MimeType, "multipart/"):
		return "", errors.New("the recording has its fields alone, and not how they were sent")
	}
	var pieces []string
	for _, p := range data.Params {
		pieces = append(pieces, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
	}
	return strings.Join(pieces, "&"), nil
}

// headers are the headers of a request without those of the browser's own cache, which would spare
// the target its work, and without the cookies that answers have set.
func (r *recording) headers(recorded []harField) []field {
	var all []field
	for _, h := range recorded {
		switch strings.ToLower(h.Name) {
		case "if-none-match", "if-modified-since":
			r.leaveOut("headers %s: the target would answer from the browser's cache, without its work", h.Name)
			continue
		case "cookie":
			if h.Value = r.ownCookies(h.Value); h.Value == "" {
				continue
			}
		}
		all = append(all, field{h.Name, h.Value})
	}
	return all
}

// ownCookies are the cookies of a header that no answer has set.
func (r *recording) ownCookies(header string) string {
	var own []string
	for pair := range strings.SplitSeq(header, ";") {
		pair = strings.TrimSpace(pair)
		if name, _, _ := strings.Cut(pair, "="); pair != "" && !r.cookies[name] {
			own = append(own, pair)
		}
	}
	return strings.Join(own, "; ")
}

// remember notes the cookies that an answer sets. Browsers join several such headers by newlines.
func (r *recording) remember(answer harResponse) {
	for _, h := range answer.Headers {
		if !strings.EqualFold(h.Name, "set-cookie") {
			continue
		}
		for line := range strings.SplitSeq(h.Value, "\n") {
			name, _, _ := strings.Cut(line, "=")
			r.cookies[strings.TrimSpace(name)] = true
		}
	}
}

// isAsset reports that a request asks for a part of a page that a server sends as it lies there.
func isAsset(e harEntry, u *url.URL) bool {
	switch e.ResourceType {
	case "image", "stylesheet", "script", "font", "media", "manifest", "texttrack":
		return true
	case "document", "xhr", "fetch":
		return false
	}
	kind, _, _ := strings.Cut(strings.ToLower(e.Response.Content.MimeType), ";")
	for _, part := range []string{"image/", "font/", "audio/", "video/", "text/css", "javascript", "ecmascript", "font-", "wasm", "manifest+json"} {
		if strings.Contains(kind, part) {
			return true
		}
	}
	return path.Base(u.Path) == "favicon.ico"
}

// isPreflight reports that the browser asked by itself whether it may ask.
func isPreflight(e harEntry) bool {
	return e.ResourceType == "preflight" || e.Request.Method == http.MethodOptions &&
		slices.ContainsFunc(e.Request.Headers, func(h harField) bool { return strings.EqualFold(h.Name, "Access-Control-Request-Method") })
}

// count says how many entries are left out.
func (r *recording) count() {
	say := func(n int, what string, args ...any) {
		if n > 0 {
			r.leaveOut("%d × %s", n, fmt.Sprintf(what, args...))
		}
	}
	const most = 5
	hosts := strings.Join(r.hosts[:min(len(r.hosts), most)], ", ")
	if len(r.hosts) > most {
		hosts += ", …"
	}
	say(r.assets, "an image, style, script, font or other asset; --assets takes them")
	say(r.thirdParties, "a request to another host than %s (%s); --third-parties takes them", r.site, hosts)
	say(r.preflights, "a question of the browser whether it may ask (preflight)")
	say(r.unanswered, "a request that the recording has no answer to")
	say(r.other, "an entry that no scenario can ask for, such as data:, a WebSocket or PROPFIND")
}
