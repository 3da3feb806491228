package scenarios

import (
	"strings"
	"testing"
)

func TestGenerators(t *testing.T) {
	if g := parse(t, smallest).Generators; g != nil {
		t.Errorf("generators come from nowhere: %+v", g)
	}
	g := parse(t, smallest, "generators.agents=3", "generators.witness=1%", "generators.shares=capacity", "generators.nats=nats://h:4222", "generators.tolerate_loss=true").Generators
	if want := (Generators{Agents: 3, Witness: 0.01, ByCapacity: true, NATS: "nats://h:4222", TolerateLoss: true}); g == nil || *g != want {
		t.Errorf("%+v, want %+v", g, want)
	}
	s, err := Parse("/etc/shop/some.yaml", []byte(smallest), Options{Set: []string{"generators.agents=1", "generators.nats=tls://h:4222", "generators.nkey=keys/lead.nk", "generators.ca=/etc/ca.pem"}})
	if err != nil || s.Generators.Nkey != "/etc/shop/keys/lead.nk" || s.Generators.CA != "/etc/ca.pem" {
		t.Errorf("files beside the scenario: %+v, %v", s, err)
	}
	for generators, want := range map[string]string{
		"{witness: 1%}":                          "generators.agents: is missing",
		"{agents: 0}":                            "generators.agents: must be at least 1, got 0",
		"{agents: 1, witness: 1%}":               "generators.witness: is for a load that others put on too",
		"{agents: 3, witness: 0%}":               "generators.witness: must be from 0.1% to 10%, got",
		"{agents: 3, witness: 0.05%}":            "generators.witness: must be from 0.1% to 10%, got",
		"{agents: 3, witness: 11%}":              "generators.witness: must be a percentage from 0% to 10%, got",
		"{agents: 3, witness: 1}":                "generators.witness: needs its sign, got 1",
		"{agents: 3, witness: [1%]}":             "generators.witness: must be a percentage from 0% to 10%",
		"{agents: 3, shares: capacity}":          "generators.shares: is for agents that were measured, and those that a run starts itself are not",
		"{agents: 3, shares: fair}":              "generators.shares: must be one of equal, capacity, got",
		"{agents: 3, nkey: seed}":                "generators.nkey: is for a NATS server, and there is none",
		"{agents: 3, nats: 'http://h'}":          "generators.nats: must be an address of a NATS server",
		"{agents: 3, nats: 'nats://a,nats://b'}": "generators.nats: must be an address of a NATS server",
	} {
		_, err := Parse("some.yaml", []byte("load: {rate: 5, duration: 1m}\nrequest: {path: /}\ntargets: [{name: a, url: 'https://h'}]\ngenerators: "+generators+"\n"), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", generators, err, want)
		}
	}
}

// Of a broker's address the password is a secret, and a token is; the name of a user is not, for it may be a word of any
// sentence.
func TestSecretsOfABroker(t *testing.T) {
	for address, c := range map[string]struct{ said, want string }{
		"nats://stress:top%20secret@h:4222": {"`stress fleet list` as stress:top%20secret, top secret or top%20secret", "`stress fleet list` as «redacted», «redacted» or «redacted»"},
		"nats://sesame@h:4222":              {"`stress fleet list` by sesame", "`stress fleet list` by «redacted»"},
		"nats://sesame:@h:4222":             {"`stress fleet list` by sesame", "`stress fleet list` by «redacted»"},
	} {
		if got := parse(t, smallest, "generators.agents=1", "generators.nats="+address).Secrets().Blot(c.said); got != c.want {
			t.Errorf("%s: %q, want %q", address, got, c.want)
		}
	}
}
