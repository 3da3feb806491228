package analyze

import "strings"

// ThresholdPattern is a regular expression, in a syntax that Go and JavaScript share, for
// what [ParseThreshold] takes, but for what [ClockOfNoTime] finds.
func ThresholdPattern() string {
	const (
		number     = `[0-9]{1,15}(\.[0-9]{1,40})?`
		fraction   = `(0{0,3}[1-9]|0{0,2}[1-9][0-9]|0?[1-9][0-9]{2}|[1-9][0-9]{3})` // above 0, of 1 to 4 digits
		percentile = `p(9[0-9]{2,5}|(0?[1-9]|[1-9][0-9])(\.[0-9]{1,4})?|00?\.` + fraction + `)`
		seconds    = `0{0,3}[0-9]{1,12}(\.[0-9]{1,40})?\s*s`
		op         = `\s*(<|<=|>|>=|==|!=)\s*`
	)
	return `^\s*([A-Za-z0-9][A-Za-z0-9_-]*\.)?(` + strings.Join([]string{
		`((response|service)\.)?(mean|min|max|` + percentile + `)` + op + `(` + number + `\s*(us|µs|μs|ms)|` + seconds + `)`,
		`(error_rate|max_deviation)` + op + `(` + number + `\s*%|0{1,15}(\.0{1,40})?)`,
		`(rate_rps|rate|success_rps)` + op + number + `\s*(/s)?`,
		`(lost|extra|dropped|hosts)` + op + `[0-9]{1,15}(\.0{1,40})?`,
	}, "|") + `)\s*$`
}

// ClockOfNoTime is a regular expression for thresholds that [ParseThreshold] refuses for
// their clock.
const ClockOfNoTime = `^\s*(response|service)\.(error_rate|max_deviation|rate|success_rps|lost|extra|dropped|hosts)`
