package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stress-tool/stress/lab/control"
)

// startControl has others change how the replicas behind the proxy are.
func (l *Lab) startControl() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the lab's control: %w", err)
	}
	l.Control = "tcp://" + listener.Addr().String()
	l.control = control.Serve(listener, map[string]control.Knob{
		"slowness/" + Service: {
			Value: func() string { return strconv.FormatFloat(l.orders.now().Slowness, 'f', -1, 64) },
			Set: func(_ context.Context, value string) error {
				by, err := strconv.ParseFloat(value, 64)
				if err != nil || !(by > 0 && by <= maxFactor) {
					return &control.ImpossibleError{Value: value, Want: fmt.Sprintf("a factor above 0 and up to %d", maxFactor)}
				}
				return l.orders.change(func(i *ills) { i.Slowness = by })
			},
		},
		"lost_writes/" + Service: {
			Value: func() string { return strconv.FormatFloat(100*l.orders.now().DropInsert, 'f', -1, 64) + "%" },
			Set: func(_ context.Context, value string) error {
				number, isShare := strings.CutSuffix(value, "%")
				percent, err := strconv.ParseFloat(number, 64)
				if err != nil || !isShare || !(percent >= 0 && percent <= 100) {
					return &control.ImpossibleError{Value: value, Want: "a percentage from 0% to 100%"}
				}
				return l.orders.change(func(i *ills) { i.DropInsert = percent / 100 })
			},
		},
	})
	return nil
}

// orders are what the replicas behind the proxy are to be like, those that come later too.
type orders struct {
	mu   sync.Mutex
	ills ills
	to   []*process
}

func (o *orders) now() ills {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ills
}

// follow has a replica that serves get this order, which may have changed since it was started, and
// all later ones.
func (o *orders) follow(p *process) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = append(o.to, p)
	return o.tell()
}

func (o *orders) change(what func(*ills)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	what(&o.ills)
	return o.tell()
}

// tell orders all replicas that live. It is called with the lock held.
func (o *orders) tell() error {
	o.to = slices.DeleteFunc(o.to, (*process).ended)
	var errs []error
	for _, p := range o.to {
		if err := p.order(o.ills); err != nil && !p.ended() {
			errs = append(errs, fmt.Errorf("lab: ordering the %s: %w", p.name, err))
		}
	}
	return errors.Join(errs...)
}
