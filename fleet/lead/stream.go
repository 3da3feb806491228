package lead

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
)

// message is one of the stream of a run.
type message struct {
	subject string
	data    []byte
}

// of is which agent of a leg sent the message, and its kind; "" for none of them.
func (m message) of(run string, leg int) (agent, kind string) {
	rest, ok := strings.CutPrefix(m.subject, strings.TrimSuffix(wire.LegSubjects(run, leg), ">"))
	if !ok {
		return "", ""
	}
	agent, kind, _ = strings.Cut(rest, ".")
	kind, _, _ = strings.Cut(kind, ".")
	return agent, kind
}

// messagesOf are the messages of a stream with a subject, in their order, from its beginning and until ctx
// ends. A broker that goes away and comes back goes on where it was.
func messagesOf(ctx context.Context, s jetstream.Stream, subject string) (<-chan message, error) {
	consumer, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		return nil, fmt.Errorf("the seconds of the agents: %w", err)
	}
	it, err := consumer.Messages()
	if err != nil {
		return nil, fmt.Errorf("the seconds of the agents: %w", err)
	}
	context.AfterFunc(ctx, it.Stop)
	to := make(chan message)
	go func() {
		for {
			m, err := it.Next()
			if errors.Is(err, jetstream.ErrMsgIteratorClosed) || errors.Is(err, nats.ErrConnectionClosed) {
				return
			} else if err != nil {
				continue // the consumer is made anew
			}
			select {
			case to <- message{m.Subject(), m.Data()}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return to, nil
}

// keepOrder keeps what is asked in the newest leg beside what is measured in it.
func (f *Fleet) keepOrder(ctx context.Context, o run.Order) error {
	ordered := wire.Ordered{Order: o, Weights: f.weights}
	for _, m := range f.members {
		ordered.Agents = append(ordered.Agents, m.Name)
	}
	b, err := wire.Encode(ordered)
	if err != nil {
		return err
	}
	subject := wire.OrderSubject(f.Run, f.leg)
	if _, err := f.js.Publish(ctx, subject, b, jetstream.WithMsgID(subject)); err != nil {
		return fmt.Errorf("the order of the leg: %w", err)
	}
	return nil
}
