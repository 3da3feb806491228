package rawhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/wire"
)

// origin is a destination of connections.
type origin struct {
	hop route.Hop
	// socket is the unix socket that is dialled for it; nil dials an address of its hop.
	socket    unix.Sockaddr
	tls       *tls.Config // nil without TLS
	resolving bool
	waiting   []*client // clients that wait for the hop's addresses
	idle      []*conn   // shared connections; the clients hold their own
}

// removeWaiting removes a client from those that wait for the addresses.
func (o *origin) removeWaiting(c *client) {
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
	lookups sync.WaitGroup
	// handshakes run in goroutines of their own; computing is full while as many of them compute as
	// may.
	handshakes sync.WaitGroup
	computing  chan struct{}
	origins    map[route.Origin]*origin
	sockaddrs  map[netip.AddrPort]unix.Sockaddr
	local      map[int][]unix.Sockaddr // the job's local addresses, by address family
	nextLocal  int                     // counts connections, to use the local addresses in turn
	limits     *wire.Limits
}

// newDialer makes the dialer of one of n loops.
func newDialer(l *loop, n int) *dialer {
	// The handshakes of all loops get the processors that no loop needs.
	spare := (runtime.GOMAXPROCS(0) - n) / n
	d := &dialer{
		loop: l, origins: make(map[route.Origin]*origin), sockaddrs: make(map[netip.AddrPort]unix.Sockaddr),
		local: make(map[int][]unix.Sockaddr), limits: wire.NewLimits(l.job), computing: make(chan struct{}, max(spare, 1)),
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
	d.lookups.Wait()
	d.handshakes.Wait()
}

// origin returns the origin of a URL. It resolves nothing.
func (d *dialer) origin(u *url.URL) *origin {
	at := route.OriginOf(u)
	if o := d.origins[at]; o != nil {
		return o
	}
	o := &origin{hop: d.job.Hop(at)}
	if d.job.Socket != "" && at == route.OriginOf(d.job.Target) {
		o.socket = &unix.SockaddrUnix{Name: d.job.Socket}
	}
	if at.Scheme == "https" {
		o.tls = wire.TLSConfig(d.job, at == route.OriginOf(d.job.Target))
		if o.tls.ServerName == "" {
			o.tls.ServerName, _, _ = net.SplitHostPort(at.Address)
		}
	}
	d.origins[at] = o
	return o
}

// sockaddrOf converts an address to the kernel's form.
func (d *dialer) sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	s := d.sockaddrs[a]
	if s == nil {
		s = sockaddr(a.Addr(), a.Port())
		d.sockaddrs[a] = s
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

// open opens a new connection for a client, as soon as the origin's addresses are known.
func (d *dialer) open(c *client, o *origin) {
	if o.socket != nil {
		d.dial(c, o, route.Addresses{}, 0, d.m.Now(), nil)
		return
	}
	turn, err := d.job.Routes.Next(o.hop)
	switch {
	case err == nil:
		d.dial(c, o, turn, 0, d.m.Now(), nil)
	case !errors.Is(err, route.ErrUnresolved):
		d.fail(c, err)
	default:
		c.origin = o
		o.waiting = append(o.waiting, c)
		if !o.resolving {
			o.resolving = true
			d.lookups.Go(func() { d.resolve(o) })
		}
	}
}

// resolve looks up an origin's addresses, in a goroutine of its own.
func (d *dialer) resolve(o *origin) {
	began := d.m.Now()
	err := d.job.Routes.Resolve(d.ctx, o.hop)
	d.post(func() {
		o.resolving = false
		waiting := o.waiting
		o.waiting = nil
		for _, c := range waiting {
			c.origin = nil
			turn, none := d.job.Routes.Next(o.hop)
			if failed := firstError(err, none); failed != nil {
				d.fail(c, failed)
			} else {
				d.dial(c, o, turn, 0, max(began, c.outcome.Sent), nil)
			}
		}
	})
}

// dial begins to connect to address i, or to the next one that can be tried. If none can, the
// request fails with the error of the first, as with net.Dialer.
func (d *dialer) dial(c *client, o *origin, turn route.Addresses, i int, began time.Duration, failed error) {
	for ; i < max(turn.Len(), 1); i++ {
		to := o.socket
		if to == nil {
			to = d.sockaddrOf(turn.At(i))
		}
		fd, err := connect(to, d.localFor(to))
		if err != nil {
			failed = firstError(failed, err)
			continue
		}
		conn := d.conns.new(fd)
		conn.origin, conn.client, c.conn = o, c, conn
		conn.connecting, conn.dialStart, conn.addresses, conn.addressIndex, conn.dialErr = true, began, turn, i, failed
		if err := d.poll.watch(fd, conn.slot, conn.generation); err != nil {
			failed = firstError(failed, err)
			break
		}
		return
	}
	d.fail(c, failed)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// localFor returns the local address for the next connection to an address, nil to let the
// kernel choose.
func (d *dialer) localFor(to unix.Sockaddr) unix.Sockaddr {
	all := d.local[family(to)]
	if len(all) == 0 {
		return nil
	}
	d.nextLocal++
	return all[d.nextLocal%len(all)]
}

// finishConnect goes on with a connection that is open now, or tries the next address if
// connecting failed. readable says that the server has already sent data or closed the connection;
// epoll does not report that again.
func (d *dialer) finishConnect(conn *conn, readable bool) {
	c := conn.client
	if err := connectError(conn.fd, conn.address().Port()); err != nil {
		o, turn, next, began, failed := conn.origin, conn.addresses, conn.addressIndex+1, conn.dialStart, firstError(conn.dialErr, err)
		c.conn = nil
		d.drop(conn)
		if next < turn.Len() {
			d.dial(c, o, turn, next, began, failed)
		} else {
			d.fail(c, failed)
		}
		return
	}
	conn.connecting = false
	if conn.origin.tls != nil {
		conn.connectedAt = d.m.Now()
		d.noteData(c, conn.connectedAt)
		d.secure(conn)
		return
	}
	d.opened(conn, readable)
}

// secure makes the handshake of a connection, in a goroutine of its own.
func (d *dialer) secure(conn *conn) {
	s := newSession(conn.fd, conn.origin.tls, d.receiver, d.computing)
	conn.session = s
	d.handshakes.Go(func() {
		if wanted, err := s.below.handshake.run(s); wanted {
			d.post(func() { d.secured(conn, s, err) })
		}
	})
}

// secured goes on with a connection whose handshake has ended.
func (d *dialer) secured(conn *conn, s *session, err error) {
	if conn.session != s {
		return // it was dropped meanwhile
	}
	s.below.handshake = nil
	if err != nil {
		d.fail(conn.client, err)
		return
	}
	d.opened(conn, true)
}

// opened sends the request on a new connection.
func (d *dialer) opened(conn *conn, readable bool) {
	c := conn.client
	now := d.m.Now()
	c.outcome.Connect += max(now-conn.dialStart, 1)
	if conn.session != nil {
		c.outcome.Handshake += max(now-conn.connectedAt, 1)
	}
	d.noteData(c, now)
	out, err := d.bytesFor(c, c.message)
	if err != nil {
		d.fail(c, err)
		return
	}
	conn.begin(c, out, true)
	if conn.sendErr = d.write(conn); conn.sendErr != nil || readable {
		d.receive(conn)
	}
}
