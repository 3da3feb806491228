package lab

import (
	"fmt"
	"net"

	"github.com/stress-tool/stress/lab/database"
	"github.com/stress-tool/stress/lab/deploy"
)

// The account, the database and the table of the page under test.
const (
	databaseUser     = "root"
	databasePassword = "Senha123"
	databaseName     = "meubanco"
	tableName        = "dados"
)

// databaseConfig is a database child's part.
type databaseConfig struct {
	MaxConnections int
}

// serve answers the MySQL protocol on l until l is closed.
func (c databaseConfig) serve(l net.Listener) error {
	server, err := newDatabase(c)
	if err != nil {
		return err
	}
	defer server.Close()
	return server.Serve(l)
}

func newDatabase(c databaseConfig) (*database.Server, error) {
	server, err := database.New(database.Config{
		User:           databaseUser,
		Password:       databasePassword,
		Name:           databaseName,
		Schema:         deploy.Schema,
		MaxConnections: c.MaxConnections,
	})
	if err != nil {
		return nil, fmt.Errorf("starting the lab's database: %w", err)
	}
	return server, nil
}
