package wire_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
)

func job(t *testing.T, l plan.Load) *attack.Job {
	t.Helper()
	p, err := plan.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return &attack.Job{Plan: p}
}

func TestRemediesSayHowMuchItTakes(t *testing.T) {
	open := job(t, plan.Load{Type: plan.ClientsPerTest, Clients: 5, Duration: time.Second})
	shared := job(t, plan.Load{Type: plan.Rate, Rate: 5, Duration: time.Second})
	shared.Connections, shared.MaxConnections = attack.Shared, 70
	closed := job(t, plan.Load{Type: plan.MaintainClientLoad, Clients: 40, From: 60, HasFrom: true, Duration: time.Second})
	for _, c := range []struct {
		job         *attack.Job
		need, raise string
	}{
		{open, "", "raise `ulimit -n`)"},
		{shared, ", up to 70 connections need as many", "raise it with `ulimit -n 134`)"},
		{closed, ", up to 60 connections need as many", "raise it with `ulimit -n 124`)"},
	} {
		limits := wire.NewLimits(c.job)
		for err, do := range map[error]string{
			syscall.EADDRNOTAVAIL: "to one target" + c.need + ": add load.local_addresses)",
			&net.OpError{Op: "dial", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}: "to one target" + c.need + ": add load.local_addresses)",
			fmt.Errorf("opening: %w", syscall.EMFILE):                                     c.need + ": " + c.raise,
			&net.DNSError{Err: "dial udp 192.0.2.1:53: socket: too many open files"}:      c.need + ": " + c.raise,
			syscall.ENFILE: "raise `sysctl fs.file-max`)",
		} {
			if got, own := limits.Explain(err); !own || !strings.HasPrefix(got, " (") || !strings.HasSuffix(got, do) {
				t.Errorf("%v: %q, %v, want one that ends with %q", err, got, own, do)
			}
		}
		for _, err := range []error{nil, io.EOF, syscall.ECONNREFUSED, errors.New("another"), &net.DNSError{Err: "no such host"}} {
			if got, own := limits.Explain(err); own || got != "" {
				t.Errorf("%v: %q, it is no limit", err, got)
			}
		}
	}
}

func TestEveryLocalAddressHasItsPorts(t *testing.T) {
	one := job(t, plan.Load{Type: plan.ClientsPerTest, Clients: 5, Duration: time.Second})
	two := *one
	two.LocalAddresses = []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}
	var ports [2]int
	for i, j := range []*attack.Job{one, &two} {
		words, _ := wire.NewLimits(j).Explain(syscall.EADDRNOTAVAIL)
		if _, err := fmt.Sscanf(words, " (%d to one target", &ports[i]); err != nil {
			t.Skipf("this system does not say how many ports it has: %q", words)
		}
	}
	if ports[0] < 1 || ports[1] != 2*ports[0] {
		t.Errorf("%d ports on one address, %d on two", ports[0], ports[1])
	}
}
