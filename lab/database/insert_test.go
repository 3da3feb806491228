package database

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stress-tool/stress/internal/mysqltest"
)

// Each INSERT is a statement of its own, with its values in its text, as a page sends it.
const oneRow = "INSERT INTO dados (AlunoID, Nome, Sobrenome, Endereco, Cidade, Host) VALUES "

// Inserts per second over twenty connections, of which each must be a row. The driver takes
// as much of the processors as the database does. The plain client has its packets ready and
// reads no more of an answer than whether it is an error, so that the rate is nearly that of the
// database alone; the number is how many statements it sends before it reads their answers.
func BenchmarkInserts(b *testing.B) {
	b.Run("driver", func(b *testing.B) {
		benchmarkInserts(b, func(t testing.TB, address string) insertFunc {
			c := access(address)
			c.InterpolateParams = true
			db := mysqltest.Open(t, c)
			return func(n int) error {
				for range n {
					if _, err := db.Exec(oneRow+"(?, ?, ?, ?, ?, ?)", 1, "a", "b", "c", "d", "host"); err != nil {
						return err
					}
				}
				return nil
			}
		})
	})
	for _, ahead := range []int{1, 8} {
		b.Run(fmt.Sprintf("plain/%d", ahead), func(b *testing.B) {
			benchmarkInserts(b, func(t testing.TB, address string) insertFunc { return plainClient(t, address, ahead) })
		})
	}
}

// insertFunc writes n rows, each by a statement of its own.
type insertFunc func(n int) error

func benchmarkInserts(b *testing.B, connect func(testing.TB, string) insertFunc) {
	const clients = 20
	address := startDatabase(b, clients+1)
	var inserts [clients]insertFunc
	for i := range inserts {
		inserts[i] = connect(b, address)
	}
	each := b.N/clients + 1
	var wg sync.WaitGroup
	b.ResetTimer()
	for _, insert := range inserts {
		wg.Go(func() {
			if err := insert(each); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(clients*float64(each)/b.Elapsed().Seconds(), "inserts/s")
	if rows := mysqltest.RowsPerHost(b, mysqltest.Open(b, access(address))); rows["host"] != clients*each {
		b.Errorf("%d rows of %d inserts", rows["host"], clients*each)
	}
}

// Statements that come together are answered one by one and in their order.
func TestDatabaseAnswersStatementsThatComeTogether(t *testing.T) {
	address := startDatabase(t, 2)
	if err := plainClient(t, address, 50)(1000); err != nil {
		t.Fatal(err)
	}
	if rows := mysqltest.RowsPerHost(t, mysqltest.Open(t, access(address))); rows["host"] != 1000 {
		t.Errorf("%d rows of 1000 inserts", rows["host"])
	}
}

// An answer arrives whole although it is longer than what is held back.
func TestDatabaseSendsLongAnswers(t *testing.T) {
	db := mysqltest.Open(t, access(startDatabase(t, 1)))
	answer, err := answerOf(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) SELECT i FROM n")
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Split(answer, "\n"); len(answer) <= mostHeldBack || len(rows) != 40000 || rows[39999] != "40000" {
		t.Errorf("%d rows in %d bytes, the last %s", len(rows), len(answer), rows[len(rows)-1])
	}
}

// plainClient sends ready packets over a connection that the driver has opened, so many
// statements ahead of the first answer to them.
func plainClient(t testing.TB, address string, ahead int) insertFunc {
	c := access(address)
	var conn net.Conn
	c.DialFunc = func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
		conn, err = new(net.Dialer).DialContext(ctx, network, addr)
		return conn, err
	}
	if err := mysqltest.Open(t, c).Ping(); err != nil {
		t.Fatal(err)
	}
	const query = 0x03 // COM_QUERY
	statement := oneRow + "(1, 'a', 'b', 'c', 'd', 'host')"
	packet := append([]byte{byte(len(statement) + 1), 0, 0, 0, query}, statement...)
	answers := bufio.NewReader(conn)
	return func(n int) error {
		for sent := 0; sent < n; sent += ahead {
			now := min(ahead, n-sent)
			if _, err := conn.Write(bytes.Repeat(packet, now)); err != nil {
				return err
			}
			for range now {
				if err := readOK(answers); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// readOK reads one answer, which must say that all is well.
func readOK(answers *bufio.Reader) error {
	head, err := answers.Peek(5)
	if err != nil {
		return err
	}
	if head[4] != 0 {
		return fmt.Errorf("an INSERT was answered by a packet of the kind %#x", head[4])
	}
	_, err = answers.Discard(4 + int(head[0]))
	return err
}
