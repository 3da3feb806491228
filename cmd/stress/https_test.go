package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// A certificate of one's own authority is the first that a newcomer to https meets.
func TestHTTPS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "New record created successfully") }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	file := scenario(t, srv.URL, "{type: clients-per-test, clients: 5, duration: 300ms}")

	r := stress(t, nil, "run", file, "--out", filepath.Join(dir, "refused"))
	r.wantCode(t, exitUnable)
	if said := unfolded(r.stderr); !strings.Contains(said, "certificate signed by unknown authority: name who signed it with `tls: {ca: FILE}`") || strings.Contains(said, "is it up?") || exists(filepath.Join(dir, "refused")) {
		t.Errorf("%s", r.stderr)
	}
	for name, set := range map[string]string{"trusted": "targets.0.tls.ca=" + filepath.Join(dir, "ca.pem"), "insecure": "targets.0.insecure=true"} {
		r := stress(t, nil, "run", file, "--set", set, "--out", filepath.Join(dir, name), "--json")
		r.wantCode(t, exitPass)
		a := r.summary(t)
		if l := a.Legs[0]; l.Outcomes.Success != 5 || a.Run.Engine == "nethttp" {
			t.Errorf("%s: %+v by %s", name, l.Outcomes, a.Run.Engine)
		}
	}
}
