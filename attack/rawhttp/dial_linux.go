package rawhttp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// origin is where connections lead.
type origin struct {
	hop route.Hop
	// socket is the unix socket that is dialled for it; nil: an address of its hop.
	socket    unix.Sockaddr
	resolving bool
	waiting   []*client // until the hop's addresses are known
	idle      []*conn   // shared connections; clients' own are theirs
}

// forget has a client not wait any longer.
func (o *origin) forget(c *client) {
	c.origin = nil
	if i := slices.Index(o.waiting, c); i >= 0 {
		o.waiting = slices.Delete(o.waiting, i, i+1)
	}
}

// dialer opens a loop's connections.
type dialer struct {
	*loop
	ctx     context.Context
	cancel  context.CancelFunc
	asking  sync.WaitGroup
	origins map[route.Origin]*origin
	known   map[netip.AddrPort]unix.Sockaddr
	local   map[int][]unix.Sockaddr // by address family
	turn    int                     // of the local addresses
	limits  *wire.Limits
}

func newDialer(l *loop) *dialer {
	d := &dialer{
		loop: l, origins: make(map[route.Origin]*origin), known: make(map[netip.AddrPort]unix.Sockaddr),
		local: make(map[int][]unix.Sockaddr), limits: wire.NewLimits(l.job),
	}
	d.ctx, d.cancel = context.WithCancel(l.ctx)
	for _, a := range l.job.LocalAddresses {
		s := sockaddr(a, 0)
		d.local[family(s)] = append(d.local[family(s)], s)
	}
	return d
}

func (d *dialer) close() {
	d.cancel()
	d.asking.Wait()
}

// origin is where a URL leads; nothing is resolved yet.
func (d *dialer) origin(u *url.URL) *origin {
	at := route.OriginOf(u)
	if o := d.origins[at]; o != nil {
		return o
	}
	o := &origin{hop: d.job.Hop(at)}
	if d.job.Socket != "" && at == route.OriginOf(d.job.Target) {
		o.socket = &unix.SockaddrUnix{Name: d.job.Socket}
	}
	d.origins[at] = o
	return o
}

// sockaddrOf is an address as the kernel takes it.
func (d *dialer) sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	s := d.known[a]
	if s == nil {
		s = sockaddr(a.Addr(), a.Port())
		d.known[a] = s
	}
	return s
}

func sockaddr(ip netip.Addr, port uint16) unix.Sockaddr {
	if ip = ip.Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Addr: ip.As4(), Port: int(port)}
	}
	s := &unix.SockaddrInet6{Addr: ip.As16(), Port: int(port)}
	if link, err := net.InterfaceByName(ip.Zone()); err == nil {
		s.ZoneId = uint32(link.Index)
	} else if n, err := strconv.ParseUint(ip.Zone(), 10, 32); err == nil {
		s.ZoneId = uint32(n)
	}
	return s
}

// open gives a client a new connection, as soon as its addresses are known.
func (d *dialer) open(c *client, o *origin) {
	if o.socket != nil {
		d.dial(c, o, route.Turn{}, 0, d.m.Now(), nil)
		return
	}
	turn, err := d.job.Routes.Next(o.hop)
	switch {
	case err == nil:
		d.dial(c, o, turn, 0, d.m.Now(), nil)
	case !errors.Is(err, route.ErrUnasked):
		d.fail(c, err)
	default:
		c.origin = o
		o.waiting = append(o.waiting, c)
		if !o.resolving {
			o.resolving = true
			d.asking.Go(func() { d.resolve(o) })
		}
	}
}

// resolve asks for an origin's addresses, outside the loop.
func (d *dialer) resolve(o *origin) {
	began := d.m.Now()
	err := d.job.Routes.Ask(d.ctx, o.hop)
	d.post(func() {
		o.resolving = false
		waiting := o.waiting
		o.waiting = nil
		for _, c := range waiting {
			c.origin = nil
			turn, none := d.job.Routes.Next(o.hop)
			if failed := first(err, none); failed != nil {
				d.fail(c, failed)
			} else {
				d.dial(c, o, turn, 0, max(began, c.o.Sent), nil)
			}
		}
	})
}

// dial begins to connect to the address of number i in turn, or the next that can be
// tried. Errors are those of the first, as net.Dialer has it.
func (d *dialer) dial(c *client, o *origin, turn route.Turn, i int, began time.Duration, failed error) {
	for ; i < max(turn.Len(), 1); i++ {
		to := o.socket
		if to == nil {
			to = d.sockaddrOf(turn.At(i))
		}
		fd, err := connect(to, d.localFor(to))
		if err != nil {
			failed = first(failed, err)
			continue
		}
		conn := d.conns.new(fd)
		conn.origin, conn.client, c.conn = o, c, conn
		conn.connecting, conn.began, conn.turn, conn.at, conn.failed = true, began, turn, i, failed
		if err := d.poll.watch(fd, conn.slot, conn.generation); err != nil {
			failed = first(failed, err)
			break
		}
		return
	}
	d.fail(c, failed)
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// localFor is where the next connection to an address starts from, nil where that is
// the kernel's to choose.
func (d *dialer) localFor(to unix.Sockaddr) unix.Sockaddr {
	all := d.local[family(to)]
	if len(all) == 0 {
		return nil
	}
	d.turn++
	return all[d.turn%len(all)]
}

// connected goes on with a connection that is open now, or is not to be. A server
// that has already spoken, or hung up, will not be reported again: it spoke says so.
func (d *dialer) connected(conn *conn, spoke bool) {
	c := conn.client
	if err := connected(conn.fd, conn.address().Port()); err != nil {
		o, turn, next, began, failed := conn.origin, conn.turn, conn.at+1, conn.began, first(conn.failed, err)
		c.conn = nil
		d.drop(conn)
		if next < turn.Len() {
			d.dial(c, o, turn, next, began, failed)
		} else {
			d.fail(c, failed)
		}
		return
	}
	now := d.m.Now()
	c.o.Connect += max(now-conn.began, 1)
	conn.connecting = false
	d.touch(c, now)
	out, err := c.bytesFor(c.message)
	if err != nil {
		d.fail(c, err)
		return
	}
	conn.begin(c, out, true)
	if conn.lost = d.write(conn); conn.lost != nil || spoke {
		d.receive(conn)
	}
}
