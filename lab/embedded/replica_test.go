package embedded

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/internal/mysqltest"
)

// startReplica runs a replica in this process.
func startReplica(t *testing.T, c replicaConfig) string {
	t.Helper()
	page, err := newReplica(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	t.Cleanup(func() { page.db.Close() })
	return server.URL
}

func TestReplicaAnswersLikeThePage(t *testing.T) {
	address := startDatabase(t, 10)
	db := mysqltest.Open(t, databaseAccess(address))
	url := startReplica(t, replicaConfig{Host: "a2a9d21d8c9c", Database: address, Workers: 2, Service: time.Millisecond, Seed: 1})

	hits := 0
	for _, hit := range []struct{ method, path string }{
		{"GET", "/index.php"}, {"GET", "/"}, {"POST", "/index.php"}, {"HEAD", "/index.php"}, {"PUT", "/no/such/page?x=1"}, {"GET", "/favicon.ico"},
	} {
		hits++
		a := ask(t, hit.method, url+hit.path)
		if a.status != 200 || a.header.Get("Content-Type") != "text/html; charset=iso-8859-1" {
			t.Errorf("%v: status %d, %v", hit, a.status, a.header)
		}
		if hit.method != "HEAD" && !strings.HasSuffix(a.body, "<br>New record created successfully\n</body>\n</html>\n") {
			t.Errorf("%v: body %q", hit, a.body)
		}
		if rows := mysqltest.RowsPerHost(t, db); len(rows) != 1 || rows["a2a9d21d8c9c"] != hits {
			t.Errorf("after %d hits: rows %v", hits, rows)
		}
	}

	var number int
	var name, surname, address2, city string
	if err := db.QueryRow("SELECT AlunoID, Nome, Sobrenome, Endereco, Cidade FROM dados LIMIT 1").Scan(&number, &name, &surname, &address2, &city); err != nil {
		t.Fatal(err)
	}
	if number < 1 || number > 999 || len(name) != 7 || surname != name || address2 != name || city != name {
		t.Errorf("row %d %q %q %q %q", number, name, surname, address2, city)
	}
}

// Whatever goes wrong, the status is 200 and only the body tells.
func TestReplicaAnswers200WhenTheDatabaseFails(t *testing.T) {
	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	url := startReplica(t, replicaConfig{Host: "h", Database: gone.Addr().String(), Workers: 1, Service: time.Millisecond})
	if a := ask(t, "GET", url); a.status != 200 || !strings.HasSuffix(a.body, "<br>Connect failed: Connection refused\n") {
		t.Errorf("without a database: status %d, body %q", a.status, a.body)
	}

	address := startDatabase(t, 10)
	url = startReplica(t, replicaConfig{Host: strings.Repeat("h", 51), Database: address, Workers: 1, Service: time.Millisecond})
	if a := ask(t, "GET", url); a.status != 200 || !strings.Contains(a.body, "<br>Error: ") || !strings.HasSuffix(a.body, "</html>\n") {
		t.Errorf("with a host too long for its column: status %d, body %q", a.status, a.body)
	}
}

// More workers than database connections: every answer is a 200, and those that
// say so wrote nothing.
func TestReplicaWithTooFewDatabaseConnections(t *testing.T) {
	const workers, limit, requests = 12, 3, 120
	address := startDatabase(t, limit)
	url := startReplica(t, replicaConfig{Host: "h", Database: address, Workers: workers, Service: 10 * time.Millisecond, Seed: 1})
	var mu sync.Mutex
	bodies := map[string]int{}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range requests / workers {
				a := ask(t, "GET", url)
				kind := fmt.Sprint(a.status, a.body)
				switch {
				case a.status != 200:
				case strings.Contains(a.body, "New record created successfully"):
					kind = "success"
				case strings.Contains(a.body, "Connect failed: Too many connections"):
					kind = "refused"
				}
				mu.Lock()
				bodies[kind]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if bodies["success"] == 0 || bodies["refused"] == 0 || bodies["success"]+bodies["refused"] != requests {
		t.Errorf("bodies: %v", bodies)
	}
	eventually(t, "rows equal the successes, and are fewer than the answers", func() bool {
		db := mysqltest.Open(t, databaseAccess(address))
		conn, err := db.Conn(context.Background())
		if err != nil {
			return false // the last pages' connections are still closing
		}
		conn.Close()
		return total(mysqltest.RowsPerHost(t, db)) == bodies["success"]
	})
}

func TestReplicaDropsInserts(t *testing.T) {
	const requests = 200
	// Hits without a service time come faster than the server notices that the
	// connections before were closed: it must have room for all.
	address := startDatabase(t, 5*requests)
	db := mysqltest.Open(t, databaseAccess(address))
	for _, share := range []float64{0, 0.25, 1} {
		if _, err := db.Exec("TRUNCATE TABLE dados"); err != nil {
			t.Fatal(err)
		}
		page, err := newReplica(replicaConfig{Host: "h", Database: address, Workers: 8, Service: 1, ills: ills{DropInsert: share}, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		for range requests {
			if body := page.page(t.Context(), ""); !strings.Contains(body, "New record created successfully") {
				t.Fatal(body)
			}
		}
		page.db.Close()
		lost := requests - total(mysqltest.RowsPerHost(t, db))
		// Five standard deviations of a binomial count.
		if slack := 5 * math.Sqrt(requests*share*(1-share)); math.Abs(float64(lost)-requests*share) > slack {
			t.Errorf("dropping %v: %d of %d lost", share, lost, requests)
		}
	}
}

// No more requests are in service than there are workers, and a request whose
// client has left is served all the same.
func TestReplicaQueuesForItsWorkers(t *testing.T) {
	address := startDatabase(t, 50)
	db := mysqltest.Open(t, databaseAccess(address))
	page, err := newReplica(replicaConfig{Host: "h", Database: address, Workers: 1, Service: time.Millisecond, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer page.db.Close()

	page.workers <- struct{}{} // the only worker is busy
	ctx, leave := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() {
		page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		close(served)
	}()
	leave()
	select {
	case <-served:
		t.Fatal("served without a worker")
	default:
	}
	if rows := total(mysqltest.RowsPerHost(t, db)); rows != 0 {
		t.Fatalf("%d rows without a worker", rows)
	}
	page.workers.give()
	<-served
	if rows := total(mysqltest.RowsPerHost(t, db)); rows != 1 {
		t.Errorf("%d rows of a request whose client had left", rows)
	}
}

func TestServiceTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := time.Duration(rapid.Int64Range(int64(time.Microsecond), int64(maxService)).Draw(t, "mean"))
		seed := rapid.Uint64().Draw(t, "seed")
		const n = 2000
		times, again := newServiceTimes(mean, rand.New(rand.NewPCG(seed, 1))), newServiceTimes(mean, rand.New(rand.NewPCG(seed, 1)))
		p99 := times.quantile(0.99)
		sum, beyond := 0.0, 0
		for range n {
			d := times.draw()
			if d <= 0 || d != again.draw() {
				t.Fatalf("drew %v, and something else from the same seed", d)
			}
			sum += d.Seconds()
			if d > p99 {
				beyond++
			}
		}
		// The standard deviation is about a quarter of the mean: six of the mean's
		// standard errors, and of the count beyond the quantile.
		if got := sum / n / mean.Seconds(); math.Abs(got-1) > 6*0.26/math.Sqrt(n) {
			t.Errorf("mean %v: the average is %.3f times that", mean, got)
		}
		if math.Abs(float64(beyond)-n*0.01) > 6*math.Sqrt(n*0.01*0.99) {
			t.Errorf("mean %v: %d of %d beyond the 99th percentile %v", mean, beyond, n, p99)
		}
	})
}

// eventually waits for a condition that another goroutine or process brings about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
