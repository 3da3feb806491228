package swarm

import (
	"context"
	"net"

	"github.com/stress-tool/stress/lab/control"
)

// startControl has others pull the cables and plugs of the nodes.
func (s *Swarm) startControl() error {
	socket := s.place.path("lab.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	s.Control = "unix://" + socket
	knobs := map[string]control.Knob{}
	for _, n := range s.Nodes {
		knobs["cable/"+n.Name], knobs["power/"+n.Name] = n.cableKnob(), n.powerKnob()
	}
	s.control = control.Serve(listener, knobs)
	return nil
}

func (n *Node) cableKnob() control.Knob {
	return control.Knob{
		Value: func() string {
			n.mu.Lock()
			defer n.mu.Unlock()
			return either(n.out, "out", "in")
		},
		Set: func(ctx context.Context, value string) error {
			if value != "in" && value != "out" {
				return &control.ImpossibleError{Value: value, Want: "in or out"}
			}
			return n.Cable(ctx, value == "out")
		},
	}
}

func (n *Node) powerKnob() control.Knob {
	return control.Knob{
		Value: func() string {
			n.mu.Lock()
			defer n.mu.Unlock()
			return either(n.process == nil, "off", "on")
		},
		Set: func(ctx context.Context, value string) error {
			switch value {
			case "on":
				return n.PowerOn(ctx)
			case "off":
				return n.PowerOff()
			}
			return &control.ImpossibleError{Value: value, Want: "on or off"}
		},
	}
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
