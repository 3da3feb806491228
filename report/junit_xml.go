package report

import (
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// The elements of a JUnit file, in the order in which Ant's schema has them. The encoder
// replaces characters that XML cannot hold; [plain.Line] has taken out those that a
// terminal would obey.
type (
	junitDocument struct {
		XMLName xml.Name       `xml:"testsuites"`
		Suites  []junitElement `xml:"testsuite"`
	}
	junitElement struct {
		ID         int    `xml:"id,attr"`
		Package    string `xml:"package,attr"`
		Name       string `xml:"name,attr"`
		Timestamp  string `xml:"timestamp,attr"` // UTC; Ant's schema allows no zone
		Hostname   string `xml:"hostname,attr"`
		Tests      int    `xml:"tests,attr"`
		Failures   int    `xml:"failures,attr"`
		Errors     int    `xml:"errors,attr"`
		Skipped    int    `xml:"skipped,attr"`
		Time       string `xml:"time,attr"` // seconds
		Properties struct {
			List []junitProperty `xml:"property"`
		} `xml:"properties"`
		Cases []junitTest `xml:"testcase"`
		Out   string      `xml:"system-out"`
		Err   string      `xml:"system-err"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitTest struct {
		Name    string       `xml:"name,attr"`
		Class   string       `xml:"classname,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitResult `xml:"failure"`
		Error   *junitResult `xml:"error"`
		Skipped *junitResult `xml:"skipped"`
	}
	junitResult struct {
		Message string `xml:"message,attr"`
		// Type is empty of what is skipped: Ant's schema knows none there.
		Type string `xml:"type,attr,omitempty"`
		Text string `xml:",chardata"`
	}
)

// element is the suite as number id of a file. The words of every case stand in its
// output, and the figures of those that passed, of which servers show nothing else.
func (s *junitSuite) element(scenario string, id int) junitElement {
	class := junitName(scenario)
	if id > 0 {
		class += "." + junitName(s.name)
	}
	x := junitElement{
		ID: id, Package: junitName(scenario), Name: junitName(s.name), Tests: len(s.cases),
		// Ant's word for a host that is not known; runs do not store its name.
		Hostname: "localhost",
		Time:     strconv.FormatFloat(s.seconds, 'f', 3, 64),
	}
	var out []string
	for _, c := range s.cases {
		// A check takes no time of its own: the load did, and that is the suite's.
		t := junitTest{Name: junitName(c.name), Class: class, Time: "0"}
		found := &junitResult{Message: plain.Line(c.words), Type: cmp.Or(plain.Line(string(c.code)), string(c.verdict)), Text: plainLines(c.figures)}
		switch c.verdict {
		case result.Pass:
		case result.Fail:
			t.Failure, x.Failures = found, x.Failures+1
		case result.Inconclusive:
			found.Type = ""
			t.Skipped, x.Skipped = found, x.Skipped+1
		default:
			t.Error, x.Errors = found, x.Errors+1
		}
		x.Cases = append(x.Cases, t)
		out = append(out, words.Join(": ", t.Name, string(c.verdict), found.Message))
		if c.verdict == result.Pass && found.Text != "" {
			out = append(out, found.Text)
		}
	}
	x.Out = strings.Join(out, "\n")
	return x
}

// junitName is a name that is there: an empty one would be no name to a schema.
func junitName(s string) string {
	if s = strings.TrimSpace(plain.Line(s)); s == "" {
		return "(unnamed)"
	}
	return s
}

// plainLines is [plain] for each of several lines.
func plainLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = plain.Line(lines[i])
	}
	return strings.Join(lines, "\n")
}
