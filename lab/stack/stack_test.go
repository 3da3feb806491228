package stack

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/internal/mysqltest"
	"github.com/stress-tool/stress/lab"
)

// needPackages skips only where the system itself is not installed.
func needPackages(t *testing.T) {
	t.Helper()
	if missing := Missing(); len(missing) > 0 {
		t.Skip("NOT TESTED: THE REAL STACK IS NOT INSTALLED. ", &MissingError{Packages: missing})
	}
}

func start(t *testing.T, opts Options) *Stack {
	t.Helper()
	needPackages(t)
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestPage sees what the page writes and says, in health and under every fault. The
// cases share one stack and leave it whole, but for the last.
func TestPage(t *testing.T) {
	s := start(t, Options{})
	ctx := t.Context()
	const created = "New record created successfully"

	t.Run("single", func(t *testing.T) {
		before := rowsPerHost(t, s)
		wantHits(t, s.Single, 4, created)
		if got, want := mysqltest.Added(before, rowsPerHost(t, s)), (map[string]int{s.SingleHost: 4}); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
	t.Run("cluster takes turns", func(t *testing.T) {
		before := rowsPerHost(t, s)
		wantHits(t, s.Cluster, 9, created)
		want := map[string]int{s.Hosts[0]: 3, s.Hosts[1]: 3, s.Hosts[2]: 3}
		if got := mysqltest.Added(before, rowsPerHost(t, s)); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
	t.Run("row", func(t *testing.T) {
		err := s.withDB(func(db *sql.DB) error {
			var bad int
			err := db.QueryRow(`SELECT COUNT(*) FROM dados WHERE NOT (AlunoID BETWEEN 1 AND 999 AND Nome REGEXP '^[0-9A-F]{7}$'
				AND Nome = Sobrenome AND Nome = Endereco AND Nome = Cidade AND Host REGEXP '^[0-9a-f]{12}$')`).Scan(&bad)
			if bad != 0 {
				t.Errorf("%d rows are not as the page should write them", bad)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("too many connections", func(t *testing.T) {
		if err := s.SetMaxConnections(ctx, leastConnections); err != nil {
			t.Fatal(err)
		}
		release := occupy(t, s, leastConnections+1)
		before := mysqltest.RowsPerHost(t, release.db)
		wantHits(t, s.Cluster, 3, "Connect failed: Too many connections")
		wantHits(t, s.Single, 1, "Connect failed: Too many connections")
		if got := mysqltest.Added(before, mysqltest.RowsPerHost(t, release.db)); len(got) != 0 {
			t.Errorf("rows %v, want none", got)
		}
		release.close()
		if err := s.SetMaxConnections(ctx, 151); err != nil {
			t.Fatal(err)
		}
		wantHits(t, s.Cluster, 3, created)
	})
	t.Run("table missing", func(t *testing.T) {
		if err := s.DropTable(ctx); err != nil {
			t.Fatal(err)
		}
		wantHits(t, s.Cluster, 1, "Error: Table 'meubanco.dados' doesn't exist")
		if err := s.CreateTable(ctx); err != nil {
			t.Fatal(err)
		}
		wantHits(t, s.Cluster, 3, created)
	})
	t.Run("database stopped", func(t *testing.T) {
		before := rowsPerHost(t, s)
		if err := s.StopDatabase(); err != nil {
			t.Fatal(err)
		}
		wantHits(t, s.Single, 1, "Connect failed: Connection refused")
		if err := s.StartDatabase(ctx); err != nil {
			t.Fatal(err)
		}
		if got := mysqltest.Added(before, rowsPerHost(t, s)); len(got) != 0 {
			t.Errorf("rows changed by %v over a restart", got)
		}
		wantHits(t, s.Single, 1, created)
	})
	t.Run("proxy stopped", func(t *testing.T) {
		if err := s.StopProxy(); err != nil {
			t.Fatal(err)
		}
		if _, err := (&http.Client{}).Get(s.Cluster); err == nil {
			t.Error("the cluster answers without its proxy")
		}
		if err := s.StartProxy(ctx); err != nil {
			t.Fatal(err)
		}
		wantHits(t, s.Cluster, 3, created)
	})
	t.Run("mysql command", func(t *testing.T) {
		args := append(strings.Fields(s.MySQLCommand()), "-e", "SHOW TABLES")
		client := find(args[0])
		if client == "" {
			t.Fatal("mysql is not installed beside the server")
		}
		if out, err := exec.CommandContext(ctx, client, args[1:]...).CombinedOutput(); err != nil || !bytes.Contains(out, []byte(lab.Table)) {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("replica killed", func(t *testing.T) {
		if err := s.Kill(1); err != nil {
			t.Fatal(err)
		}
		before := rowsPerHost(t, s)
		wantHits(t, s.Cluster, 6, created) // nginx goes on to the next
		got := mysqltest.Added(before, rowsPerHost(t, s))
		if got[s.Hosts[0]]+got[s.Hosts[2]] != 6 || got[s.Hosts[0]] < 2 || got[s.Hosts[2]] < 2 {
			t.Errorf("rows %v, want 6 shared by %s and %s", got, s.Hosts[0], s.Hosts[2])
		}
		if err := s.Kill(1); err != nil {
			t.Errorf("killing it again: %v", err)
		}
		if err := s.Kill(3); err == nil {
			t.Error("a replica that does not exist could be killed")
		}
	})
	t.Run("temporary directory", func(t *testing.T) {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there after Close: %v", s.Dir, err)
		}
	})
}

func TestStartFails(t *testing.T) {
	needPackages(t)
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		name string
		opts Options
		want string
	}{
		{"port taken", Options{Ports: lab.Ports{Cluster: port}}, "port " + strconv.Itoa(port)},
		{"few connections", Options{MaxConnections: 5}, "no fewer than 10"},
		{"negative replicas", Options{Replicas: -1}, "at least 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Start(t.Context(), c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
	})
}

// wantHits gets the page n times; each answer must be a 200 that holds text.
func wantHits(t *testing.T, url string, n int, text string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	for range n {
		resp, err := client.Get(url + "/index.php")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), text) {
			t.Fatalf("%s: %v, %s\n%s\nwant 200 and %q", url, err, resp.Status, body, text)
		}
	}
}

// occupied are connections held open, the first of them usable for queries.
type occupied struct {
	db    *sql.DB
	conns []*sql.Conn
}

// occupy opens n connections, one of which stays idle for the caller.
func occupy(t *testing.T, s *Stack, n int) *occupied {
	t.Helper()
	db, err := sql.Open("mysql", s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	o := &occupied{db: db}
	t.Cleanup(o.close)
	// The server counts a connection that has just been closed for a moment longer.
	eventually(t, func() error {
		for len(o.conns) < n {
			c, err := db.Conn(t.Context())
			if err != nil {
				return err
			}
			o.conns = append(o.conns, c)
		}
		return nil
	})
	o.conns[0].Close()
	return o
}

func (o *occupied) close() {
	for _, c := range o.conns {
		c.Close()
	}
	o.db.Close()
}

func rowsPerHost(t *testing.T, s *Stack) (rows map[string]int) {
	t.Helper()
	if err := s.withDB(func(db *sql.DB) error { rows = mysqltest.RowsPerHost(t, db); return nil }); err != nil {
		t.Fatal(err)
	}
	return rows
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
