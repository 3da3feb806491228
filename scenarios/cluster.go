package scenarios

import (
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
)

// clusterSpec is the key cluster.
type clusterSpec struct {
	docker  at[[]at[string]]
	service at[string]
	lab     at[string]
	tls     at[tlsSpec]
}

// Cluster is the Docker Swarm behind the targets.
type Cluster struct {
	// Docker are the addresses of its engines: unix:///path, tcp://host:port or
	// ssh://user@host; at least one. The first manager that answers is asked.
	Docker []string
	// Service is the name of the service whose tasks answer.
	Service string
	// Lab is the address of the lab that the cluster is a part of; "" for none.
	Lab string
	// Certificates are for the engines at tcp:// addresses; without TLS files these are spoken to
	// in plain text.
	Certificates
}

// defaultDocker is the engine of this machine.
const defaultDocker = "unix:///var/run/docker.sock"

var clusterForm = sync.OnceValue(func() form[clusterSpec] {
	return object(
		field("docker", oneOrMany(dockerAddress(), "an address of a Docker engine or a list of them"), func(c *clusterSpec) *at[[]at[string]] { return &c.docker },
			"Engines to ask: unix:///var/run/docker.sock, tcp://10.0.0.4:2375, ssh://user@10.0.0.4. The first that is a manager and answers is asked about tasks and nodes, another one when it does not; each tells of its own containers to the instant, so name those of all nodes where you can. A variable may hold several, with commas between them. They are only read, but for `faults` and for targets of several `replicas`.").or(defaultDocker),
		field("service", textLike("the name of a service", `^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9])?$`), func(c *clusterSpec) *at[string] { return &c.service },
			"The service whose tasks answer, as docker service ls names it.").required(),
		field("lab", labAddress(), func(c *clusterSpec) *at[string] { return &c.lab },
			"The lab that the cluster is a part of, as `stress lab` and `make swarm` print it (STRESS_LAB), for faults that nothing else can do: slow, lose_writes, partition, power_off."),
		field("tls", certificatesForm(), func(c *clusterSpec) *at[tlsSpec] { return &c.tls },
			"Certificates for engines at tcp:// addresses (docker --tlsverify), as PEM files relative to the scenario's file. Without them these are spoken to in plain text."),
	)
})

// dockerAddress is where an engine listens. A path after tcp:// or ssh:// leads nowhere.
func dockerAddress() form[string] {
	const one = `(` + socketAddress + `|ssh://([a-zA-Z0-9._-]+@)?[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]{1,5})?)`
	f := textLike("an address of a Docker engine, such as unix:///var/run/docker.sock, tcp://10.0.0.4:2375 or ssh://user@10.0.0.4", "^"+one+"(,"+one+")*$")
	return f.described(func(s *jsonschema.Schema) { s.Examples = []any{defaultDocker} })
}

// socketAddress is a socket of this machine, or host and port.
const socketAddress = `unix:///[^\s,]+|tcp://([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}`

// labAddress is where a lab takes orders.
func labAddress() form[string] {
	return textLike("the address of a lab, such as tcp://127.0.0.1:4711", "^("+socketAddress+")$")
}

// cluster is the cluster that was asked for; nil for none.
func (b *builder) cluster(s scenarioSpec) *Cluster {
	if !s.cluster.ok() {
		return nil
	}
	out := &Cluster{Service: s.cluster.value.service.value, Lab: s.cluster.value.lab.value, Certificates: b.certificates(s.cluster.value.tls)}
	for _, address := range s.cluster.value.docker.value {
		out.Docker = append(out.Docker, strings.Split(address.value, ",")...)
	}
	if len(out.Docker) == 0 {
		out.Docker = []string{defaultDocker}
	}
	return out
}

// storedCluster is the key in run.json.
type storedCluster struct {
	Docker  []string `json:"docker"`
	Service string   `json:"service"`
	Lab     string   `json:"lab,omitempty"`
	TLS     TLS      `json:"tls,omitzero"`
}

func (s *Scenario) storedCluster() *storedCluster {
	if s.Cluster == nil {
		return nil
	}
	out := &storedCluster{Service: s.Cluster.Service, Lab: s.shown(s.Cluster.Lab), TLS: s.Cluster.TLS}
	for _, address := range s.Cluster.Docker {
		out.Docker = append(out.Docker, s.shown(address))
	}
	return out
}
