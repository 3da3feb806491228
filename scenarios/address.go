package scenarios

import (
	"math"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/internal/lazy"
)

// The pieces of addresses (RFC 3986), a little wider than the standard: other letters than
// those of ASCII may stand for themselves.
const (
	escape        = `%[0-9A-Fa-f]{2}`
	noControl     = `\x00-\x1f\x7f`
	schemePattern = `[hH][tT][tT][pP][sS]?://`
	userPattern   = `([^/?#@ ` + noControl + `]*@)?`
	hostPattern   = `(\[[0-9A-Fa-f:.]+(%25[^\[\]/?#@ ` + noControl + `]+)?\]|[^/?#@:%\[\]<>"\\^` + "`" + `{|} ` + noControl + `]+)`
	pathChar      = `([^/?#%` + noControl + `]|` + escape + `)`
)

var portPattern = `(:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?`

// addressPattern is a target: an http or https URL, or unix:/path/to.sock.
var addressPattern = `^(` + schemePattern + userPattern + hostPattern + portPattern +
	`(/(` + pathChar + `*/)*)?|unix:/+[^/\x00][^\x00]*)$`

// pathValue is a value of [template] in a path whose signs may not stand there by themselves.
const pathValue = `%\{[^{}]+\}|\{\{\$random:[^{}]*\}\}`

// pathPattern is a request's path with its query, or a whole URL.
var pathPattern = `^(` +
	schemePattern + hostPattern + portPattern + `(/(` + pathChar + `|` + pathValue + `|/)*)?` + // a whole URL
	`|/((` + pathChar + `|` + pathValue + `)(` + pathChar + `|` + pathValue + `|/)*)?` + // from the root
	`|([^/?#%:` + noControl + `]|` + escape + `|` + pathValue + `)+(/(` + pathChar + `|` + pathValue + `|/)*)?` + // below the target's own path
	`|\?[^#` + noControl + `]*)(\?[^#` + noControl + `]*)?$` // a query alone

var validAddress, validPath = lazy.Regexp(addressPattern), lazy.Regexp(pathPattern)

var localAddressPattern = `^(` + ipv4 + `|` + ipv6 + `(%[^%]+)?)$`

const octet = `(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`

var (
	ipv4 = `(` + octet + `\.){3}` + octet
	ipv6 = ipv6Pattern()
)

// ipv6Pattern is RFC 4291 §2.2: eight groups, of which :: stands for one or more that
// are 0, and the last two may be an IPv4 address.
func ipv6Pattern() string {
	const group = `[0-9a-fA-F]{1,4}`
	last := `(` + group + `:` + group + `|` + ipv4 + `)`
	all := []string{`(` + group + `:){6}` + last}
	for before := range 8 {
		head := ``
		if before > 0 {
			head = `(` + group + `:){0,` + strconv.Itoa(before-1) + `}` + group
		}
		tail := strconv.Itoa(max(0, 5-before))
		switch {
		case before <= 5:
			all = append(all, head+`::(`+group+`:){0,`+tail+`}`+last, head+`::`+group)
		case before == 6:
			all = append(all, head+`::`+group)
		}
		all = append(all, head+`::`)
	}
	return `(` + strings.Join(all, `|`) + `)`
}

func localAddress() form[netip.Addr] {
	pattern := lazy.Regexp(localAddressPattern)
	const words = "an IP address of this machine, such as 127.0.0.2"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: localAddressPattern})
	return scalar(words, schema, func(s string) (netip.Addr, error) {
		a, err := netip.ParseAddr(s)
		if err != nil || !pattern().MatchString(s) {
			return a, &refusal{message: "must be an IP address such as 127.0.0.2"}
		}
		return a, nil
	}, text).advised(func(s string) string {
		if a, err := netip.ParseAddrPort(s); err == nil {
			return "a port has no place here: write " + a.Addr().String()
		}
		if s == "localhost" {
			return "write 127.0.0.1"
		}
		return ""
	})
}

// address is a target: an http or https URL, or unix:/path/to.sock.
type address struct {
	url    *url.URL
	socket string
}

func targetAddress() form[address] {
	const words = "an address such as http://127.0.0.1:8080 or unix:/run/app.sock"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: addressPattern})
	return scalar(words, schema, parseAddress, text).advised(addressAdvice)
}

func parseAddress(s string) (address, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		socket := "/" + strings.TrimLeft(path, "/")
		if !strings.HasPrefix(path, "/") || socket == "/" || strings.ContainsRune(socket, 0) {
			return address{}, &refusal{"must name a socket by its full path", "write unix:/run/app.sock"}
		}
		return address{&url.URL{Scheme: "http", Host: "localhost"}, socket}, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return address{}, &refusal{message: "must be a valid URL"}
	case u.Scheme != "http" && u.Scheme != "https":
		return address{}, &refusal{"must begin with http://, https:// or unix:/", ""}
	case u.Hostname() == "":
		return address{}, &refusal{"must name a host", ""}
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return address{}, &refusal{"must have no query and no fragment", "put the query into the request's path"}
	case u.Path != "" && !strings.HasSuffix(u.Path, "/"):
		return address{}, &refusal{"must end its path with /", "request paths without a leading / are then resolved below it"}
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > math.MaxUint16 {
			return address{}, &refusal{"must have a port from 1 to 65535", ""}
		}
	}
	if !validAddress().MatchString(s) {
		return address{}, &refusal{message: "must be a valid URL"}
	}
	return address{url: u}, nil
}

var (
	bareHost = lazy.Regexp(`^(\[[0-9A-Fa-f:]+\]|[\p{L}0-9._-]+)(:[0-9]{1,5})?(/.*)?$`)
	slipped  = lazy.Regexp(`^(?i:[htps]{2,6})[:;][/\\]*([^/\\:;].*)$`) // http:/, htp://, http:\\
	bareIPv6 = lazy.Regexp(`^(https?://)([0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f]*)(/.*)?$`)
)

// addressAdvice knows what people leave out of an address, and how they slip.
func addressAdvice(s string) string {
	if strings.Trim(s, "“”„‘’«»") != s {
		return `“ and ” are no quotes of YAML: write "`
	}
	u, err := url.Parse(straightened(s))
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https":
		return ""
	case u.Path != "" && !strings.HasSuffix(u.Path, "/") || u.RawQuery != "":
		return "write " + u.Scheme + "://" + u.Host + ", and the rest into the request's path"
	}
	if u.Fragment = ""; !validAddress().MatchString(u.String()) {
		return ""
	}
	return "write " + u.String()
}

// straightened is an address with its scheme and its brackets, as far as they can be told.
func straightened(s string) string {
	if form := bareIPv6().FindStringSubmatch(s); form != nil {
		return form[1] + "[" + form[2] + "]" + form[3]
	}
	if form := slipped().FindStringSubmatch(s); form != nil {
		if strings.ContainsAny(s[:3], ":;") || !strings.ContainsAny(s[:min(len(s), 6)], "sS") {
			return "http://" + form[1]
		}
		return "https://" + form[1]
	}
	if form := bareHost().FindStringSubmatch(s); form != nil {
		if form[2] == ":443" {
			return "https://" + s
		}
		return "http://" + s
	}
	return s
}

func requestPath() form[*url.URL] {
	const words = "a path such as /index.php, or a whole URL"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: pathPattern})
	return scalar(words, schema, func(s string) (*url.URL, error) {
		t, err := template.Parse(s)
		if err != nil {
			return nil, &refusal{message: err.Error()}
		}
		s = t.With(func(template.Value) string { return valueInPath })
		u, err := url.Parse(s)
		switch {
		case strings.Contains(s, "#"):
			return nil, &refusal{"must have no fragment: it is never sent", "write # as %23"}
		case err != nil && badEscape().MatchString(s):
			return nil, &refusal{"holds a % that begins no escape", "write % as %25"}
		case err != nil || s == "":
			return nil, &refusal{message: "must be " + words}
		case strings.HasPrefix(s, "//"):
			return nil, &refusal{"must not begin with //, which names another host", "write the whole URL, or a single /"}
		case u.User != nil:
			return nil, &refusal{"must hold no user and no password", "use auth"}
		case !validPath().MatchString(s):
			return nil, &refusal{message: "must be " + words}
		}
		return u, nil
	}, text)
}

// valueInPath stands for a value while a path is checked: a sign that no host may hold.
const valueInPath = "|"

var badEscape = lazy.Regexp(`%($|[^0-9A-Fa-f]|.$|.[^0-9A-Fa-f])`)
