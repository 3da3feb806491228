package database

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// session is one client's connection. It implements server.Handler; its methods are
// called one after the other, kill from anywhere.
type session struct {
	server   *Server
	conn     net.Conn
	id       uint32
	database string
	limit    time.Duration // max_execution_time; 0 is none

	mu     sync.Mutex
	cancel context.CancelFunc // of the statement that runs; nil if none does
	text   string             // of that statement
}

// account is the client in MySQL's form user@host.
func (c *session) account() string {
	host, _, err := net.SplitHostPort(c.conn.RemoteAddr().String())
	if err != nil {
		host = "localhost"
	}
	return c.server.config.User + "@" + host
}

// begin marks a statement as running. end must be called when it has ended.
func (c *session) begin(query string) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	if c.limit > 0 {
		ctx, cancel = context.WithTimeoutCause(context.Background(), c.limit, errTooLong)
	}
	c.set(cancel, query)
	return ctx, func() {
		c.set(nil, "")
		cancel()
	}
}

func (c *session) set(cancel context.CancelFunc, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel, c.text = cancel, text
}

// kill ends the statement that runs, and the connection too if asked for.
func (c *session) kill(connection bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
	if connection {
		_ = c.conn.Close()
	}
}

// running is the statement that runs, "" for none.
func (c *session) running() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text
}

// UseDB makes a database the one of names without one.
func (c *session) UseDB(name string) error {
	if name != "" && name != c.server.config.Name && name != informationSchema {
		return unknownDatabase(name)
	}
	c.database = name
	return nil
}

// HandleQuery answers a statement in text.
func (c *session) HandleQuery(query string) (*mysql.Result, error) {
	s, err := parse(query)
	if err != nil {
		return nil, err
	}
	return c.answer(s, query, nil, false)
}

// HandleFieldList answers the clients that complete names.
func (c *session) HandleFieldList(table, _ string) ([]*mysql.Field, error) {
	result, err := c.HandleQuery("SELECT * FROM " + identifier(table) + " LIMIT 0")
	if err != nil {
		return nil, err
	}
	return result.Fields, nil
}

// HandleStmtPrepare parses a statement with placeholders. MySQL says here how many
// columns the answer will have; the statement is asked with nothing but NULL to find
// out, which changes nothing, as only a SELECT is.
func (c *session) HandleStmtPrepare(query string) (parameters, columns int, prepared any, err error) {
	s, err := parse(query)
	if err != nil {
		return 0, 0, nil, err
	}
	parameters = s.parameters()
	if s.at(0).is("SELECT", "WITH") {
		result, err := c.answer(s, query, make([]any, parameters), false)
		if err != nil {
			return 0, 0, nil, err
		}
		columns = len(result.Fields)
	}
	return parameters, columns, s, nil
}

// HandleStmtExecute answers a prepared statement.
func (c *session) HandleStmtExecute(prepared any, query string, args []any) (*mysql.Result, error) {
	for i, a := range args {
		if b, ok := a.(mysql.TypedBytes); ok {
			args[i] = string(b.Bytes)
		} else if b, ok := a.([]byte); ok {
			args[i] = string(b)
		}
	}
	return c.answer(prepared.(statement), query, args, true)
}

// HandleStmtClose has nothing to give back.
func (c *session) HandleStmtClose(any) error { return nil }

// HandleOtherCommand answers commands of the protocol that are none of the above.
func (c *session) HandleOtherCommand(command byte, _ []byte) error {
	const setOption = 0x1b
	if command == setOption {
		return nil // several statements in one text are refused as they come
	}
	return mysql.NewDefaultError(mysql.ER_UNKNOWN_COM_ERROR)
}
