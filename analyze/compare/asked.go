package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// asked is what a scenario, as it was stored with its run, says of requests and data. Nothing is known
// where a run has none, or one that cannot be read: then it differs in nothing.
type asked struct {
	Requests []struct {
		Name    string            `json:"name"`
		Capture map[string]string `json:"capture"`
		Payload string            `json:"payload"`
		Weight  int               `json:"weight"`
		Pause   json.RawMessage   `json:"pause"`
	} `json:"requests"`
	Feeds []struct {
		Name  string `json:"name"`
		Order string `json:"order"`
	} `json:"feeds"`
}

func askedOf(r result.RunInfo) (a asked, known bool) {
	return a, len(r.Scenario) > 0 && json.Unmarshal(r.Scenario, &a) == nil
}

// requestDifferences says in what the requests of two runs differ: which share of a mix each has, how long
// clients pause after it, what answers give to the requests after it, and which feeds they are made of. That
// the rows of a feed are others is for data: a list that grows is the same question, of other users.
func requestDifferences(d, data *differences, b, c result.RunInfo) {
	before, known := askedOf(b)
	after, too := askedOf(c)
	if !known || !too {
		return
	}
	for _, r := range before.Requests {
		for _, s := range after.Requests {
			if r.Name != s.Name {
				continue
			}
			of := " of " + r.Name
			d.number("the weight"+of, float64(r.Weight), float64(s.Weight), func(w float64) string {
				if w == 0 {
					return "none"
				}
				return words.Significant(w, 6)
			})
			d.add("the pause"+of, textOf(r.Pause), textOf(s.Pause))
			d.add("what is captured"+of, captureWords(r.Capture), captureWords(s.Capture))
			d.add("the payload"+of, r.Payload, s.Payload)
		}
	}
	feeds := func(a asked) string {
		var all []string
		for _, f := range a.Feeds {
			all = append(all, f.Name+" in "+f.Order+" order")
		}
		return words.List(all, len(all))
	}
	d.add("the list of feeds", feeds(before), feeds(after))
	for _, f := range b.Feeds {
		if i := slices.IndexFunc(c.Feeds, func(other runlog.Feed) bool { return other.Name == f.Name }); i >= 0 {
			data.add("the data of feed "+f.Name, feedWords(f), feedWords(c.Feeds[i]))
		}
	}
}

// textOf is a stored text without its quotes; anything else as it is.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func captureWords(all map[string]string) string {
	var said []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		said = append(said, name+" from "+all[name])
	}
	return strings.Join(said, ", ")
}

// feedWords tell the data of a feed by their number and by the beginning of their SHA-256.
func feedWords(f runlog.Feed) string {
	return fmt.Sprintf("%s, SHA-256 %s", words.Counted(f.Rows, "row"), f.SHA256[:min(len(f.SHA256), 12)])
}
