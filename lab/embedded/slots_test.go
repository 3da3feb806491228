package embedded

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// Connections that come and go under a limit leave no slot behind, whether they
// say goodbye or not.
func TestLimitListenerGivesSlotsBack(t *testing.T) {
	inner, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var refused atomic.Int32
	free := newSlots(2)
	l := &limitListener{Listener: inner, slots: free, refuse: func(c net.Conn) {
		refused.Add(1)
		c.Close()
	}}
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp4", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	first := <-accepted
	dial()
	second := <-accepted
	if _, err := dial().Read(make([]byte, 1)); err != io.EOF || refused.Load() != 1 {
		t.Errorf("third connection: %v, %d refused", err, refused.Load())
	}
	first.Close()
	first.Close() // a second time gives nothing more back
	dial()
	third := <-accepted
	second.Close()
	third.Close()
	if len(free) != 0 {
		t.Errorf("%d slots are still taken", len(free))
	}
	inner.Close()
	if _, open := <-accepted; open {
		t.Error("a connection came from a closed listener")
	}
}
