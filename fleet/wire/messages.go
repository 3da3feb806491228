package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// Hello is the lease of an agent: who it is, and what it can do.
type Hello struct {
	Name     string `json:"name"`
	Instance string `json:"instance"` // drawn when the agent began: another process has another
	// Oldest and Newest are the protocols that it speaks.
	Oldest  int            `json:"oldest"`
	Newest  int            `json:"newest"`
	Version string         `json:"version"` // of the program
	Machine runlog.Machine `json:"machine"`
	// Network tells whether two agents are of one machine and share its network.
	Network string `json:"network,omitempty"`
	// Private says that nobody on the way to the broker can read what the agent is sent.
	Private bool `json:"private"`
	// Run is the run whose lead the agent obeys, "" if it waits for one.
	Run string `json:"run,omitempty"`
	// MaxRate, MaxClients and Targets are the limits that the agent was started with; zero values are none.
	MaxRate    float64  `json:"max_rate,omitempty"`
	MaxClients int      `json:"max_clients,omitempty"`
	Targets    []string `json:"targets,omitempty"`
}

// Limits are those that the agent was started with, in words; "" is none.
func (h Hello) Limits() string {
	var all []string
	if h.MaxRate > 0 {
		all = append(all, words.Significant(h.MaxRate, 3)+"/s")
	}
	if h.MaxClients > 0 {
		all = append(all, words.Counted(h.MaxClients, "client"))
	}
	if len(h.Targets) > 0 {
		all = append(all, "to "+strings.Join(h.Targets, ", "))
	}
	return strings.Join(all, "; ")
}

// rounded is how much the share of a plan may be above a limit: it is computed.
const rounded = 1 + 1e-9

// Allows returns why a plan of passes with so many requests is beyond the limits.
func (h Hello) Allows(p plan.Plan, perPass int) error {
	rate, clients := p.Peak()
	if rate *= float64(perPass); h.MaxRate > 0 && rate > h.MaxRate*rounded {
		return &attack.LimitError{Words: fmt.Sprintf("its part is %s requests/s at most, and it was started with --max-rate %s", words.Significant(rate, 3), words.Significant(h.MaxRate, 3))}
	}
	if h.MaxClients > 0 && clients > h.MaxClients {
		return &attack.LimitError{Words: fmt.Sprintf("its part is %s at most, and it was started with --max-clients %d", words.Counted(clients, "client"), h.MaxClients)}
	}
	return nil
}

func (h Hello) check() error {
	if err := CheckName(h.Name); err != nil {
		return err
	}
	if h.Oldest < 1 || h.Newest < h.Oldest {
		return fmt.Errorf("protocols from %d to %d", h.Oldest, h.Newest)
	}
	return bounded(&h)
}

// Command is what a lead asks of an agent. One of its parts is set, and the answer is an [Answer].
type Command struct {
	Protocol int    `json:"protocol"`
	Run      string `json:"run"`

	Prepare *Prepare `json:"prepare,omitempty"`
	Ready   *Ready   `json:"ready,omitempty"`
	Start   *Start   `json:"start,omitempty"`
	Stop    *Stop    `json:"stop,omitempty"`
	Beat    *Beat    `json:"beat,omitempty"`
	Release *Release `json:"release,omitempty"`

	Calibrate *Calibrate `json:"calibrate,omitempty"`
}

// Prepare has an agent fetch a scenario and make it ready: see [run.NewGenerator].
type Prepare struct {
	Lead   string   `json:"lead"` // who asks, for people
	Bundle Piece    `json:"bundle"`
	Files  []Piece  `json:"files,omitempty"`
	Target []string `json:"targets,omitempty"`
}

// Piece is something that an agent fetches.
type Piece struct {
	Name   string `json:"name"` // "" is the bundle, else the path of a file that it names
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// MostPiece is how large a piece may be, in bytes; a feed may have millions of rows.
const MostPiece = 16 << 30

// Ready has an agent make its part of a leg ready. Weights say how the plan is divided, and Part which part
// is the agent's.
type Ready struct {
	Leg     int       `json:"leg"`
	Order   run.Order `json:"order"`
	Part    int       `json:"part"`
	Weights []int     `json:"weights"`
}

// Start has an agent begin its part at an instant of its own clock, as it tells it on [ClockSubject].
type Start struct {
	Leg int           `json:"leg"`
	At  time.Duration `json:"at_ns"`
}

// Stop has an agent start nothing more; with Cut it ends what is in flight, too.
type Stop struct {
	Leg    int    `json:"leg"`
	Cut    bool   `json:"cut,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Calibrate has an agent that works for nobody measure what it can send, to a server of its own, with an engine or, if
// that is "", the one that it takes by itself. The answer has it.
type Calibrate struct {
	Engine string `json:"engine,omitempty"`
}

// Beat says that the lead is alive. Release says that the run is over.
type (
	Beat    struct{}
	Release struct{}
)

func (c Command) check() error {
	if c.Protocol < Oldest || c.Protocol > Protocol {
		_, err := Both("the lead", c.Protocol, c.Protocol)
		return err
	}
	if err := CheckName(c.Run); err != nil {
		return errors.New("a run without a name")
	}
	n := 0
	for _, is := range []bool{c.Prepare != nil, c.Ready != nil, c.Start != nil, c.Stop != nil, c.Beat != nil, c.Release != nil, c.Calibrate != nil} {
		if is {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("a command of %d parts", n)
	}
	if p := c.Prepare; p != nil {
		if p.Bundle.Size > untrusted.MaxFile { // it is read into memory; files are not
			return fmt.Errorf("a scenario of %d bytes: the most are %d", p.Bundle.Size, untrusted.MaxFile)
		}
		for _, piece := range append([]Piece{p.Bundle}, p.Files...) {
			if piece.Size < 0 || piece.Size > MostPiece || len(piece.SHA256) != 64 {
				return fmt.Errorf("a file %.80q that no scenario can have", piece.Name)
			}
		}
	}
	if r := c.Ready; r != nil {
		if r.Leg < 1 || r.Part < 0 || r.Part >= len(r.Weights) || len(r.Weights) > runlog.MaxAgents {
			return fmt.Errorf("part %d of %d", r.Part, len(r.Weights))
		}
		if _, err := plan.NewWeights(r.Weights); err != nil {
			return err
		}
	}
	return bounded(&c)
}

// Answer is that of an agent to a [Command].
type Answer struct {
	// Error says why the agent refuses, "" if it does not. Limit says that this is a limit of its machine or of the
	// agent itself, Busy that it is at work for another run, and Unprepared that it has nothing of this one: it began anew,
	// or gave the run up.
	Error      string `json:"error,omitempty"`
	Limit      bool   `json:"limit,omitempty"`
	Busy       bool   `json:"busy,omitempty"`
	Unprepared bool   `json:"unprepared,omitempty"`
	// Digest is that of the whole job, and Planned the requests of the agent's part; of [Ready].
	Digest  string `json:"digest,omitempty"`
	Planned uint64 `json:"planned,omitempty"`
	// Calibration is a [calibration.Record]; of [Calibrate].
	Calibration json.RawMessage `json:"calibration,omitempty"`
}

func (a Answer) check() error { return bounded(&a) }

// Now is an agent's clock. Mono is the time since the agent began, which no adjustment changes; Wall is the
// time of day, in nanoseconds since 1970.
type Now struct {
	Mono time.Duration `json:"mono_ns"`
	Wall int64         `json:"wall_ns"`
}

func (n Now) check() error {
	if n.Mono < 0 || n.Wall < 0 {
		return errors.New("a clock before its beginning")
	}
	return nil // both may be more than a JSON number holds exactly elsewhere
}

// Fetch asks for what stands at an offset of a piece. The answer is [Chunk] bytes of it, fewer at its end, as
// they are; an answer with the header [ErrorHeader] holds why there are none.
type Fetch struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"`
}

func (f Fetch) check() error {
	if f.Offset < 0 || f.Offset > MostPiece {
		return errors.New("an offset beyond every file")
	}
	return bounded(&f)
}

// Chunk is how much of a piece one answer holds, in bytes.
const Chunk = 256 << 10

// ErrorHeader is the header of an answer that says why there is none.
const ErrorHeader = "Stress-Error"
