package rawhttp

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack/wire"
)

// origin is where connections lead.
type origin struct {
	host string
	port uint16
	// addresses are empty until the host's name is resolved; whoever needs them
	// before waits.
	addresses []unix.Sockaddr
	resolving bool
	waiting   []*client
	idle      []*conn // shared connections; clients' own are theirs
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
	origins map[string]*origin
	local   map[int][]unix.Sockaddr // by address family
	turn    int                     // of the local addresses
	limits  *wire.Limits
}

func newDialer(l *loop) *dialer {
	d := &dialer{
		loop: l, origins: make(map[string]*origin), local: make(map[int][]unix.Sockaddr), limits: wire.NewLimits(l.job),
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
	address := wire.Address(u)
	if o := d.origins[address]; o != nil {
		return o
	}
	host, port, _ := net.SplitHostPort(address) // it was just joined
	n, _ := strconv.ParseUint(port, 10, 16)     // 0 is refused on connecting
	o := &origin{host: host, port: uint16(n)}
	if d.job.Socket != "" && address == wire.Address(d.job.Target) {
		o.addresses = []unix.Sockaddr{&unix.SockaddrUnix{Name: d.job.Socket}}
	} else if ip, err := netip.ParseAddr(host); err == nil {
		o.addresses = []unix.Sockaddr{sockaddr(ip, o.port)}
	}
	d.origins[address] = o
	return o
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

// open gives a client a new connection, as soon as there is one.
func (d *dialer) open(c *client, o *origin) {
	if len(o.addresses) > 0 {
		d.dial(c, o, 0, d.m.Now(), nil)
		return
	}
	c.origin = o
	o.waiting = append(o.waiting, c)
	if !o.resolving {
		o.resolving = true
		d.asking.Go(func() { d.resolve(o) })
	}
}

// resolve asks for an origin's addresses, outside the loop. Once they are known they
// are not asked for again; after a failure they are.
func (d *dialer) resolve(o *origin) {
	began := d.m.Now()
	ips, err := net.DefaultResolver.LookupNetIP(d.ctx, "ip", o.host)
	d.post(func() {
		o.resolving = false
		for _, ip := range ips {
			o.addresses = append(o.addresses, sockaddr(ip, o.port))
		}
		waiting := o.waiting
		o.waiting = nil
		for _, c := range waiting {
			c.origin = nil
			if err != nil {
				d.fail(c, err)
			} else {
				d.dial(c, o, 0, max(began, c.o.Sent), nil)
			}
		}
	})
}

// dial begins to connect to an origin's address of number i, or the next that can be
// tried. Errors are those of the first, as net.Dialer has it.
func (d *dialer) dial(c *client, o *origin, i int, began time.Duration, failed error) {
	for ; i < len(o.addresses); i++ {
		fd, err := connect(o.addresses[i], d.localFor(o.addresses[i]))
		if err != nil {
			failed = first(failed, err)
			continue
		}
		conn := d.conns.new(fd)
		conn.origin, conn.client, c.conn = o, c, conn
		conn.connecting, conn.began, conn.address, conn.failed = true, began, i, failed
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
	if err := connected(conn.fd, conn.origin.port); err != nil {
		o, next, began, failed := conn.origin, conn.address+1, conn.began, first(conn.failed, err)
		c.conn = nil
		d.drop(conn)
		d.dial(c, o, next, began, failed)
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
