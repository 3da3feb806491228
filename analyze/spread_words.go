package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// sentence is what people read of a spread that there is something to say of.
func (s *judgedSpread) sentence(counts []float64, byRequest trial, a assignment) string {
	var text string
	switch s.Verdict {
	case result.SpreadTooFew:
		text = s.tooFewWords(byRequest, a)
	case result.SpreadUneven:
		text = fmt.Sprintf("uneven per %s: %s, beyond chance (p %s)", s.Unit, s.worstWithin(), words.PValue(s.P))
		text += s.notSticky()
	case result.SpreadSticky:
		text = s.stickyWords(a)
	default:
		text = s.evenWords(counts, a)
	}
	return text + s.missingWords()
}

// worst is "a is 50 % from its fair share".
func (s *judgedSpread) worst() string {
	return fmt.Sprintf("%s is %s from its fair share", cmp.Or(s.MaxHost, "a host that "+s.verb()+" nothing"), words.Percent(s.MaxDeviation))
}

func (s *judgedSpread) worstWithin() string {
	return fmt.Sprintf("%s (%s)", s.worst(), result.Span(result.Bound(s.MaxDeviationLo), result.Bound(s.MaxDeviationHi), words.Percent))
}

// notSticky says by which evidence requests are assigned one by one, "" without need.
func (s *judgedSpread) notSticky() string {
	switch {
	case s.Together > 1:
		return ""
	case s.Unit == unitRequest && s.Evidence == result.EvidenceHosts:
		return "; connections do not stay with a host"
	case s.Unit == unitRequest && s.Evidence == result.EvidenceRounds:
		return "; the shares are alike in all rounds, though each had new connections"
	}
	return ""
}

func (s *judgedSpread) stickyWords(a assignment) string {
	because := "because connections stay with a host"
	switch {
	case s.Evidence == result.EvidenceHosts && a.df == 0:
		because = "because each connection stays with one host"
	case s.Evidence == result.EvidenceRounds:
		because += ": the shares of a round differ from those of the next, as so few draws do"
	}
	text := fmt.Sprintf("uneven per request, %s: %s", because, s.worst())
	if s.Units < fewestEach*float64(s.DF+1) {
		return text + fmt.Sprintf("; %s too few to say whether they divide evenly", s.connectionsAre())
	}
	return text + fmt.Sprintf("; the %s divide as evenly as chance does (p %s)", s.connections(), words.PValue(s.P))
}

// connections is "30 connections", and what they are worth where some are used more than others.
func (s *judgedSpread) connections() string {
	text := words.Counted(s.Connections, "connection")
	if worth := math.Round(s.ConnectionsWorth); worth < 0.9*float64(s.Connections) {
		text += fmt.Sprintf(", of unequal use and worth %s,", words.Number(int64(worth)))
	}
	return text
}

func (s *judgedSpread) connectionsAre() string {
	if s.Connections == 1 {
		return s.connections() + " is"
	}
	return s.connections() + " are"
}

func (s *judgedSpread) evenWords(counts []float64, a assignment) string {
	text := "even: "
	switch gap := slices.Max(counts) - slices.Min(counts); {
	case gap <= 1:
		text += "the hosts are within one " + s.noun() + " of each other"
	default:
		text += fmt.Sprintf("no host is more than %s from its fair share", words.Percent(s.MaxDeviation))
	}
	switch {
	case s.P > rotation && s.Unit == unitRequest:
		text += fmt.Sprintf("; more even than chance (p %s): a deterministic rotation", words.PValue(s.P))
	case s.P < level:
		text += fmt.Sprintf("; beyond chance (p %s), but too small to matter", words.PValue(s.P))
	case a.unit == "":
		text += fmt.Sprintf("; should connections stay with a host, %s could show only a deviation of %s", s.connections(), words.Percent(s.Detectable))
	case s.Detectable > tooWide:
		text += fmt.Sprintf("; %s could show only a deviation of %s", words.Counted(int64(math.Round(s.Units)), s.Unit), words.Percent(s.Detectable))
	}
	if a.unit == unitConnection {
		text += "; connections stay with a host"
	}
	return text
}

// howToTell is what would show whether connections stay with a host.
const howToTell = "several rounds would tell, and so would the host's name in a response header (targets.host_from)"

func (s *judgedSpread) tooFewWords(byRequest trial, a assignment) string {
	switch requests := byRequest.verdict(); {
	case byRequest.few():
		return fmt.Sprintf("too few to tell: %s over %d hosts is fewer than %d each", words.Counted(int64(math.Round(byRequest.units)), unitRequest), s.DF+1, fewestEach)
	case requests == result.SpreadUneven && a.unit == "":
		return fmt.Sprintf("uneven per request: %s; %s too few to say whether because each stays with a host: %s",
			s.worst(), s.connectionsAre(), howToTell)
	case requests == result.SpreadUneven:
		return fmt.Sprintf("uneven per request: %s; the shares differ from round to round, by neither as little as those of requests nor as much as those of connections that stay with a host", s.worst())
	}
	return fmt.Sprintf("too few to tell: %s, beyond chance (p %s), but after %s it may be anything from %s to %s",
		s.worst(), words.PValue(byRequest.p), words.Counted(int64(math.Round(byRequest.units)), unitRequest), words.Percent(byRequest.lo), words.Percent(byRequest.hi))
}

// noun is what is divided.
func (s *judgedSpread) noun() string {
	if s.Of == result.OfAnswers {
		return "answer"
	}
	return "row"
}

// verb is what hosts did with it.
func (s *judgedSpread) verb() string {
	if s.Of == result.OfAnswers {
		return "answered"
	}
	return "wrote"
}

func (s *judgedSpread) nothingWords() string {
	if s.Of == result.OfAnswers {
		return "no answer names a host"
	}
	return "no host wrote a row"
}

func (s *judgedSpread) oneWords(h result.Host) string {
	verb := s.verb()
	if s.Of == result.OfAnswers {
		verb = "gave"
	}
	return fmt.Sprintf("one host %s all %s", verb, words.Counted(h.Of(s.Of), s.noun()))
}

func (s *judgedSpread) missingWords() string {
	if s.Missing > 0 {
		text := "; " + s.missing()
		if len(s.Silent) > 0 {
			text += " (with rows from before: " + words.List(s.Silent, silentInList) + ")"
		}
		return text
	}
	if s.Expected == 0 || s.Hosts <= s.Expected {
		return ""
	}
	stranger := "writes"
	if s.Of == result.OfAnswers {
		stranger = "answers"
	}
	return fmt.Sprintf("; %d hosts %s where %d were expected: one was replaced, or someone else %s", s.Hosts, s.verb(), s.Expected, stranger)
}

// missing is "1 of 3 expected hosts wrote nothing".
func (s *judgedSpread) missing() string {
	return fmt.Sprintf("%d of %d expected hosts %s nothing", s.Missing, s.Hosts+s.Missing, s.verb())
}
