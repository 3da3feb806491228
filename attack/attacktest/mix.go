package attacktest

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// mixCases are about passes that are one request of several.
var mixCases = map[string]func(*testing.T, suite){
	"each start makes the request that its number draws": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		const n = 60
		job := attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Seed: 7, Requests: []attack.Request{
			{Name: "often", Path: "/often/{{$client}}", Weight: 5}, {Name: "seldom", Method: http.MethodPost, Path: "/seldom/{{$client}}", Weight: 1},
		}}
		l := s.run(t, job)
		l.all(t, runlog.Success, n)
		var want, got []string
		for client := range uint64(n) {
			first, _ := job.Pass(client, 0)
			want = append(want, fmt.Sprintf("/%s/%d", job.Requests[first].Name, client))
		}
		for _, r := range requests() {
			got = append(got, r.uri)
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("the server saw %v, want %v", got, want)
		}
		if often := l.Requests[0].Success; l.Planned != n || often < 40 || often > 58 { // the seed is fixed
			t.Errorf("planned %d, of which %d were of weight 5 of 6", l.Planned, often)
		}
		var due uint64
		for _, sec := range l.seconds {
			due += sec.Due
		}
		if due != n {
			t.Errorf("%d were due, want %d", due, n)
		}
	},

	"each pass of a closed load draws anew": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		job := attack.Job{Target: srv.url, Seed: 1, Requests: []attack.Request{{Name: "a", Path: "/a", Weight: 1}, {Name: "b", Path: "/b", Weight: 1}}}
		s.loop(t, 1, 30, job)
		seen := map[string]int{}
		for _, r := range requests() {
			seen[r.uri]++
		}
		if seen["/a"] < 5 || seen["/b"] < 5 { // the seed is fixed
			t.Errorf("the server saw %v", seen)
		}
	},
}
