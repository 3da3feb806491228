package embedded

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/lab"
)

// databaseTimeout bounds each step of a talk with the database.
const databaseTimeout = 60 * time.Second

// replicaConfig is a replica child's part.
type replicaConfig struct {
	// Host is what the replica writes in the column Host.
	Host string
	// Database is the address of the database.
	Database string
	Workers  int
	// Service is the mean service time.
	Service time.Duration
	ills
	Seed uint64
}

// ills are what can be wrong with a replica, and change while it serves.
type ills struct {
	// Slowness is how many times the service time a request takes; 0 is 1.
	Slowness float64
	// DropInsert is the share of requests, in [0,1], that answer success and write
	// nothing.
	DropInsert float64
}

// serve answers HTTP on l until l is closed. Each order is other ills, as JSON.
func (c replicaConfig) serve(l net.Listener, orders <-chan []byte, stderr io.Writer) error {
	page, err := newReplica(c)
	if err != nil {
		return err
	}
	go func() {
		for line := range orders {
			var order ills
			if err := json.Unmarshal(line, &order); err != nil {
				fmt.Fprintf(stderr, "replica %s: reading an order: %v\n", c.Host, err)
				continue
			}
			page.suffer(order)
		}
	}()
	server := &http.Server{Handler: page, ErrorLog: log.New(io.Discard, "", 0)}
	return server.Serve(l)
}

// replica is the page under test: every hit, whatever its path and method, opens
// a database connection of its own, writes one row and says so. It answers status
// 200 whatever happens, as the original does; only the body tells.
//
// A worker is busy with one request at a time; the rest wait their turn, in order
// of arrival, and are served even if their client has left meanwhile, as mod_php
// serves what it finds in its queue. Half of the service time passes before the
// row is written and half after, the connection being held throughout: a replica
// that is killed leaves rows that nobody was told of.
type replica struct {
	host    string
	workers slots
	db      *sql.DB
	service *serviceTimes

	mu   sync.Mutex
	rng  *rand.Rand
	ills ills
}

func newReplica(c replicaConfig) (*replica, error) {
	database := databaseAccess(c.Database)
	database.Timeout, database.ReadTimeout, database.WriteTimeout = databaseTimeout, databaseTimeout, databaseTimeout
	database.InterpolateParams = true
	database.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(database)
	if err != nil {
		return nil, fmt.Errorf("replica %s: %w", c.Host, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(-1)
	return &replica{
		host:    c.Host,
		workers: newSlots(c.Workers),
		db:      db,
		service: newServiceTimes(c.Service, rand.New(rand.NewPCG(c.Seed, 1))),
		rng:     rand.New(rand.NewPCG(c.Seed, 2)),
		ills:    c.ills,
	}, nil
}

// databaseAccess is how everybody connects to the lab's database.
func databaseAccess(address string) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Passwd = lab.User, lab.Password
	c.Net, c.Addr, c.DBName = "tcp", address, lab.Database
	return c
}

const (
	pageHead = "<html>\n<head>\n<title>lab of stress</title>\n</head>\n<body>\n" +
		"Versao Atual do PHP: none, this is a lab<br>"
	pageFoot = "\n</body>\n</html>\n"
)

func (p *replica) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.workers <- struct{}{}
	defer p.workers.give()
	w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
	w.Header().Set(lab.HostHeader, p.host)
	_, _ = io.WriteString(w, p.page(context.WithoutCancel(r.Context()), claimOf(r)))
}

// claimOf is the name that a request has by header or query, so that its row tells who wrote
// it; "" for none, and for what is none.
func claimOf(r *http.Request) string {
	name := cmp.Or(r.Header.Get("X-Stress-Claim"), r.URL.Query().Get("claim"))
	if !claims().MatchString(name) {
		return ""
	}
	return name
}

var claims = lazy.Regexp(`^[0-9a-z-]{1,50}$`)

// page is the body. When the connection fails it ends right there, without the
// closing tags.
func (p *replica) page(ctx context.Context, claim string) string {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return pageHead + "Connect failed: " + databaseError(err) + "\n"
	}
	defer conn.Close()
	half := time.Duration(float64(p.service.draw()) * p.slowness() / 2)
	time.Sleep(half)
	if err := p.insert(ctx, conn, claim); err != nil {
		return pageHead + "Error: " + databaseError(err) + pageFoot
	}
	time.Sleep(half)
	return pageHead + "New record created successfully" + pageFoot
}

// suffer has the replica be as an order says.
func (p *replica) suffer(order ills) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ills = order
}

func (p *replica) slowness() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.ills.Slowness, 1)
}

// insert writes one row of random values under the name of its request, or none if the fault
// says so.
func (p *replica) insert(ctx context.Context, conn *sql.Conn, claim string) error {
	number, text, drop := p.drawRow()
	if drop {
		return nil
	}
	_, err := conn.ExecContext(ctx,
		"INSERT INTO "+lab.Table+" (AlunoID, Nome, Sobrenome, Endereco, Cidade, Host) VALUES (?, ?, ?, ?, ?, ?)",
		number, cmp.Or(claim, text), text, text, text, p.host)
	return err
}

func (p *replica) drawRow() (number int, text string, drop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	number = 1 + p.rng.IntN(999)
	text = strings.ToUpper(fmt.Sprintf("%07x", p.rng.Uint32()>>4))
	return number, text, p.rng.Float64() < p.ills.DropInsert
}

// databaseError is the text that mysqli would give.
func databaseError(err error) string {
	if answer, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return answer.Message
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "Connection refused"
	}
	return err.Error()
}
