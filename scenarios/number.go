package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/lazy"
)

// wholeNumber is an integer between two bounds, both included. As in JSON Schema 50.0
// and 1e3 are integers. YAML's octal and hex numbers are not taken: editors and people
// read them differently.
func wholeNumber(least, most int) form[int] {
	lo, hi := float64(least), float64(most)
	schema := orVariable(&jsonschema.Schema{Type: "integer", Minimum: &lo, Maximum: &hi})
	plain := lazy.Regexp(`^[+-]?(0|[1-9][0-9]*)$`)
	words := fmt.Sprintf("a whole number from %d to %d", least, most)
	return scalar(words, schema, func(s string) (int, error) {
		s = whole(s)
		if !plain().MatchString(s) {
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
	}, integer, decimal).advised(wholeAdvice)
}

// whole is a decimal number without its point and its exponent, where nothing is lost by
// that; everything else is itself.
func whole(s string) string {
	if !strings.ContainsAny(s, ".eE") || !decimalForm().MatchString(s) {
		return s
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil && v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return s
}

// thousands is a number with its thousands set apart, or counted.
var thousands = lazy.Regexp(`^([0-9]{1,3}(?:[_,. '][0-9]{3})+|[0-9_]+)([kKmM]?)$`)

func wholeAdvice(s string) string {
	if form := thousands().FindStringSubmatch(s); form != nil {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, form[1])
		digits += map[string]string{"k": "000", "m": "000000"}[strings.ToLower(form[2])]
		if plain := strings.TrimLeft(digits, "0"); plain != "" && plain != s {
			return "write " + plain
		}
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil && strings.ContainsAny(s, "xXoObB") {
		return fmt.Sprintf("write %d", n)
	}
	return ""
}

// percent is a share written with its sign: a bare 1 could be 1 % or all. most is a
// power of ten.
func percent(most int) form[float64] {
	words := fmt.Sprintf("a percentage from 0%% to %d%%", most)
	pattern := fmt.Sprintf(`^(%d(\.0+)?|[0-9]{1,%d}(\.[0-9]+)?) ?%%$`, most, len(strconv.Itoa(most))-1)
	re := lazy.Regexp(pattern)
	schema := orVariable(&jsonschema.Schema{Type: "string", Pattern: pattern})
	f := scalar(words, schema, func(s string) (float64, error) {
		if !re().MatchString(s) {
			return 0, &refusal{message: "must be " + words}
		}
		v, err := strconv.ParseFloat(strings.TrimRight(s, " %"), 64)
		return v / 100, err
	}, text).advised(func(s string) string {
		advice := shareAdvice(s)
		if share, is := strings.CutPrefix(advice, "write "); is && !re().MatchString(share) {
			return "" // it is beyond the bounds however it is written
		}
		return advice
	})
	decode := f.decode
	f.decode = func(d *decoder, n *node) (float64, bool) {
		if n.bare() {
			hint := "write % behind it"
			if !n.hidden() {
				hint = bareShareAdvice(n.text)
			}
			d.fault(n, "needs its sign"+n.got(), hint)
			return 0, false
		}
		return decode(d, n)
	}
	return f
}

// bareNumber is a value that lacks its unit.
var bareNumber = lazy.Regexp(`^[0-9.]+$`)

// bare reports that a value is a number that lacks its unit or its sign.
func (n *node) bare() bool {
	return n.kind == integer || n.kind == decimal || n.scalar() && bareNumber().MatchString(n.text)
}

// bareShareAdvice knows that 0.5 can be half a percent, or a half.
func bareShareAdvice(s string) string {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v > 0 && v < 1 {
		return fmt.Sprintf("write %s%%, or %s%% if you meant a fraction of 1", s, number(v*100))
	}
	return fmt.Sprintf("write %s%%", s)
}

var spokenShare = lazy.Regexp(`(?i)^([0-9]+)(?:[.,]([0-9]+))?\s*(?:%|percent|pct|per cent)$`)

func shareAdvice(s string) string {
	form := spokenShare().FindStringSubmatch(s)
	switch {
	case form == nil:
		return ""
	case form[2] != "":
		return "write " + form[1] + "." + form[2] + "%"
	}
	return "write " + form[1] + "%"
}

// ratePattern is a rate as text, with or without its unit.
var ratePattern = `(0*` + atMost(plan.MaxRate) + `(\.[0-9]{0,40})?|\.[0-9]{1,40})(/s)?`

// perSecond is a rate: 200, 0.5 or 200/s. A rate above 0 is asked for, or at least 0.
func perSecond(above bool) form[float64] {
	const words = "a rate per second, such as 200 or 200/s"
	anchored := `^` + ratePattern + `$`
	pattern := lazy.Regexp(anchored)
	least, most := 0.0, float64(plan.MaxRate)
	asNumber := &jsonschema.Schema{Type: "number", Minimum: &least, Maximum: &most}
	asText := &jsonschema.Schema{Type: "string", Pattern: anchored}
	if above {
		asNumber.Minimum, asNumber.ExclusiveMinimum = nil, &least
		asText.AllOf = []*jsonschema.Schema{{Pattern: `^[0.]*[1-9]`}}
	}
	schema := orVariable(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{asNumber, asText}})
	return scalar(words, schema, func(s string) (float64, error) {
		if !pattern().MatchString(s) {
			return 0, &refusal{message: "must be " + words}
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(s, "/s"), 64)
		switch {
		case err != nil || v > most:
			return 0, &refusal{message: fmt.Sprintf("must be at most %d/s", plan.MaxRate)}
		case above && v == 0:
			return 0, &refusal{message: "must be above 0"}
		}
		return v, nil
	}, text, integer, decimal).advised(rateAdvice).withoutExponents()
}

// withoutExponents has numbers such as 1e3 read as 1000.
func (f form[V]) withoutExponents() form[V] {
	decode := f.decode
	f.decode = func(d *decoder, n *node) (V, bool) {
		if v, err := strconv.ParseFloat(n.text, 64); n.kind == decimal && err == nil {
			plain := *n
			plain.text = strconv.FormatFloat(v, 'f', -1, 64)
			n = &plain
		}
		return decode(d, n)
	}
	return f
}

// spokenRate is a rate in another unit of time: 30/m, 1/60, 100 rps, 50 requests per minute.
var spokenRate = lazy.Regexp(`(?i)^([0-9]+(?:\.[0-9]+)?)(k?)\s*(?:rps|qps|tps|hz|(?:req(?:uest)?s?)?\s*(?:/|per|an?)\s*([0-9]+(?:\.[0-9]+)?)?\s*([a-zµ]*))$`)

func rateAdvice(s string) string {
	form := spokenRate().FindStringSubmatch(s)
	if form == nil {
		return ""
	}
	v, err := strconv.ParseFloat(form[1], 64)
	if form[2] != "" {
		v *= 1000
	}
	unit := spokenUnit(cmp.Or(form[4], "s"))
	if form[3] != "" {
		n, bad := strconv.ParseFloat(form[3], 64)
		v, err = v/n, errors.Join(err, bad)
	}
	if v /= unit.Seconds(); err != nil || unit == 0 || v <= 0 || math.IsInf(v, 0) {
		return ""
	}
	return fmt.Sprintf("rates are per second: write %s", number(v))
}

// number is a figure for a hint, in at most six digits.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// statusRange is a status code, a class or a range of codes.
func statusRange() form[attack.StatusRange] {
	const words = "a status code from 100 to 599, a class such as 2xx or a range such as 300-399"
	pattern := `^[1-5]([0-9]{2}|xx|[0-9]{2}-[1-5][0-9]{2})$`
	lo, hi := 100.0, 599.0
	schema := orVariable(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "integer", Minimum: &lo, Maximum: &hi},
		{Type: "string", Pattern: pattern},
	}})
	re := lazy.Regexp(pattern)
	return scalar(words, schema, func(s string) (attack.StatusRange, error) {
		s = whole(s)
		if !re().MatchString(s) {
			return attack.StatusRange{}, &refusal{message: "must be " + words}
		}
		// 399-300 are the codes between the two, too: a pattern cannot tell which is higher.
		if from, to, isRange := strings.Cut(s, "-"); isRange && from > to {
			s = to + "-" + from
		}
		return attack.ParseStatusRange(s)
	}, text, integer, decimal).advised(statusAdvice)
}

var (
	statusCodes = lazy.Regexp(`[1-5][0-9]{2}`)
	statusClass = lazy.Regexp(`^([1-5])(?:[0-9]|[xX*.]{1,2}|[0-9][xX*.])?$`)
	statusSpan  = lazy.Regexp(`^([1-5][0-9]{2})\s*(?:-|–|\.\.+|to)\s*([1-5][0-9]{2})$`)
)

func statusAdvice(s string) string {
	if form := statusSpan().FindStringSubmatch(s); form != nil {
		return "write " + form[1] + "-" + form[2]
	}
	if form := statusClass().FindStringSubmatch(s); form != nil {
		return fmt.Sprintf("write %[1]s00, or %[1]sxx for the whole class", form[1])
	}
	switch codes := statusCodes().FindAllString(s, -1); {
	case len(codes) == 1 && strings.HasPrefix(s, codes[0]+" "):
		return "write " + codes[0]
	case len(codes) > 1 && strings.Trim(statusCodes().ReplaceAllString(s, ""), " ,;|/") == "":
		return "write [" + strings.Join(slices.Compact(codes), ", ") + "]"
	}
	return ""
}

// atMost is the pattern of the numbers from 0 to n, without leading zeros.
func atMost(n int64) string {
	digits := strconv.FormatInt(n, 10)
	alternatives := []string{digits}
	if len(digits) > 1 {
		alternatives = append(alternatives, fmt.Sprintf("[0-9]{1,%d}", len(digits)-1))
	}
	for i, d := range digits {
		lowest := '0'
		if i == 0 && len(digits) > 1 {
			lowest = '1'
		}
		if d == lowest {
			continue
		}
		p := fmt.Sprintf("%s[%c-%c]", digits[:i], lowest, d-1)
		if rest := len(digits) - i - 1; rest > 0 {
			p += fmt.Sprintf("[0-9]{%d}", rest)
		}
		alternatives = append(alternatives, p)
	}
	return "(" + strings.Join(alternatives, "|") + ")"
}
