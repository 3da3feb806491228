package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/testenv"
)

// Every client takes a port for a minute, and there are 16.
func TestTooFewLocalPorts(t *testing.T) {
	if !testenv.OwnProcess(t, func() error { return testenv.LimitPorts(40_000, 40_015) }) {
		return
	}
	port := 8080
	for _, engine := range []string{"rawhttp", "nethttp"} {
		for name, load := range map[string]string{
			"to the end": "{type: clients-per-test, clients: 40, duration: 2s, error_threshold: 0%}",
			"aborted":    "{type: clients-per-test, clients: 400, duration: 20s, error_threshold: 30%}",
		} {
			port++ // to another target every local port is free again
			url, _ := pageOn(t, fmt.Sprintf("127.0.0.1:%d", port), 0)
			t.Run(engine+" "+name, func(t *testing.T) {
				r := stress(t, nil, "run", scenario(t, url, load), "--set", "engine="+engine, "--out", filepath.Join(t.TempDir(), "run"), "--json")
				r.wantCode(t, exitInvalid)
				r.wantLimited(t, "at a limit of the generator's own, not at the target: no free local port (16 to one target: add load.local_addresses)")
				if all := fmt.Sprint(r.summary(t).Findings); strings.Contains(all, "error threshold") != (name == "aborted") {
					t.Errorf("reasons %q", all)
				}
			})
		}
	}
}
