package run

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/scenarios"
)

// What a check says of a cluster, by what its manager answered and which hosts the probes reached.
func TestCheckOfACluster(t *testing.T) {
	task := func(id, host, state string) swarm.Task {
		return swarm.Task{ID: id, Name: "web." + id, Node: "sw" + id, NodeID: "n" + id, Host: host, State: state, Desired: "running"}
	}
	waits := swarm.Task{ID: "2", Name: "web.2", State: "pending", Desired: "running", Error: "no suitable node"}
	for name, c := range map[string]struct {
		tasks    []swarm.Task
		update   string
		answered []string
		good     bool
		want     []string
	}{
		"converged":              {tasks: []swarm.Task{task("1", "h1", "running"), task("2", "h2", "running")}, good: true, want: []string{"2 of 2 replicas running: web.1 on sw1 is host h1, web.2 on sw2 is host h2"}},
		"one is never asked":     {tasks: []swarm.Task{task("1", "h1", "running"), task("2", "h2", "running")}, answered: []string{"h1"}, good: true, want: []string{"no probe reached web.2 on sw2"}},
		"one waits":              {tasks: []swarm.Task{task("1", "h1", "running"), waits}, want: []string{"not converged: 1 of 2 replicas running", "web.2 is pending: no suitable node"}},
		"an update is under way": {tasks: []swarm.Task{task("1", "h1", "running"), task("2", "h2", "running")}, update: "updating", want: []string{"an update is under way"}},
	} {
		s := &swarm.State{Service: swarm.Service{Replicas: 2, Update: c.update}, Nodes: map[string]swarm.Node{}, Tasks: map[string]swarm.Task{}}
		for _, own := range c.tasks {
			s.Tasks[own.ID] = own
		}
		check := &checker{runner: &runner{Generator: &Generator{sc: &scenarios.Scenario{Cluster: &scenarios.Cluster{Service: "web"}}}}}
		if c.answered != nil {
			check.reached(c.answered)
		}
		check.checkTasks(s)
		var said strings.Builder
		good := true
		for _, f := range check.found {
			said.WriteString(f.Text + "\n")
			if f.Err != nil {
				said.WriteString(f.Err.Error() + "\n")
				good = false
			}
		}
		for _, want := range c.want {
			if !strings.Contains(said.String(), want) || good != c.good {
				t.Errorf("%s: %s, want %s", name, said.String(), want)
			}
		}
	}
}

// Whether all replicas have the same content, by what each of them answered.
func TestContentWords(t *testing.T) {
	serving := []swarm.Task{{Name: "web.1", Node: "sw1", Host: "h1"}, {Name: "web.2", Node: "sw2", Host: "h2"}}
	for name, c := range map[string]struct {
		of   map[string][]string // what hosts answered, one after the other
		want []string
	}{
		"the same":         {map[string][]string{"h1": {"status 200, a", "status 200, a"}, "h2": {"status 200, a"}}, []string{"the same on 2 of 2 replicas: status 200, a"}},
		"not the same":     {map[string][]string{"h1": {"status 200, a"}, "h2": {"status 200, b"}}, []string{"NOT the same", "web.1 on sw1: status 200, a; web.2 on sw2: status 200, b", "not shared between the nodes"}},
		"another status":   {map[string][]string{"h1": {"status 200, a"}, "h2": {"status 404, a"}}, []string{"NOT the same"}},
		"a page with time": {map[string][]string{"h1": {"status 200, a", "status 200, b"}, "h2": {"status 200, c"}}, []string{"cannot tell"}},
		"one not reached":  {map[string][]string{"h1": {"status 200, a"}}, []string{"the same on 1 of 2 replicas", "nothing is known of web.2 on sw2: answers that name their host (host_from) would tell"}},
		"nobody known":     {nil, []string{"not known; nothing is known of web.1 on sw1 and web.2 on sw2"}},
	} {
		all := &contents{of: map[string][]map[string]bool{}}
		for host, answered := range c.of {
			for _, a := range answered {
				all.note(host, []answers{{last: a}})
			}
		}
		got := contentWords(all, 0, serving)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
}

// A task with a port of its node is asked there, under the target's name, also where the balancer
// never does.
func TestTasksAreAskedThemselves(t *testing.T) {
	replica := func(content string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Host, "shop.test") {
				w.WriteHeader(http.StatusNotFound)
			}
			w.Header().Set("X-Served-By", "h1") // the balancer asks the first alone
			fmt.Fprint(w, content)
		}))
		t.Cleanup(s.Close)
		return s
	}
	first, second := replica("new"), replica("old")
	address := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	sc := scenario(t, fmt.Sprintf(`
load: {type: clients-per-test, clients: 1, duration: 1s}
request: {path: /}
targets: [{name: shop, url: "http://shop.test", connect_to: %q, host_from: {header: X-Served-By}}]
cluster: {docker: "unix:///nowhere", service: web}
`, address(first)))
	r, err := newRunner(sc, Options{Guard: offline(t)})
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{runner: r}
	c.target(t.Context(), r.targets[0])
	c.checkContent(t.Context(), []swarm.Task{
		{Name: "web.1", Node: "sw1", Host: "h1", Address: address(first)}, {Name: "web.2", Node: "sw2", Host: "h2", Address: address(second)},
		{Name: "web.3", Node: "sw3", Host: "h3"},
	})
	said := c.found[len(c.found)-1].Text
	for _, want := range []string{"NOT the same on all replicas: web.1 on sw1: status 200, sha256 ", "; web.2 on sw2: status 200, sha256 ", "nothing is known of web.3 on sw3"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s, want %s", said, want)
		}
	}
}

func TestSettingsThatHurt(t *testing.T) {
	for want, s := range map[string]swarm.Service{
		"":                             {Order: "stop-first", Restart: "any"},
		"mode=host":                    {HostPorts: true},
		"finds no node":                {HostPorts: true, Order: "start-first"},
		"looks the name up once":       {Order: "start-first"},
		"restart-condition none":       {Restart: "none"},
		"restart-condition on-failure": {Restart: "on-failure"},
	} {
		got := strings.Join(settingsThatHurt(s), "; ")
		if !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
