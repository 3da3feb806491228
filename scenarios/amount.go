package scenarios

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/internal/lazy"
)

// amount is a figure of which only its key's neighbours say what it measures.
type amount struct {
	// value is in milliseconds, a share from 0 to 1, per second, or a bare number, which
	// is a count here and may be meant as a rate.
	value float64
	of    metric.Class
}

const sharePattern = `(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?) ?%`

var (
	shareForm    = lazy.Regexp(`^` + sharePattern + `$`)
	rateForm     = lazy.Regexp(`^` + ratePattern + `$`)
	durationForm = lazy.Regexp(`^\+?` + durationPattern(time.Nanosecond, mostDuration) + `$`)
)

// anyAmount is a figure with whatever unit there is for one. Which of them a limit takes
// depends on its metric, and so does the schema: see [limited.limitSchema].
func anyAmount() form[amount] {
	const words = "a time such as 5ms, a percentage such as 1%, or a number"
	return scalar(words, &jsonschema.Schema{}, func(s string) (amount, error) {
		a, ok := parseAmount(s)
		if !ok {
			return a, &refusal{message: "must be " + words}
		}
		return a, nil
	}, text, integer, decimal).advised(amountAdvice).withoutExponents()
}

func amountAdvice(s string) string {
	if advice := shareAdvice(s); advice != "" {
		return advice
	}
	if advice := durationAdvice(s); advice != "" {
		return advice
	}
	return rateAdvice(s)
}

func parseAmount(s string) (amount, bool) {
	switch {
	case shareForm().MatchString(s):
		v, err := strconv.ParseFloat(strings.TrimRight(s, " %"), 64)
		return amount{v / 100, metric.Shares}, err == nil
	case rateForm().MatchString(s):
		number, perSecond := strings.CutSuffix(s, "/s")
		v, err := strconv.ParseFloat(number, 64)
		if perSecond {
			return amount{v, metric.Rates}, err == nil
		}
		return amount{v, metric.Counts}, err == nil
	case durationForm().MatchString(s):
		d, err := time.ParseDuration(s) // of "", which has the form too
		return amount{float64(d) / float64(time.Millisecond), metric.Times}, err == nil && d <= mostDuration
	}
	return amount{}, false
}
