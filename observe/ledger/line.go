package ledger

import (
	"context"
	"database/sql/driver"
	"net"
	"sync"

	"github.com/go-sql-driver/mysql"
)

// careful connects as the driver does. A greeting against the protocol, such as one that
// breaks off, can make the driver panic; here that is one more thing a server may say.
type panicSafe struct{ driver.Connector }

func (c panicSafe) Connect(ctx context.Context) (conn driver.Conn, err error) {
	defer func() {
		if recover() != nil {
			conn, err = nil, mysql.ErrMalformPkt
		}
	}()
	return c.Connector.Connect(ctx)
}

// line is the connection to the database under the driver. It can be cut whatever the
// driver is doing: asked to close, the driver first reads the rest of a result, which
// of a hostile or a broken server need not end.
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
	if err := ctx.Err(); err != nil { // it ended before there was anything to cut
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

// open reports that the other end took the newest connection.
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
