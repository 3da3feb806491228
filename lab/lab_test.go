package lab_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/stress-tool/stress/internal/mysqltest"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/embedded"
	"github.com/stress-tool/stress/lab/stack"
	"github.com/stress-tool/stress/lab/swarm"
)

// childCommand makes this test binary a child of the embedded lab.
const childCommand = "lab-child"

func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != childCommand {
		os.Exit(m.Run())
	}
	if err := embedded.ChildMain(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// systems are every lab there is. Each gives a system of three replicas.
var systems = map[string]func(context.Context, *testing.T) (*lab.System, error){
	"embedded": func(ctx context.Context, t *testing.T) (*lab.System, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		l, err := embedded.Start(ctx, embedded.Options{Exec: []string{self, childCommand}, Service: time.Millisecond, Log: t.Output()})
		if err != nil {
			return nil, err
		}
		return &l.System, nil
	},
	"stack": func(ctx context.Context, t *testing.T) (*lab.System, error) {
		if missing := stack.Missing(); len(missing) > 0 {
			t.Skip("NOT TESTED: THE REAL STACK IS NOT INSTALLED. ", &stack.MissingError{Packages: missing})
		}
		s, err := stack.Start(ctx, stack.Options{Log: t.Output()})
		if err != nil {
			return nil, err
		}
		return &s.System, nil
	},
	"swarm": func(ctx context.Context, t *testing.T) (*lab.System, error) {
		if err := swarm.Able(ctx); err != nil {
			t.Skip("NOT TESTED: NO DOCKER SWARM CAN RUN HERE. ", err)
		}
		s, err := swarm.Start(ctx, swarm.Options{Log: t.Output()})
		if err != nil {
			return nil, err
		}
		return &s.System, nil
	},
}

// Whoever uses a system need not know which it is.
func TestEverySystem(t *testing.T) {
	for name, start := range systems {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			s, err := start(ctx, t)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if len(s.Words) == 0 || len(s.Hosts) != lab.DefaultReplicas || len(s.Replicas) != len(s.Hosts) {
				t.Fatalf("%+v", s)
			}
			for _, c := range []struct {
				urls []string
				want map[string]int
			}{
				{[]string{s.Single, s.Single}, map[string]int{s.SingleHost: 2}},
				{[]string{s.Cluster, s.Cluster, s.Cluster}, map[string]int{s.Hosts[0]: 1, s.Hosts[1]: 1, s.Hosts[2]: 1}},
				{[]string{s.Replicas[1]}, map[string]int{s.Hosts[1]: 1}},
			} {
				if got := written(t, s, c.urls...); !maps.Equal(got, c.want) {
					t.Errorf("%q wrote %v, want %v", c.urls, got, c.want)
				}
			}
			for _, i := range []int{-1, len(s.Hosts)} {
				if err := s.Kill(i); err == nil {
					t.Errorf("killed replica %d of %d", i, len(s.Hosts))
				}
			}
			for range 2 {
				if err := s.Kill(1); err != nil {
					t.Fatal(err)
				}
			}
			if answers(s.Replicas[1]) {
				t.Error("a replica that was killed answers")
			}
			if got := written(t, s, s.Cluster, s.Cluster); got[s.Hosts[0]]+got[s.Hosts[2]] != 2 {
				t.Errorf("without its second replica %v wrote %v", s.Hosts, got)
			}
			for range 2 {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			for _, url := range append([]string{s.Single, s.Cluster}, s.Replicas...) {
				if answers(url) {
					t.Errorf("%s answers after Close", url)
				}
			}
		})
	}
}

// answers reports that the page answers at a URL. Once the network of a system is gone, a
// gateway may answer in its place that there is nothing, or take the connection and say
// nothing for ever; and one that was kept alive ends at nobody.
func answers(url string) bool {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// written are the rows by host that the page writes when it is asked at each URL in turn.
func written(t *testing.T, s *lab.System, urls ...string) map[string]int {
	t.Helper()
	before := rows(t, s)
	for _, url := range urls {
		r, err := http.Get(url + "/index.php")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(body), "New record created successfully") {
			t.Fatalf("%s: %v\n%s", url, err, body)
		}
	}
	return mysqltest.Added(before, rows(t, s))
}

// rows are what each host has written.
func rows(t *testing.T, s *lab.System) map[string]int {
	t.Helper()
	c, err := mysql.ParseDSN(s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	db := mysqltest.Open(t, c)
	defer db.Close() // an idle connection would count against the database's limit
	return mysqltest.RowsPerHost(t, db)
}
