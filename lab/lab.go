// Package lab is what every system under test has in common, so that whoever uses one need
// not know which it is: a page that writes a row per request into a database, running once
// alone and several times behind a balancer, all on addresses of this machine.
package lab

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
)

// The database: its account, its name and the table that the page writes.
const (
	User     = "root"
	Password = "Senha123"
	Database = "meubanco"
	Table    = "dados"
)

// HostHeader is the response header in which the page names the host that answers.
const HostHeader = "X-Served-By"

// DefaultReplicas is how many replicas stand behind the balancer when nobody says.
const DefaultReplicas = 3

// Ports are the TCP ports to listen on; 0 is any free one.
type Ports struct{ Single, Cluster, MySQL int }

// CataloguePorts are those that the scenarios of the catalogue name.
var CataloguePorts = Ports{Single: 8080, Cluster: 4500, MySQL: 3306}

// System is a system under test that is up.
type System struct {
	// Words say in a few lines what it is, so that nobody takes it for something else.
	Words []string
	// Single is the URL of the replica that stands alone, and SingleHost what it writes
	// into the column Host.
	Single, SingleHost string
	// Cluster is the URL of the balancer.
	Cluster string
	// Hosts are what the replicas behind the balancer write, and Replicas their own URLs
	// past it, in the same order. Those that were killed are still there.
	Hosts, Replicas []string
	// MySQL is host:port of the database.
	MySQL string
	// Docker are the addresses of the engines that run the replicas behind the balancer, one
	// per node, and Service is their service; empty without a Swarm.
	Docker  []string
	Service string
	// Control is the address at which others can change what only the lab can: see package
	// control. It is "" for a lab that lets nobody.
	Control string

	// Kill ends the replica with an index of Hosts, as the loss of a container would, and
	// returns when it is gone. Nothing but a Swarm replaces it, by another host. Killing it
	// again is no error.
	Kill func(i int) error
	// Close ends every part and returns when all are gone. It may be called more than once,
	// and by several goroutines.
	Close func() error
}

// DSN is the database for github.com/go-sql-driver/mysql.
func (s *System) DSN() string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s", User, Password, s.MySQL, Database)
}

// MySQLCommand is a command for the shell that opens the database.
func (s *System) MySQLCommand() string {
	host, port, _ := net.SplitHostPort(s.MySQL)
	return fmt.Sprintf("mysql --protocol=TCP --host=%s --port=%s --user=%s --password=%s %s", host, port, User, Password, Database)
}

// ExportStart begins what [System.Exports] returns.
const ExportStart = "export STRESS_SINGLE="

// Exports are the addresses as a shell reads them, by the names of the catalogue's scenarios.
func (s *System) Exports() string {
	text := fmt.Sprintf(ExportStart+"'%s'\nexport STRESS_CLUSTER='%s'\nexport STRESS_DSN='%s'\n", s.Single, s.Cluster, s.DSN())
	if len(s.Docker) > 0 {
		text += fmt.Sprintf("export STRESS_DOCKER='%s'\nexport STRESS_SERVICE='%s'\n", strings.Join(s.Docker, ","), s.Service)
	}
	if s.Control != "" {
		text += fmt.Sprintf("export STRESS_LAB='%s'\n", s.Control)
	}
	return text
}

// Print says what is up, how to use it and how to end it.
func (s *System) Print(w io.Writer) {
	for _, line := range s.Words {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\n%s\nstress run cluster\n%s\n\nInterrupt (Ctrl-C) ends it.\n", s.Exports(), s.MySQLCommand())
}

// NewHost is a name as Docker gives it to a container: 12 hex digits, the beginning of a
// random id.
func NewHost() string {
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
