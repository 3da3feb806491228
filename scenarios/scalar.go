package scenarios

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
)

// scalar is a form whose values are read from their text. kinds are those that
// may be written without a variable.
func scalar[V any](words string, schema *jsonschema.Schema, parse func(string) (V, error), kinds ...kind) form[V] {
	verbatim := true
	for _, k := range kinds {
		verbatim = verbatim && k == text
	}
	s := shape{words: words, schema: schema, verbatim: verbatim}
	return form[V]{shape: s, decode: func(d *decoder, n *node) (V, bool) {
		var none V
		if !n.is(kinds...) {
			d.fault(n, "must be "+words+""+n.got(), quotesHint(n, kinds))
			return none, false
		}
		value, err := parse(n.text)
		if fault := (*refusal)(nil); errors.As(err, &fault) {
			d.fault(n, fault.message+""+n.got(), fault.hint)
			return none, false
		}
		if err != nil {
			d.wrong(n, words, err)
			return none, false
		}
		return value, true
	}}
}

// is reports that n is of one of the kinds, or text that variables were filled
// into, which may turn out to be anything.
func (n *node) is(kinds ...kind) bool {
	for _, k := range kinds {
		if n.kind == k {
			return true
		}
	}
	return n.kind == text && n.filled
}

// quotesHint says where quotes are what is missing, or too much.
func quotesHint(n *node, kinds []kind) string {
	wantsText := false
	for _, k := range kinds {
		wantsText = wantsText || k == text
	}
	switch {
	case n.secret || len(n.variables) > 0:
		return ""
	case wantsText && n.scalar() && n.kind != nothing:
		return fmt.Sprintf("write it in quotes: %q", shorten(n.text))
	case !wantsText && n.kind == text:
		if _, err := strconv.ParseFloat(n.text, 64); err == nil {
			return "write it without quotes"
		}
	}
	return ""
}

// refusal is a parse error with words of its own in place of the form's.
type refusal struct{ message, hint string }

func (r *refusal) Error() string { return r.message }

// anyText is text of at least some characters.
func anyText(words string, least int) form[string] {
	schema := &jsonschema.Schema{Type: "string"}
	if least > 0 {
		schema.MinLength = &least
	}
	return scalar(words, schema, func(s string) (string, error) {
		if len([]rune(s)) < least {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text)
}

// textLike is text of a pattern that the schema can say too.
func textLike(words, pattern string) form[string] {
	re := regexp.MustCompile(pattern)
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: pattern})
	return scalar(words, schema, func(s string) (string, error) {
		if !re.MatchString(s) {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text)
}

// looseText takes numbers and booleans for text, for header values.
func looseText() form[string] {
	schema := &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
	return scalar("text", schema, func(s string) (string, error) {
		if strings.ContainsAny(s, "\r\n\x00") {
			return "", &refusal{message: "must be one line of text"}
		}
		return s, nil
	}, text, integer, decimal, boolean)
}

// wholeNumber is an integer between two bounds, both included. YAML's octal, hex
// and underscored numbers are not taken: editors and people read them differently.
func wholeNumber(least, most int) form[int] {
	lo, hi := float64(least), float64(most)
	schema := orVariable(&jsonschema.Schema{Type: "integer", Minimum: &lo, Maximum: &hi})
	plain := regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)$`)
	words := fmt.Sprintf("a whole number from %d to %d", least, most)
	return scalar(words, schema, func(s string) (int, error) {
		if !plain.MatchString(s) {
			return 0, &refusal{message: "must be a whole number in plain digits"}
		}
		n, err := strconv.Atoi(s)
		switch {
		case err != nil && !strings.HasPrefix(s, "-"), n > most:
			return 0, &refusal{message: fmt.Sprintf("must be at most %d", most)}
		case err != nil, n < least:
			return 0, &refusal{message: fmt.Sprintf("must be at least %d", least)}
		}
		return n, nil
	}, integer)
}

func truth() form[bool] {
	schema := orVariable(&jsonschema.Schema{Type: "boolean"})
	return scalar("true or false", schema, strconv.ParseBool, boolean)
}

// bareNumber is a value that lacks its unit.
var bareNumber = regexp.MustCompile(`^[0-9.]+$`)

const durationPattern = `(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+`

// mostDuration keeps every sum of durations within a [time.Duration], and a run within
// what can be stored.
const mostDuration = 31 * 24 * time.Hour

// duration is a Go duration. A bare number is refused: loader.io counts a test's
// duration in seconds and its timeout in milliseconds, so it could be either.
func duration(least time.Duration) form[time.Duration] {
	const words = "a duration with its unit, such as 90s, 1m30s or 500ms"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: `^\+?` + durationPattern + `$`})
	f := scalar(words, schema, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			return 0, &refusal{message: "must be " + words}
		case d < least:
			return 0, &refusal{message: fmt.Sprintf("must be at least %v", least)}
		case d > mostDuration:
			return 0, &refusal{message: fmt.Sprintf("must be at most %vh", mostDuration.Hours())}
		}
		return d, nil
	}, text)
	typed := f.decode
	f.decode = func(d *decoder, n *node) (time.Duration, bool) {
		if n.bare() {
			d.fault(n, "needs a unit"+n.got(), unitHint(n))
			return 0, false
		}
		return typed(d, n)
	}
	return f
}

// bare reports that a value is a number that lacks its unit or its sign.
func (n *node) bare() bool {
	return n.kind == integer || n.kind == decimal || n.scalar() && bareNumber.MatchString(n.text)
}

// unitHint gives a bare number its units, unless it may not be shown.
func unitHint(n *node) string {
	if n.secret || len(n.variables) > 0 {
		return "write s behind it for seconds or ms for milliseconds"
	}
	return fmt.Sprintf("write %[1]ss for seconds or %[1]sms for milliseconds", n.text)
}

// percent is a share written with its sign: a bare 1 could be 1 % or all. most is a
// power of ten.
func percent(most int) form[float64] {
	words := fmt.Sprintf("a percentage from 0%% to %d%%", most)
	pattern := fmt.Sprintf(`^(%d(\.0+)?|[0-9]{1,%d}(\.[0-9]+)?) ?%%$`, most, len(strconv.Itoa(most))-1)
	re := regexp.MustCompile(pattern)
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: pattern})
	f := scalar(words, schema, func(s string) (float64, error) {
		if !re.MatchString(s) {
			return 0, &refusal{message: "must be " + words}
		}
		v, err := strconv.ParseFloat(strings.TrimRight(s, " %"), 64)
		return v / 100, err
	}, text)
	typed := f.decode
	f.decode = func(d *decoder, n *node) (float64, bool) {
		if n.bare() {
			hint := "write % behind it"
			if !n.secret && len(n.variables) == 0 {
				hint = fmt.Sprintf("write %s%%", n.text)
			}
			d.fault(n, "needs its sign"+n.got(), hint)
			return 0, false
		}
		return typed(d, n)
	}
	return f
}

const ratePattern = `([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE]\+?[0-9]+)?(/s)?`

// perSecond is a rate: 200, 0.5 or 200/s.
func perSecond() form[float64] {
	const words = "a rate per second, such as 200 or 200/s"
	zero := 0.0
	pattern := `^` + ratePattern + `$`
	re := regexp.MustCompile(pattern)
	schema := orVariable(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "number", Minimum: &zero},
		{Type: "string", Pattern: pattern},
	}})
	return scalar(words, schema, func(s string) (float64, error) {
		if !re.MatchString(s) {
			return 0, &refusal{message: "must be " + words}
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(s, "/s"), 64)
		if err != nil { // out of range
			return 0, &refusal{message: "must be " + words}
		}
		return v, nil
	}, text, integer, decimal)
}

// statusRange is a status code, a class or a range of codes.
func statusRange() form[attack.StatusRange] {
	const words = "a status code from 100 to 599, a class such as 2xx or a range such as 300-399"
	pattern := `^[1-5]([0-9]{2}|xx|[0-9]{2}-[1-5][0-9]{2})$`
	lo, hi := 100.0, 599.0
	schema := orVariable(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "integer", Minimum: &lo, Maximum: &hi},
		{Type: "string", Pattern: pattern},
	}})
	re := regexp.MustCompile(pattern)
	return scalar(words, schema, func(s string) (attack.StatusRange, error) {
		if !re.MatchString(s) {
			return attack.StatusRange{}, &refusal{message: "must be " + words}
		}
		from, to, isRange := strings.Cut(s, "-")
		if class, ok := strings.CutSuffix(s, "xx"); ok {
			from, to, isRange = class+"00", class+"99", true
		}
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if a > b {
			return attack.StatusRange{}, &refusal{message: "must run from the lower code to the higher"}
		}
		return attack.StatusRange{From: a, To: b}, errors.Join(errA, errB)
	}, text, integer)
}

func regularExpression() form[*regexp.Regexp] {
	schema := &jsonschema.Schema{Type: "string", Format: "regex"}
	return scalar("a regular expression in Go's syntax (RE2)", schema, regexp.Compile, text)
}

func localAddress() form[netip.Addr] {
	least := 1
	return scalar("an IP address of this machine, such as 127.0.0.2", &jsonschema.Schema{Type: "string", MinLength: &least}, func(s string) (netip.Addr, error) {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return a, &refusal{message: "must be an IP address such as 127.0.0.2"}
		}
		return a, nil
	}, text)
}

// address is a target: an http or https URL, or unix:/path/to.sock.
type address struct {
	url    *url.URL
	socket string
}

func targetAddress() form[address] {
	const words = "an address such as http://127.0.0.1:8080 or unix:/run/app.sock"
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: `^(https?://[^/]|unix:/)`})
	return scalar(words, schema, parseAddress, text)
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
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return address{}, &refusal{"must have no query and no fragment", "put the query into the request's path"}
	case u.Path != "" && !strings.HasSuffix(u.Path, "/"):
		return address{}, &refusal{"must end its path with /", "request paths without a leading / are then resolved below it"}
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > math.MaxUint16 {
			return address{}, &refusal{"must have a port from 1 to 65535", ""}
		}
	}
	return address{url: u}, nil
}
