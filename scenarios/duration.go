package scenarios

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/internal/lazy"
)

// mostDuration keeps every sum of durations within a [time.Duration], and a run within
// what can be stored.
const mostDuration = 31 * 24 * time.Hour

// durationPattern is a duration as scenarios have it: Go's, from hours down, each unit
// once and no more of it than the longest has. Its fractions are of steps at the
// least, so that a digit which is not 0 means a duration above 0. It matches "" too.
func durationPattern(step, most time.Duration) string {
	var b strings.Builder
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}, {"[uµμ]s", time.Microsecond}, {"ns", time.Nanosecond}} {
		if u.unit < step {
			break
		}
		amount := `0*` + atMost(int64(most/u.unit))
		if places := int(math.Log10(float64(min(u.unit, time.Second) / step))); places > 0 {
			amount = fmt.Sprintf(`(%s(\.[0-9]{0,%[2]d})?|\.[0-9]{1,%[2]d})`, amount, places)
		}
		b.WriteString("(" + amount + u.name + ")?")
	}
	return b.String()
}

// durationSchema is that of durations which are at least 0, or at least one step.
func durationSchema(least, step, most time.Duration) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Pattern: `^\+?` + durationPattern(step, most) + `$`}
	some := `[0-9]`
	if least > 0 {
		some = `[1-9]`
	}
	s.AllOf = []*jsonschema.Schema{{Pattern: some}}
	return s
}

// duration is a Go duration, at least 0 or one step. A bare number is refused: loader.io
// counts a test's duration in seconds and its timeout in milliseconds, so it could be
// either.
func duration(least time.Duration) form[time.Duration] {
	words, step, most, def := "a duration with its unit, such as 90s, 1m30s or 500ms", time.Nanosecond, mostDuration, durationDef
	switch least {
	case 1:
		def = someDurationDef
	case time.Millisecond:
		words, step, most, def = "a duration of whole milliseconds, such as 500ms, 10s or 1m30s", least, attack.MaxTimeout, timeoutDef
	}
	return withUnit(scalar(words, orVariable(reference(def)), durationParser(words, least, step, most), text).advised(durationAdvice))
}

// durationParser reads durations of whole steps from least to most.
func durationParser(words string, least, step, most time.Duration) func(string) (time.Duration, error) {
	pattern := lazy.Regexp(`^\+?` + durationPattern(step, most) + `$`)
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		switch {
		case err == nil && d > most:
			return 0, &refusal{message: "must be at most " + short(most)}
		case err == nil && d < least && least == 1:
			return 0, &refusal{message: "must be above 0"}
		case err == nil && d < least:
			return 0, &refusal{message: fmt.Sprintf("must be at least %v", least)}
		case err != nil, !pattern().MatchString(s):
			return 0, &refusal{message: "must be " + words}
		}
		return d, nil
	}
}

// withUnit refuses bare numbers.
func withUnit[V any](f form[V]) form[V] {
	decode := f.decode
	f.decode = func(d *decoder, n *node) (V, bool) {
		if n.bare() {
			d.fault(n, "needs a unit"+n.got(), unitHint(n))
			var none V
			return none, false
		}
		return decode(d, n)
	}
	return f
}

// unitHint gives a bare number its units, unless it may not be shown.
func unitHint(n *node) string {
	if n.hidden() {
		return "write s behind it for seconds or ms for milliseconds"
	}
	return fmt.Sprintf("write %[1]ss for seconds or %[1]sms for milliseconds", n.text)
}

// spokenUnits are units of time as people and other tools write them, in the singular.
var spokenUnits = map[string]time.Duration{
	"us": time.Microsecond, "µs": time.Microsecond, "usec": time.Microsecond, "microsecond": time.Microsecond,
	"ms": time.Millisecond, "msec": time.Millisecond, "milli": time.Millisecond, "millisecond": time.Millisecond,
	"s": time.Second, "sec": time.Second, "second": time.Second,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

// spokenUnit is a unit of time, 0 when the word is none.
func spokenUnit(word string) time.Duration {
	word = strings.ToLower(word)
	if unit, ok := spokenUnits[word]; ok {
		return unit
	}
	return spokenUnits[strings.TrimSuffix(word, "s")]
}

var (
	spokenPart = lazy.Regexp(`([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-zµ]+)`)
	clockForm  = lazy.Regexp(`^(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{2})$`)
	isoForm    = lazy.Regexp(`^P(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9.]+S)?)?$`)
)

// durationAdvice understands "2 minutes", 90sec, 1d, 1:30 and PT1M.
func durationAdvice(s string) string {
	if _, err := time.ParseDuration(s); err == nil && strings.Trim(s, "0123456789.hmsunµμ") == "" {
		return "" // it is one, and too long or too short
	}
	if form := clockForm().FindStringSubmatch(s); form != nil {
		if form[1] == "" {
			return fmt.Sprintf("write %[1]sm%[2]ss for minutes and seconds, or %[1]sh%[2]sm for hours and minutes", form[2], form[3])
		}
		return fmt.Sprintf("write %sh%sm%ss", form[1], form[2], form[3])
	}
	if isoForm().MatchString(s) {
		s = strings.NewReplacer("P", "", "T", "").Replace(s)
	}
	if rest := strings.ReplaceAll(spokenPart().ReplaceAllString(s, ""), "and", ""); strings.Trim(rest, " ,+") != "" {
		return ""
	}
	sum := 0.0
	for _, part := range spokenPart().FindAllStringSubmatch(s, -1) {
		unit := spokenUnit(strings.TrimPrefix(part[2], "and"))
		v, err := strconv.ParseFloat(strings.Replace(part[1], ",", ".", 1), 64)
		if unit == 0 || err != nil {
			return ""
		}
		sum += v * float64(unit)
	}
	if d := time.Duration(math.Round(sum)); sum > 0 && sum <= float64(mostDuration) && short(d) != s {
		return "write " + short(d)
	}
	return ""
}

// short is a duration without parts that are 0: 2m, not 2m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
