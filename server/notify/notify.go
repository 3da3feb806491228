// Package notify tells that runs have ended: addresses by HTTP, as loader.io does or as JSON, and people
// by mail.
package notify

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// Notifier makes the deliveries of a store.
type Notifier struct {
	Store *store.Store
	// Within are the networks that may be told beside public addresses.
	Within reach.Networks
	// Tool is the User-Agent.
	Tool string
	// Base is the beginning of the addresses of reports; "" is none.
	Base string
	// Mailers send mail; nil sends none.
	Mailers *Mailers
	// Judged reads a run that has been judged. Mail needs it.
	Judged func(context.Context, store.Run) (*result.Analysis, error)

	resolver *net.Resolver // nil is the machine's
}

const (
	often    = time.Second      // how often deliveries are looked for
	mostTime = 20 * time.Second // that one may take
	giveUp   = 24 * time.Hour   // after its run has ended
	mostText = 500              // of a problem, in characters
	together = 8                // at a time, so that one who is slow to answer does not hold up the others
)

// Work makes deliveries until ctx ends. On a full disk it waits for room to keep what became of them, and makes
// none meanwhile. The error is the store's.
func (n *Notifier) Work(ctx context.Context) error {
	look := time.NewTicker(often)
	defer look.Stop()
	for {
		if err := n.round(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// round tries what is due.
func (n *Notifier) round(ctx context.Context) error {
	due, err := n.Store.DueDeliveries(ctx, time.Now(), together)
	if err != nil {
		return err
	}
	errs := make([]error, len(due))
	var all sync.WaitGroup
	for i, d := range due {
		all.Go(func() { errs[i] = n.try(ctx, d) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// try makes one try and keeps what became of it. The error is the store's.
func (n *Notifier) try(ctx context.Context, d store.Delivery) error {
	d.Status, d.Answer = 0, ""
	err := n.deliver(ctx, &d)
	if err != nil && ctx.Err() != nil {
		return nil // the server ends: it is tried again, with the same identifier
	}
	d = after(d, time.Now(), err)
	err = n.Store.UntilRoom(ctx, func() error { return n.Store.Tried(context.WithoutCancel(ctx), d) })
	if errors.Is(err, store.ErrNotFound) { // its test was deleted meanwhile
		return nil
	}
	return err
}

func (n *Notifier) deliver(ctx context.Context, d *store.Delivery) error {
	t, err := n.Store.Test(ctx, d.Test)
	if err != nil {
		return err
	}
	var r store.Run // of a ping it stays empty
	if d.Run != "" {
		if r, err = n.Store.Run(ctx, d.Run); err != nil {
			return err
		}
	}
	if d.Kind == store.Mail {
		return n.mail(ctx, *d, t, r)
	}
	return n.post(ctx, d, t, r)
}

// page is the address of a run's report, "" for none: of one that is not shared, its page of the site.
func (n *Notifier) page(r store.Run) string {
	if n.Base == "" || r.Summary == nil {
		return ""
	}
	if r.Share == "" {
		return n.Base + "/tests/" + r.Test + "/results/" + r.ID
	}
	return n.Base + "/reports/" + r.Test + "/results/" + r.Share
}

// after is a delivery after a try: taken, to be tried again, or given up.
func after(d store.Delivery, now time.Time, err error) store.Delivery {
	d.Tries++
	d.Tried, d.Due, d.Problem = now, time.Time{}, ""
	if err == nil {
		d.Done = now
		return d
	}
	d.Problem = plain.Clip(plain.Line(err.Error()), mostText)
	if next := now.Add(pause(d.Tries)); d.Run != "" && next.Sub(d.Since) < giveUp { // who asked for a ping looks at what came of it
		d.Due = next
	}
	return d
}

// pause is the time between the nth try and the next: 10 s, three times that after each, at most an
// hour, and up to a quarter more by chance, so that those who failed together do not come together.
func pause(n int) time.Duration {
	p := 10 * time.Second
	for ; n > 1 && p < time.Hour; n-- {
		p *= 3
	}
	p = min(p, time.Hour)
	return p + rand.N(p/4)
}
