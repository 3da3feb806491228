// Package database is a small database that clients take for MySQL: its protocol and
// its error numbers by go-mysql, its tables and its SQL by SQLite in memory.
//
// One account, one database and the tables of one schema; rows come and go, tables do
// not. It answers what clients of such a table ask: SELECT with all that SQLite can,
// INSERT, UPDATE, DELETE, TRUNCATE, SHOW, DESCRIBE, prepared statements, KILL, and
// information_schema as far as it describes tables and columns. Like MySQL's engine
// MEMORY it has no transactions: BEGIN and COMMIT are accepted, and each statement
// takes effect at once, wholly or not at all.
package database

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"
)

// Version is what a client is told; the number is that of the protocol and the dialect.
const Version = "8.0.33-stress-lab"

// handshakeTimeout is how long a connection may take to introduce itself: MySQL's
// connect_timeout.
const handshakeTimeout = 10 * time.Second

// Config says what the database is.
type Config struct {
	// User and Password are the only account. It may come from any address.
	User, Password string
	// Name is the name of the database.
	Name string
	// Schema holds the CREATE TABLE statements, with columns of the types int and
	// varchar(n).
	Schema string
	// MaxConnections is how many clients may be connected at a time. The next one
	// gets MySQL's error 1040. It must be at least 1.
	MaxConnections int
}

// Server is a database whose tables stand empty until clients fill them. Create one
// with [New].
type Server struct {
	config   Config
	store    *store
	protocol *server.Server
	accounts *server.InMemoryAuthenticationHandler
	slots    chan struct{}
	clients  clients
}

// New makes the tables. The error says what of the schema SQLite does not take.
func New(c Config) (*Server, error) {
	if c.MaxConnections < 1 {
		return nil, fmt.Errorf("a database for %d connections: it takes at least 1", c.MaxConnections)
	}
	store, err := openStore(c.Name, c.Schema)
	if err != nil {
		return nil, err
	}
	accounts := server.NewInMemoryAuthenticationHandler(mysql.AUTH_NATIVE_PASSWORD)
	if err := accounts.AddUser(c.User, c.Password); err != nil {
		return nil, errors.Join(err, store.close())
	}
	return &Server{
		config:   c,
		store:    store,
		protocol: server.NewServer(Version, mysql.DEFAULT_COLLATION_ID, mysql.AUTH_NATIVE_PASSWORD, nil, nil),
		accounts: accounts,
		slots:    make(chan struct{}, c.MaxConnections),
	}, nil
}

// Serve answers clients on l until l is closed, and returns the error of that.
func (s *Server) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		select {
		case s.slots <- struct{}{}:
			go func() {
				defer func() { <-s.slots }()
				s.serveClient(conn)
			}()
		default:
			refuseConnection(conn)
		}
	}
}

// Close disconnects every client and drops the tables.
func (s *Server) Close() error {
	s.clients.closeAll()
	return s.store.close()
}

// refuseConnection ends a connection as MySQL does when it has too many: by an error in place of
// the greeting, without an SQL state, because no capabilities are agreed on yet.
func refuseConnection(conn net.Conn) {
	const message = "Too many connections"
	payload := append([]byte{0xff, mysql.ER_CON_COUNT_ERROR & 0xff, mysql.ER_CON_COUNT_ERROR >> 8}, message...)
	packet := append([]byte{byte(len(payload)), 0, 0, 0}, payload...)
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write(packet)
	_ = conn.Close()
}

// serveClient is one client's connection, from greeting to end.
func (s *Server) serveClient(conn net.Conn) {
	defer conn.Close()
	// go-mysql indexes into packets that a broken client has cut short. Such a client
	// loses its connection; the database goes on.
	defer func() { _ = recover() }()

	client := &session{server: s, conn: conn}
	_ = conn.SetDeadline(time.Now().Add(handshakeTimeout))
	protocol, err := s.protocol.NewCustomizedConn(&answerConn{Conn: conn}, s.accounts, client)
	if err != nil {
		return
	}
	_ = conn.SetDeadline(time.Time{})
	client.id = protocol.ConnectionID()
	s.clients.add(client)
	defer s.clients.remove(client)
	for protocol.HandleCommand() == nil && !protocol.Closed() {
	}
}

// clients are the sessions that are connected now. The zero value has none.
type clients struct {
	mu   sync.Mutex
	byID map[uint32]*session
}

func (c *clients) add(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = map[uint32]*session{}
	}
	c.byID[s.id] = s
}

func (c *clients) remove(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, s.id)
}

// find returns nil for a connection that is not there.
func (c *clients) find(id uint32) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id]
}

// all returns the sessions in no order.
func (c *clients) all() []*session {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*session, 0, len(c.byID))
	for _, s := range c.byID {
		list = append(list, s)
	}
	return list
}

func (c *clients) closeAll() {
	for _, s := range c.all() {
		s.kill(true)
	}
}
