package main

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const kubeManifest = deployed + "fleet.k8s.yaml"

// labels are those by which Kubernetes finds pods.
type labels = map[string]string

// kubeObject is what the tests read of an object of Kubernetes.
type kubeObject struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Selector    any // of a service; those of others are held by kubecheck
		PodSelector struct {
			MatchLabels labels `yaml:"matchLabels"`
		} `yaml:"podSelector"`
		ServiceName string `yaml:"serviceName"`
		Ports       []struct {
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
		Ingress  []struct{ Ports []struct{ Port string } }
		Template struct {
			Metadata struct{ Labels labels }
			Spec     struct{ Containers []kubeContainer }
		}
	}
}

type kubeContainer struct {
	Args  []string
	Env   []struct{ Name string }
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	ReadinessProbe struct{ Exec struct{ Command []string } } `yaml:"readinessProbe"`
}

// What selects pods finds some, ports have the names and numbers that others use, and containers start the program
// with flags that it has and variables that they are given.
func TestKubernetesOfAFleet(t *testing.T) {
	f, err := os.Open(kubeManifest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []kubeObject
	for d := yaml.NewDecoder(f); ; {
		var o kubeObject
		if err := d.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	var names []string
	services := map[string]bool{}
	// finds are the containers of the pods that have labels.
	finds := func(wanted labels) (of []kubeContainer) {
		for _, o := range all {
			got := o.Spec.Template.Metadata.Labels
			if len(got) > 0 && len(wanted) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(wanted)), func(k string) bool { return got[k] != wanted[k] }) {
				of = append(of, o.Spec.Template.Spec.Containers...)
			}
		}
		return of
	}
	for _, o := range all {
		where := o.Kind + " " + o.Metadata.Name
		names = append(names, where)
		wanted := o.Spec.PodSelector.MatchLabels
		switch o.Kind {
		case "Service":
			services[o.Metadata.Name] = true
			wanted = labels{}
			for k, v := range o.Spec.Selector.(map[string]any) {
				wanted[k], _ = v.(string)
			}
		case "NetworkPolicy":
		default:
			wanted = o.Spec.Template.Metadata.Labels
		}
		of := finds(wanted)
		if len(of) != 1 {
			t.Errorf("%s finds %d containers by %v", where, len(of), wanted)
			continue
		}
		c := of[0]
		isLine(t, where, c.Args)
		if probe := c.ReadinessProbe.Exec.Command; len(probe) > 0 {
			isLine(t, where, probe[1:])
		}
		for _, arg := range slices.Concat(c.Args, c.ReadinessProbe.Exec.Command) {
			if _, variable, is := strings.Cut(arg, "$("); is && !slices.ContainsFunc(c.Env, func(e struct{ Name string }) bool { return e.Name+")" == variable }) {
				t.Errorf("%s: %s is not in its environment", where, arg)
			}
			if _, to, is := strings.Cut(arg, "://"); is {
				host, port, _ := strings.Cut(to, ":")
				if port != "4222" || host != "127.0.0.1" && !services[host] {
					t.Errorf("%s: nothing answers at %s", where, arg)
				}
			}
		}
		has := func(port string) bool {
			return slices.ContainsFunc(c.Ports, func(p struct {
				Name          string
				ContainerPort int `yaml:"containerPort"`
			}) bool {
				return p.Name == port && p.ContainerPort == 4222 && slices.Contains(c.Args, "--listen=0.0.0.0:4222")
			})
		}
		for _, p := range o.Spec.Ports {
			if p.Port != 4222 || !has(p.TargetPort) {
				t.Errorf("%s: port %+v leads nowhere", where, p)
			}
		}
		for _, in := range o.Spec.Ingress {
			for _, p := range in.Ports {
				if !has(p.Port) {
					t.Errorf("%s: port %s is none of the pod's", where, p.Port)
				}
			}
		}
		if o.Kind == "StatefulSet" && !services[o.Spec.ServiceName] {
			t.Errorf("%s: no service %s", where, o.Spec.ServiceName)
		}
	}
	if got := strings.Join(names, ", "); got != "Service stress-broker, StatefulSet stress-broker, DaemonSet stress-agent, NetworkPolicy stress-broker, NetworkPolicy stress-agent" {
		t.Error(got)
	}
}

// The code of Kubernetes' own API server takes the manifest, also where agents are on their node's network and the
// standard for pods allows that; and it takes none in which anything is wrong.
func TestKubernetesTakesTheFleet(t *testing.T) {
	kubecheck, err := exec.LookPath("kubecheck")
	if err != nil {
		t.Skip("!!! LEFT OUT: kubecheck is not in PATH; `make test` builds it")
	}
	manifest, err := os.ReadFile(kubeManifest)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, fault string }{
		{"as it is", "", "", ""},
		{"an unknown field", "serviceName:", "servicename:", `unknown field "spec.servicename"`},
		{"a field that is twice there", "replicas: 1", "replicas: 1\n  replicas: 2", `key "replicas" already set`},
		{"a wrong type", "replicas: 1", "replicas: one", "StatefulSetSpec.spec.replicas"},
		{"a selector that finds no pod of its own", "selector: {matchLabels: {app: stress-agent}}", "selector: {matchLabels: {app: agent}}", "`selector` does not match template `labels`"},
		{"a volume that is not there", "{name: feeds, mountPath: /tmp}", "{name: data, mountPath: /tmp}", `volumeMounts[1].name: Not found: "data"`},
		{"a port that is none", "containerPort: 4222", "containerPort: 99999", "must be between 1 and 65535"},
		{"a quantity that is none", "storage: 1Gi", "storage: 1 Gi", "quantities must match"},
		{"an update that starts two of one name", "maxSurge: 0, maxUnavailable: 1", "maxSurge: 0, maxUnavailable: 0", "cannot be 0"},
		{"a privilege", "drop: [ALL]", "drop: [ALL], add: [NET_ADMIN]", `violates PodSecurity "restricted"`},
		{"the user root", "runAsNonRoot: true", "runAsNonRoot: false", `violates PodSecurity "restricted"`},
		{"the network of the node", "nodeSelector: {stress: agent}", "nodeSelector: {stress: agent}\n      hostNetwork: true", `violates PodSecurity "restricted": host namespaces (hostNetwork=true)`},
		{"a version of old", "apiVersion: apps/v1", "apiVersion: apps/v1beta2", "apps/v1beta2 is none of the kinds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(string(manifest), c.old, c.new, 1)
			if c.old != "" && changed == string(manifest) {
				t.Fatalf("%q is not in the manifest", c.old)
			}
			file := filepath.Join(t.TempDir(), "fleet.k8s.yaml")
			write(t, file, changed)
			out, err := exec.Command(kubecheck, file).CombinedOutput()
			if c.fault == "" && (err != nil || len(out) > 0) || c.fault != "" && (err == nil || !strings.Contains(string(out), c.fault)) {
				t.Errorf("%v, %s", err, out)
			}
		})
	}
}
