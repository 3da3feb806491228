package embedded

import (
	"fmt"
	"net"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/database"
	"github.com/stress-tool/stress/lab/deploy"
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
		User:           lab.User,
		Password:       lab.Password,
		Name:           lab.Database,
		Schema:         deploy.Schema,
		MaxConnections: c.MaxConnections,
	})
	if err != nil {
		return nil, fmt.Errorf("starting the lab's database: %w", err)
	}
	return server, nil
}
