package lead

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/run"
)

// Findings are what is well with a fleet that was assembled, for whoever looks before a run: its broker, who takes part,
// and who can read what they are told.
func (f *Fleet) Findings() []run.Finding {
	names := make([]string, len(f.members))
	way := "nobody on the way can read what is sent"
	for i, m := range f.members {
		if names[i] = m.Name; !m.hello().Private {
			way = "others on the way can read what is sent, and nothing of the scenario is secret"
		}
	}
	if !link.Private(f.Conn) {
		way = "others on the way can read what is sent, and nothing of the scenario is secret"
	}
	found := []run.Finding{
		{What: "broker", Text: fmt.Sprintf("%s answers; %s", link.Shown(f.Conn.ConnectedUrl()), way)},
		{What: "agents", Text: fmt.Sprintf("%s asked for: %s", words.Counted(f.Agents, "agent"), strings.Join(names, ", "))},
	}
	for _, m := range f.members {
		h := m.hello()
		text := fmt.Sprintf("version %s, protocol %d, %s", h.Version, m.speaks(), words.Join(", ", words.Counted(h.Machine.CPUs, "processor"), h.Machine.CPU))
		if limits := h.Limits(); limits != "" {
			text += "; it allows " + limits
		}
		found = append(found, run.Finding{What: m.called(), Text: text + "; it may load the targets, and they accept its connections"})
	}
	return found
}
