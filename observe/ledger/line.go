package ledger

import (
	"context"
	"database/sql/driver"
	"net"
	"sync"
)

// panicSafe connects like the driver. A greeting that violates the protocol, such as an incomplete one, can
// make the driver panic; that is returned as an error like any other.
type panicSafe struct{ driver.Connector }

func (c panicSafe) Connect(ctx context.Context) (conn driver.Conn, err error) {
	defer func() {
		if recover() != nil {
			conn, err = nil, errMalformed
		}
	}()
	return c.Connector.Connect(ctx)
}

// cuttableConn is the connection below the driver. It can be cut at any time. The driver's own Close first
// reads the rest of a result, which a hostile or broken server may never end.
type cuttableConn struct {
	dialer net.Dialer

	mu   sync.Mutex
	conn net.Conn // the newest; nil while it is being opened
}

func (l *cuttableConn) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.set(nil)
	conn, err := l.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.set(conn)
	if err := ctx.Err(); err != nil { // ctx ended before cut had a connection
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (l *cuttableConn) set(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
}

// isOpen reports that the server accepted the newest connection.
func (l *cuttableConn) isOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

func (l *cuttableConn) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.conn.Close()
	}
}
