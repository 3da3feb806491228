package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// bell rings for everybody who waits for it. The zero value has not rung.
type bell struct {
	mu   sync.Mutex
	next chan struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

// lookAgain is how long a look that failed is not made again.
const lookAgain = 5 * time.Second

// While is a context that ends with ctx, and as soon as whoever has it may no longer come in: of answers that go on
// for long. look returns [ErrNotFound] then, and else until when nothing changes by time alone, zero for ever. It
// is asked now, at that instant, and whenever keys, accounts or sessions have changed.
func (s *Store) While(ctx context.Context, look func(context.Context) (until time.Time, err error)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		for {
			changed := s.admitted.wait() // before the look, so that no change comes between
			until, err := look(ctx)
			if errors.Is(err, ErrNotFound) {
				return
			}
			if err != nil {
				until = time.Now().Add(lookAgain)
			}
			var over <-chan time.Time
			if !until.IsZero() {
				over = time.After(time.Until(until))
			}
			select {
			case <-ctx.Done():
				return
			case <-changed:
			case <-over:
			}
		}
	}()
	return ctx, cancel
}
