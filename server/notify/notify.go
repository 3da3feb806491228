// Package notify tells addresses that runs have ended, as loader.io does: a POST of a form.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/server/store"
)

// Notifier makes the deliveries of a store.
type Notifier struct {
	Store *store.Store
	// Within are the networks that may be told beside public addresses.
	Within []netip.Prefix
	// Tool is the User-Agent.
	Tool string
}

// IDHeader names the header with the identifier of a delivery, the same at every try.
const IDHeader = "Stress-Delivery"

const (
	often    = time.Second      // how often deliveries are looked for
	mostTime = 20 * time.Second // that one may take
	giveUp   = 24 * time.Hour   // after its run has ended
	mostText = 500              // of a problem, in characters
)

// Work makes deliveries until ctx ends. The error is the store's.
func (n *Notifier) Work(ctx context.Context) error {
	client := &http.Client{
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: mostTime, Control: n.control}).DialContext, DisableKeepAlives: true},
		// A redirect would lead where nobody asked to be told.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       mostTime,
	}
	for ctx.Err() == nil {
		due, err := n.Store.DueDeliveries(ctx, time.Now())
		if err != nil {
			return unlessEnded(ctx, err)
		}
		for _, d := range due {
			err := n.deliver(ctx, client, d)
			if ctx.Err() != nil {
				return nil // it is tried again, with the same identifier
			}
			if err := n.Store.Tried(ctx, after(d, time.Now(), err)); err != nil && !errors.Is(err, store.ErrNotFound) {
				return unlessEnded(ctx, err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(often):
		}
	}
	return nil
}

func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// after is a delivery after a try: taken, to be tried again, or given up.
func after(d store.Delivery, now time.Time, err error) store.Delivery {
	d.Tries++
	d.Due, d.Problem = time.Time{}, ""
	if err == nil {
		d.Done = now
		return d
	}
	d.Problem = plain.Clip(plain.Line(err.Error()), mostText)
	if next := now.Add(pause(d.Tries)); next.Sub(d.Since) < giveUp {
		d.Due = next
	}
	return d
}

// pause is the time between the nth try and the next: 10 s, three times that after each, at most an
// hour.
func pause(n int) time.Duration {
	p := 10 * time.Second
	for ; n > 1 && p < time.Hour; n-- {
		p *= 3
	}
	return min(p, time.Hour)
}

// deliver makes one try. Its error holds no more of the address than the host.
func (n *Notifier) deliver(ctx context.Context, client *http.Client, d store.Delivery) error {
	form := url.Values{"test_id": {d.Test}, "status": {"complete"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Address, strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("is no address")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", n.Tool)
	r.Header.Set(IDHeader, d.ID)
	answer, err := client.Do(r)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return err
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)) // so that the other side has been heard
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", answer.Status)
	}
	return nil
}

// control refuses a connection to an address that must not be told. It sees the address that is
// dialled, whatever a name led to before.
func (n *Notifier) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return judge(to.Addr(), n.Within)
}
