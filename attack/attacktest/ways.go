package attacktest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
)

// names is a resolver whose one answer may change.
type names struct{ address atomic.Pointer[netip.Addr] }

func (n *names) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{*n.address.Load()}, nil
}

func (n *names) lead(to string) {
	a := netip.MustParseAddr(to)
	n.address.Store(&a)
}

// wayCases are about where connections lead, and who may see what on them.
var wayCases = map[string]func(*testing.T, suite){
	"each connection begins at the next address": func(t *testing.T, s suite) {
		var all []*server
		job := attack.Job{Plan: clients(t, 12, 60*time.Millisecond), Target: mustParse(t, s.scheme()+"://app.test"), Requests: get("/")}
		for range 3 {
			srv, _ := s.watched(t, silent)
			all, job.ConnectTo = append(all, srv), append(job.ConnectTo, srv.url.Host)
		}
		l := s.run(t, job)
		l.all(t, runlog.Success, 12)
		answers, stored := map[string]int{}, map[string]uint64{}
		for _, o := range l.outcomes {
			answers[o.Address.String()]++
		}
		for _, second := range l.seconds {
			for at, n := range second.Addresses {
				stored[at] += n
			}
		}
		for _, srv := range all {
			if at := srv.url.Host; srv.conns.Load() != 4 || answers[at] != 4 || stored[at] != 4 {
				t.Errorf("%s had %d of 12 connections; %d answers are said to be its, %d stored", at, srv.conns.Load(), answers[at], stored[at])
			}
		}
	},

	"a refused connection goes on to the next address": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		l := s.run(t, attack.Job{
			Plan: clients(t, 6, 30*time.Millisecond), Target: mustParse(t, s.scheme()+"://app.test"), Requests: get("/"),
			ConnectTo: []string{nobody, srv.url.Host},
		})
		l.all(t, runlog.Success, 6)
		for _, r := range requests() {
			if r.host != "app.test" {
				t.Errorf("Host %q: what is dialled is not what is asked for", r.host)
			}
		}
	},

	// DNS rebinding, from one leg to the next.
	"a name that leads elsewhere later is not followed": func(t *testing.T, s suite) {
		for _, elsewhere := range []string{"203.0.113.7", "169.254.169.254", "fd00:ec2::254"} {
			srv, _ := s.watched(t, silent)
			dns := &names{}
			dns.lead("127.0.0.1")
			job := attack.Job{
				Plan: clients(t, 3, 20*time.Millisecond), Requests: get("/"),
				Target: mustParse(t, s.scheme()+"://app.test:"+srv.url.Port()),
				Routes: &route.Table{Resolver: dns, ResolveEvery: time.Nanosecond},
			}
			s.run(t, job).all(t, runlog.Success, 3)
			dns.lead(elsewhere)
			hop := job.Hop(route.OriginOf(job.Target))
			for err := error(nil); !errors.Is(err, route.ErrPublic); _, err = job.Routes.Next(hop) {
				time.Sleep(time.Millisecond) // until the new answer is there
			}
			l := s.run(t, job)
			l.all(t, runlog.Network, 3)
			if !strings.Contains(l.reason(t), "must not be loaded") || srv.requests.Load() != 3 {
				t.Errorf("%s: reason %q, %d requests arrived", elsewhere, l.reason(t), srv.requests.Load())
			}
		}
	},

	"public addresses are not dialled unjudged": func(t *testing.T, s suite) {
		srv, _ := s.watched(t, silent)
		for _, job := range []attack.Job{
			{Target: mustParse(t, "http://203.0.113.7")},
			{Target: mustParse(t, "http://[::ffff:203.0.113.7]:81")},
			{Target: srv.url, ConnectTo: []string{"203.0.113.7:80"}},
			{Target: srv.url, ConnectTo: []string{"169.254.169.254:80"}},
			{Target: srv.url, Requests: get("http://203.0.113.7/victim")},
		} {
			job.Plan = clients(t, 2, 10*time.Millisecond)
			if job.Requests == nil {
				job.Requests = get("/")
			}
			l := s.run(t, job)
			l.all(t, runlog.Network, 2)
			if !strings.Contains(l.reason(t), "must not be loaded") {
				t.Errorf("%v, %v: %q", job.Target, job.ConnectTo, l.reason(t))
			}
		}
	},

	"what the target may know another origin may not": func(t *testing.T, s suite) {
		other, requests := s.watched(t, silent)
		target, _ := s.watched(t, func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			http.Redirect(w, r, other.url.String()+"/redirected", http.StatusTemporaryRedirect)
		})
		secret := http.Header{
			"Authorization": {"Bearer sesame"}, "Cookie": {"a=sesame"}, "X-Api-Key": {"sesame"}, "Proxy-Authorization": {"sesame"},
			"X-Auth-Token": {"sesame"}, "X-Auth": {"sesame"}, "X-Signature": {"sesame"}, "X-Odd": {"sesame"}, "Accept": {"text/plain"},
		}
		basic := attack.Request{Name: "basic", Path: other.url.String() + "/basic", User: "ann", Password: "sesame"}
		rs := []attack.Request{
			{Name: "redirected", Path: "/", Header: secret, Secret: []string{"X-Odd"}, Follow: 1},
			{Name: "whole", Path: other.url.String() + "/whole", Header: secret, Secret: []string{"X-Odd"}},
			basic,
		}
		l := s.run(t, attack.Job{Plan: clients(t, 2, 20*time.Millisecond), Target: target.url, Requests: rs})
		l.all(t, runlog.Success, 6)
		if len(requests()) != 6 {
			t.Errorf("%d requests arrived", len(requests()))
		}
		for _, r := range requests() {
			if r.header.Get("Authorization") != "" || r.header.Get("Cookie") != "" || strings.Contains(fmt.Sprint(r.header), "sesame") {
				t.Errorf("%s told another port of the same host %v", r.uri, r.header)
			}
			if r.uri != "/basic" && r.header.Get("Accept") != "text/plain" {
				t.Errorf("%s: a header that is no secret was kept back: %v", r.uri, r.header)
			}
		}
	},

	"internationalised names": func(t *testing.T, s suite) {
		srv, requests := s.watched(t, silent)
		dns := &names{}
		dns.lead("127.0.0.1")
		l := s.run(t, attack.Job{
			Plan: clients(t, 2, 10*time.Millisecond), Requests: get("/"), Routes: &route.Table{Resolver: onlyASCII{dns}},
			Target: mustParse(t, s.scheme()+"://b\u00fccher.test:"+srv.url.Port()),
		})
		l.all(t, runlog.Success, 2)
		if got := requests()[0].host; got != "xn--bcher-kva.test:"+srv.url.Port() {
			t.Errorf("Host %q", got)
		}
	},
}

// onlyASCII is a resolver as name servers are.
type onlyASCII struct{ *names }

func (n onlyASCII) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if strings.ContainsFunc(host, func(r rune) bool { return r > '~' }) {
		return nil, fmt.Errorf("lookup %s: no such host", host)
	}
	return n.names.LookupNetIP(ctx, network, host)
}
