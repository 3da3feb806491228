package scenarios_test

import (
	"slices"
	"testing"

	"github.com/stress-tool/stress/scenarios"
)

func TestExposed(t *testing.T) {
	flags := map[string]string{"ledger.dsn": "--dsn", "request.headers.Authorization": "--header Authorization", "request.body": "--body"}
	for _, c := range []struct {
		address string
		set     []string
		want    []string
	}{
		{"http://10.0.0.1/", nil, nil},
		{"http://ann:hunter2@10.0.0.1/", nil, []string{"http://10.0.0.1/"}},
		{"http://ann:${PW}@10.0.0.1/", nil, nil},
		{"http://10.0.0.1/?api_key=hunter2", nil, []string{"http://10.0.0.1/"}},
		{"http://10.0.0.1/?api_key=${KEY}&x=1", nil, nil},
		{"http://10.0.0.1/", []string{"ledger.dsn=root:hunter2@tcp(db:3306)/x"}, []string{"--dsn"}},
		{"http://10.0.0.1/", []string{"ledger.dsn=root:${PW}@tcp(db:3306)/x"}, nil},
		{"http://10.0.0.1/", []string{"ledger.dsn=${DSN}"}, nil},
		{"http://10.0.0.1/", []string{"ledger.dsn=postgres://root:hunter2@${DB}/x"}, []string{"--dsn"}},
		{"http://10.0.0.1/", []string{"ledger.dsn=postgres://root:${PW}@db/x"}, nil},
		{"http://10.0.0.1/", []string{"ledger.dsn=postgres://root@db/x"}, nil},
		{"http://10.0.0.1/", []string{"ledger.dsn=root@tcp(db:3306)/x"}, nil},
		{"http://10.0.0.1/", []string{"request.headers.Authorization=Bearer hunter2"}, []string{"--header Authorization"}},
		{"http://10.0.0.1/", []string{"request.headers.Authorization=Bearer ${TOKEN}", "request.headers.Accept=x"}, nil},
		{"http://10.0.0.1/", []string{"request.body=a=b&password=hunter2"}, []string{"--body"}},
		{"http://10.0.0.1/", []string{"request.body=a=b&password=${PW}"}, nil},
		{"http://10.0.0.1/", []string{"targets.0.tls={cert: client.pem, key: client.key}"}, nil},
		{"http://10.0.0.1/", []string{"request.auth={user: ann, password: hunter2}"}, []string{"--set request.auth.password"}},
		{"http://10.0.0.1/", []string{"request.auth.user=ann", "request.auth.password=${PW}"}, nil},
	} {
		d, err := scenarios.Typed([]string{c.address}, c.set)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Exposed(scenarios.Options{Set: c.set, Flags: flags}); !slices.Equal(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.address, c.set, got, c.want)
		}
	}
	// What a file holds is no command line.
	d := scenarios.Document{File: "x.yaml", Source: []byte("ledger: {dsn: 'root:hunter2@tcp(db)/x'}\nrequest: {path: '/?token=abcd'}")}
	if got := d.Exposed(scenarios.Options{}); got != nil {
		t.Errorf("a file: %q", got)
	}
}

func TestAPathMayBeAQueryAlone(t *testing.T) {
	d, err := scenarios.Typed([]string{"http://10.0.0.1/shop/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := d.Parse(scenarios.Options{Set: []string{"request.path=?page=1&x=http://y"}})
	if err != nil || sc.Requests[0].Path != "?page=1&x=http://y" {
		t.Errorf("%+v, %v", sc, err)
	}
}
