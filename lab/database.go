package lab

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/sirupsen/logrus"
)

// The account of the page under test.
const (
	databaseUser     = "root"
	databasePassword = "Senha123"
)

// serverVersion is what a client sees; the number is of the protocol spoken.
const serverVersion = "8.0.33-stress-lab"

// databaseConfig is a database child's part.
type databaseConfig struct {
	MaxConnections int
}

// serve answers the MySQL protocol on l until l is closed. It silences the
// loggers that the library shares with its process, which is why the database has
// a process of its own.
func (c databaseConfig) serve(l net.Listener) error {
	logrus.SetOutput(io.Discard)
	log.SetOutput(io.Discard)
	s, err := newDatabase(l, c.MaxConnections, new(table))
	if err != nil {
		return fmt.Errorf("starting the lab's database: %w", err)
	}
	return s.Start()
}

// newDatabase is a MySQL server for one table and one account. The connection
// after maxConnections is refused with MySQL's error 1040.
func newDatabase(l net.Listener, maxConnections int, t *table) (*server.Server, error) {
	engine := sqle.NewDefault(sql.NewDatabaseProvider(schema{t}))
	accounts := engine.Analyzer.Catalog.MySQLDb
	editor := accounts.Editor()
	accounts.AddSuperUser(editor, databaseUser, "%", databasePassword)
	editor.Close()

	err := sql.SystemVariables.SetGlobal(sql.NewEmptyContext(), "max_connections", int64(maxConnections))
	if err != nil {
		return nil, fmt.Errorf("at most %d connections: %w", maxConnections, err)
	}
	config := server.Config{
		Address:  l.Addr().String(),
		Listener: &limitListener{Listener: l, slots: newSlots(maxConnections), refuse: tooManyConnections},
		Version:  serverVersion,
	}
	return server.NewServerWithHandler(config, engine, sql.NewContext, newSession, nil, speakMySQL)
}

func newSession(_ context.Context, conn *mysql.Conn, addr string) (sql.Session, error) {
	user, _ := conn.UserData.(sql.MysqlConnectionUser)
	client := sql.Client{Address: user.Host, User: user.User, Capabilities: conn.Capabilities}
	return sql.NewBaseSessionWithClientServer(addr, client, conn.ConnectionID), nil
}

// tooManyConnections refuses a connection as MySQL does: an error in place of the
// greeting, and without an SQL state because no capabilities have been agreed on.
// The library would only hang up.
func tooManyConnections(conn net.Conn) {
	const (
		code    = mysql.ERConCount
		message = "Too many connections"
	)
	payload := append([]byte{0xff, code & 0xff, code >> 8}, message...)
	packet := append([]byte{byte(len(payload)), 0, 0, 0}, payload...)
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write(packet)
	_ = conn.Close()
}
