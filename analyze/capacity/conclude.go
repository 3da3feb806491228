package capacity

import (
	"fmt"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
)

// Conclude fills in what follows from the configurations of a study as a whole, in place of what it said before. of
// is what is to be decided; nil is nothing.
func Conclude(s *result.Study, of *Case) {
	for i := range s.Configurations {
		for k := range s.Configurations[i].Probes {
			p := &s.Configurations[i].Probes[k]
			p.ByLittle = p.Success.Value * p.MeanMS / 1000
		}
	}
	s.P95LimitMS = p95Limit(s.SLO)
	s.Decision, s.NoDecision = nil, ""
	if of != nil {
		s.Decision, s.NoDecision = decisionOf(s, *of)
	}
	s.Headline, s.Confidence, s.Limits = studyHeadline(s), studyConfidence(s), studyLimits(s)
}

// p95Limit is the most that an SLO allows of the p95, in milliseconds; 0 where it says nothing of it.
func p95Limit(slo []string) float64 {
	for _, text := range slo {
		if t, err := threshold.Parse(text); err == nil && t.Metric == metric.P95 && (t.Op == "<" || t.Op == "<=") {
			return t.Value
		}
	}
	return 0
}

// decisionOf decides with what was measured, on the day of the last probe, or says why that cannot be done.
func decisionOf(s *result.Study, of Case) (*result.Decision, string) {
	for i := range of.Options {
		o := &of.Options[i]
		if found := measuredBy(s, o); o.Held == 0 && found != nil && found.HeldRPS == 0 {
			return nil, fmt.Sprintf("nothing can be decided: for option %q no rate was found that holds", o.Name)
		}
	}
	filled, err := of.WithStudy(s)
	if err != nil {
		return nil, "nothing can be decided: " + err.Error()
	}
	for i := range filled.Options {
		if of.Options[i].Held == 0 { // how that is known the study says itself
			filled.Options[i].Measured = ""
		}
	}
	day := s.Ended
	if day.IsZero() {
		day = s.Started
	}
	return Decide(filled, day.UTC().Truncate(24*time.Hour)), ""
}

// studyHeadline is the decision's sentence, or that of the configuration that carries most and by how much
// that is more than the least. What could not be found takes the place of both.
func studyHeadline(s *result.Study) string {
	switch {
	case s.NoDecision != "":
		return s.NoDecision
	case s.Decision != nil:
		return s.Decision.Headline
	}
	most, least := 0, 0
	for i := range s.Configurations {
		c := &s.Configurations[i]
		if c.HeldRPS == 0 {
			return c.Sentence
		}
		if c.HeldRPS > s.Configurations[most].HeldRPS {
			most = i
		}
		if c.HeldRPS < s.Configurations[least].HeldRPS {
			least = i
		}
	}
	best, worst := &s.Configurations[most], &s.Configurations[least]
	if most == least {
		return best.Sentence
	}
	return fmt.Sprintf("%s, %s times as much as %s, which carries %s", best.Sentence, words.Significant(best.HeldRPS/worst.HeldRPS, 3), worst.Target, carriedWords(worst))
}

// carriedWords are how much a configuration carries.
func carriedWords(c *result.Capacity) string {
	if c.Verdict == result.CapacityFound {
		return fmt.Sprintf("%s to %s", words.Significant(c.HeldRPS, 4), perSecond(c.BrokenRPS))
	}
	return "at least " + perSecond(c.HeldRPS)
}

// studyConfidence says in words how the answers are known.
func studyConfidence(s *result.Study) string {
	probes, invalid, confirmed := 0, 0, true
	for i := range s.Configurations {
		c := &s.Configurations[i]
		probes += len(c.Probes)
		confirmed = confirmed && c.Confirmed
		for k := range c.Probes {
			if c.Probes[k].Verdict == result.ProbeInvalid {
				invalid++
			}
		}
	}
	took := max(0, s.Ended.Sub(s.Started).Round(time.Second)) // there is no end before the first probe
	say := fmt.Sprintf("Measured with %s in %s, requests arriving %s", words.Counted(probes, "probe"), took, arrivalWords(s.Arrivals))
	if invalid > 0 {
		say += fmt.Sprintf("; of %s %s set the figures, and they count for nothing", words.Counted(invalid, "probe"), generatorWords(s))
	}
	if len(s.Others) > 0 {
		say += "; the search was ended and went on with its load from other machines"
	}
	switch {
	case s.Stopped != "":
		say += "; the search ended before it was done: " + s.Stopped
	case confirmed:
		say += "; what held was confirmed for longer"
	default:
		say += "; not all that held was confirmed for longer"
	}
	say = words.Join(". ", sloWords(s), say)
	if s.Decision != nil {
		say = words.Join(". ", s.Decision.Confidence, say)
	}
	return say
}

// generatorWords are where the load came from, as the subject of a sentence.
func generatorWords(s *result.Study) string {
	if s.Machine.Agents > 0 {
		return "the agents"
	}
	return "this machine"
}

// sloWords say what it means that a rate is carried.
func sloWords(s *result.Study) string {
	if len(s.SLO) == 0 {
		return ""
	}
	say := "Carried means " + words.List(s.SLO, 4)
	if s.P95LimitMS > 0 {
		say += fmt.Sprintf(": 95 of 100 requests are answered within %s", words.Millis(s.P95LimitMS))
	}
	return say
}

func arrivalWords(arrivals string) string {
	if arrivals == "poisson" {
		return "at random, as people do"
	}
	return "at equal distances, which is easier than people are"
}

// studyLimits are what a study does not say.
func studyLimits(s *result.Study) []string {
	var limits []string
	if s.Decision != nil {
		limits = append(limits, s.Decision.Limits...)
	}
	if s.Decision == nil {
		limits = append(limits, "what it costs")
	}
	limits = append(limits, "other requests than those of the scenario")
	if s.Arrivals != "poisson" {
		limits = append(limits, "requests that arrive at random: of those it carries less")
	}
	return limits
}
