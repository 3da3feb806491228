package convert

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// bodyFile is the header that stands for a target's @FILE while vegeta's reader reads it. That would
// read the file, and a target may come from anyone; a scenario names the file instead.
const bodyFile = "Stress-Body-File"

// Vegeta makes a scenario of vegeta's targets, in its HTTP format or its JSON format. vegeta's own
// readers read them, so that both programs mean the same requests.
func Vegeta(src []byte, o Options) (*Scenario, error) {
	targets, err := vegetaTargets(src)
	if err != nil {
		return nil, err
	}
	b := newBuilder(o)
	for i, t := range targets {
		e := exchange{method: t.Method, address: t.URL, body: string(t.Body)}
		for _, name := range slices.Sorted(maps.Keys(t.Header)) {
			if name == bodyFile {
				e.bodyFile = t.Header[name][0]
				continue
			}
			for _, value := range t.Header[name] {
				e.header = append(e.header, field{name, value})
			}
		}
		if err := b.add(e, literal); err != nil {
			return nil, fmt.Errorf("target %d: %w", i+1, err)
		}
	}
	if len(targets) > 1 {
		b.leaveOut("vegeta's order: it sends one target a hit, in turn; here each client sends all of them, so a rate of 10/s sends %d requests a second", 10*len(targets))
	}
	b.leaveOut("the rate and the duration, which stand on vegeta's command line: the load below is one to begin with")
	return b.scenario()
}

func vegetaTargets(src []byte) ([]vegeta.Target, error) {
	// vegeta ends at a longer line, and at a last line of JSON without a newline, as if it were
	// the end of the file.
	var text bytes.Buffer
	for i, line := range bytes.Split(src, []byte("\n")) {
		if file, is := bytes.CutPrefix(bytes.TrimSpace(line), []byte("@")); is {
			line = append([]byte(bodyFile+": "), file...)
		}
		if len(line) >= bufio.MaxScanTokenSize {
			return nil, fmt.Errorf("line %d: is longer than the %d bytes that vegeta reads", i+1, bufio.MaxScanTokenSize)
		}
		text.Write(append(line, '\n'))
	}
	read := vegeta.NewHTTPTargeter
	if bytes.HasPrefix(bytes.TrimSpace(src), []byte("{")) {
		read = vegeta.NewJSONTargeter
	}
	var all []vegeta.Target
	next := read(&text, nil, nil)
	for {
		var t vegeta.Target
		err := next(&t)
		switch {
		case errors.Is(err, vegeta.ErrNoTargets) && len(all) == 0:
			return nil, errEmpty
		case errors.Is(err, vegeta.ErrNoTargets):
			return all, nil
		case err != nil:
			what, _, _ := strings.Cut(err.Error(), ":") // behind it stands the line, which may hold a secret
			return nil, fmt.Errorf("target %d: %s", len(all)+1, what)
		}
		all = append(all, t)
	}
}
