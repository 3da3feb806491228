package scenarios

import (
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack/plan"
)

// meanPause begins the pauses that are exponentially distributed.
const meanPause = "exponential "

const pauseWords = "a pause with its unit, such as 2s, 1s..3s or exponential 2s"

// parsePause reads pauses.
func parsePause() func(string) (plan.Pause, error) {
	length := durationParser(pauseWords, 0, time.Nanosecond, mostDuration)
	return func(s string) (p plan.Pause, err error) {
		if mean, ok := strings.CutPrefix(s, meanPause); ok {
			p.Mean, err = length(mean)
			return p, err
		}
		least, most, ok := strings.Cut(s, "..")
		if !ok {
			most = least
		}
		if p.Least, err = length(least); err == nil {
			p.Most, err = length(most)
		}
		if err == nil && p.Least > p.Most {
			err = &refusal{"goes from a longer pause to a shorter one", "write " + short(p.Most) + ".." + short(p.Least)}
		}
		return p, err
	}
}

// pause is how long a client thinks: 2s, 1s..3s or exponential 2s.
func pause() form[plan.Pause] {
	length := `\+?` + durationPattern(time.Nanosecond, mostDuration)
	schema := &jsonschema.Schema{Type: "string", AnyOf: []*jsonschema.Schema{
		{Pattern: `^(` + meanPause + `)?` + length + `$`, AllOf: []*jsonschema.Schema{{Pattern: `[0-9]`}}},
		{Pattern: `^` + length + `\.\.` + length + `$`, AllOf: []*jsonschema.Schema{{Pattern: `[0-9].*\.\..*[0-9]`}}},
	}}
	return withUnit(scalar(pauseWords, orVariable(schema), parsePause(), text).advised(durationAdvice))
}
