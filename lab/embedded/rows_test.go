package embedded

import (
	"net"
	"testing"
)

// startDatabase runs a database in this process and returns its address.
func startDatabase(t *testing.T, maxConnections int) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newDatabase(databaseConfig{MaxConnections: maxConnections})
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() {
		l.Close()
		s.Close()
	})
	return l.Addr().String()
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
