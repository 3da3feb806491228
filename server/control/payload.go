package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/store"
)

// MostPayload is how many bytes the payload files of a run have together at most, where nothing else is said.
const MostPayload = 512 << 20

// fetchPayload fetches the data of a run's requests that stand at addresses, each once, into files, from which
// the scenario reads them then. Each of so many processes that read them has a copy on this machine, which
// counts. The files stay until [Control.dropPayload].
func (c *Control) fetchPayload(ctx context.Context, r store.Run, sc *scenarios.Scenario, copies int) error {
	most := c.MostPayload
	if most == 0 {
		most = MostPayload
	}
	left := most / int64(copies)
	dir := c.Store.Scratch(r)
	for i := range sc.Feeds {
		f := &sc.Feeds[i]
		if f.File != "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		file := filepath.Join(dir, strconv.Itoa(i))
		n, err := c.fetch(ctx, f, file, left)
		if errors.Is(err, errTooMuch) {
			err = fmt.Errorf("%w: %s", err, tooMuch(most, copies))
		}
		if err != nil {
			return errors.New(sc.Secrets().Blot(fmt.Sprintf("feed %s: %v", f.Name, err)))
		}
		f.File = file
		left -= n
	}
	return nil
}

// errTooMuch says that there is more of a payload than a server takes.
var errTooMuch = errors.New("it is too large")

// tooMuch says how much it takes, and what to do.
func tooMuch(most int64, copies int) string {
	text := fmt.Sprintf("the payload files of a run may have %d MiB together on this server", most>>20)
	if copies > 1 {
		text += fmt.Sprintf(", and each of its %d processes has a copy, which counts", copies)
	}
	return text + ": make them smaller, or start the server with --max-payload and a greater number"
}

// fetch writes what stands at the address of a feed into a file, and returns how many bytes that is.
func (c *Control) fetch(ctx context.Context, f *scenarios.Feed, file string, most int64) (n int64, err error) {
	routes := route.Table{Judge: c.judgePayload}
	body, err := feed.Fetch(ctx, f.URL, func(ctx context.Context, _, address string) (net.Conn, error) {
		conn, _, err := routes.Dial(ctx, route.Hop{Origin: route.Origin{Scheme: f.URL.Scheme, Address: address}}, nil)
		return conn, err
	})
	if err != nil {
		return 0, err
	}
	defer body.Close()
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	n, err = io.Copy(to, io.LimitReader(body, most+1))
	if err == nil && n > most {
		err = errTooMuch
	}
	return n, err
}

// dropPayload removes the files of a run.
func (c *Control) dropPayload(r store.Run) { _ = os.RemoveAll(c.Store.Scratch(r)) } // what stays goes at the next start

// judgePayload judges where the data of a test's requests are fetched: whoever may make a test must not read
// through this server what only its machine reaches.
func (c *Control) judgePayload(_ context.Context, _ route.Origin, to netip.AddrPort) error {
	return c.Within.Judge(to.Addr())
}
