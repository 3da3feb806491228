package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A check ends as a run of the same scenario would.
func TestCheckEndsAsARunWould(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hangup" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "hello")
	}))
	defer srv.Close()
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"as expected", []string{srv.URL + "/", "--expect-body", "hello"}, exitPass},
		{"another answer", []string{srv.URL + "/", "--expect-body", "created"}, exitFail},
		{"no answer", []string{srv.URL + "/hangup"}, exitFail},
		{"nobody listens", []string{"http://127.0.0.1:1/"}, exitUnable},
		{"no such name", []string{"http://nosuch.invalid/"}, exitUnable},
		{"no such socket", []string{srv.URL, "--set", "targets.0.url=unix:/nowhere.sock"}, exitUnable},
		{"no such target", []string{srv.URL, "--target", "other"}, exitUsage},
		{"no such database", []string{srv.URL, "--dsn", "u:p@tcp(127.0.0.1:1)/d"}, exitUnable},
		{"more ports than there are", []string{srv.URL, "--clients", "900000"}, exitUnable},
	} {
		load := append(c.args, "--type", "clients-per-test", "--duration", "500ms", "--set", "load.error_threshold=0%")
		if c.name == "more ports than there are" {
			load = c.args
		} else if c.want != exitUsage {
			load = append(load, "--set", "load.clients=5")
		}
		check := stress(t, nil, append([]string{"check"}, load...)...)
		check.wantCode(t, c.want)
		run := stress(t, nil, append([]string{"run", "--out", t.TempDir() + "/run", "--quiet"}, load...)...)
		if run.code != c.want && run.code != exitInvalid { // a busy machine
			t.Errorf("%s: the check ends with %d, the run with %d\n%s", c.name, check.code, run.code, run.stderr)
		}
	}
}
