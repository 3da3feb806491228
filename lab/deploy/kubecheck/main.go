// Command kubecheck says what a Kubernetes API server would refuse of a manifest, or warn of, with the server's own
// code: each object is decoded strictly, given its defaults, and made ready and validated as for its creation. Pods are
// held to the Pod Security Standard "restricted". It asks no cluster, and so knows nothing of what is in one.
//
//	kubecheck FILE…
//
// It prints a line per fault and ends with code 1 if there is one, 2 if a file cannot be read.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// strategies are what the server does with objects that are to be created, by their kinds, each in the version that servers have.
var strategies = map[schema.GroupVersionKind]struct {
	resource string
	create   rest.RESTCreateStrategy
}{
	{Version: "v1", Kind: "Service"}:                                   {"services", service.Strategy},
	{Group: "apps", Version: "v1", Kind: "StatefulSet"}:                {"statefulsets", statefulset.Strategy},
	{Group: "apps", Version: "v1", Kind: "DaemonSet"}:                  {"daemonsets", daemonset.Strategy},
	{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"}: {"networkpolicies", networkpolicy.Strategy},
}

func main() {
	code := 0
	for _, file := range os.Args[1:] {
		b, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, "kubecheck:", err)
			os.Exit(2)
		}
		for _, fault := range check(b) {
			fmt.Printf("%s: %v\n", file, fault)
			code = 1
		}
	}
	os.Exit(code)
}

// check returns the faults of a manifest.
func check(manifest []byte) (faults []error) {
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
	for n := 1; ; n++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return faults
		} else if err != nil {
			return append(faults, err)
		}
		o, kind, err := decode(document)
		if err != nil {
			faults = append(faults, fmt.Errorf("document %d: %w", n, err))
			continue
		}
		name := "?"
		if m, err := meta.Accessor(o); err == nil {
			name = m.GetName()
		}
		for _, err := range append(create(o, kind), restricted(document)...) {
			faults = append(faults, fmt.Errorf("%s %s: %w", kind.Kind, name, err))
		}
	}
}

// decode is an object in the server's own form, with defaults. A field that is unknown or twice there is an error.
func decode(document []byte) (runtime.Object, schema.GroupVersionKind, error) {
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	o, kind, err := codecs.UniversalDecoder().Decode(document, nil, nil)
	if err != nil {
		return nil, schema.GroupVersionKind{}, err
	}
	return o, *kind, nil
}

// create does what the server does before it stores a new object.
func create(o runtime.Object, kind schema.GroupVersionKind) (faults []error) {
	s, is := strategies[kind]
	if !is {
		return []error{fmt.Errorf("%s is none of the kinds that are known here: give its strategy in kubecheck", kind.GroupVersion())}
	}
	ctx := request.WithRequestInfo(request.WithNamespace(request.NewContext(), "default"), &request.RequestInfo{
		IsResourceRequest: true, Verb: "create", Namespace: "default", APIGroup: kind.Group, APIVersion: kind.Version, Resource: s.resource,
	})
	m, err := meta.Accessor(o)
	if err != nil {
		return []error{err}
	}
	rest.FillObjectMetaSystemFields(m)
	if err := rest.BeforeCreate(s.create, ctx, o); err != nil {
		faults = append(faults, err)
	}
	for _, warning := range s.create.WarningsOnCreate(ctx, o) {
		faults = append(faults, fmt.Errorf("warning: %s", warning))
	}
	return faults
}

// restricted holds the pods of an object to the Pod Security Standard of that name.
func restricted(document []byte) (faults []error) {
	o, _, err := serializer.NewCodecFactory(legacyscheme.Scheme).UniversalDeserializer().Decode(document, nil, nil)
	if err != nil {
		return []error{err}
	}
	var pod *corev1.PodTemplateSpec
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		pod = &o.Spec.Template
	case *appsv1.DaemonSet:
		pod = &o.Spec.Template
	default:
		return nil
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []error{err}
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	r := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
	if !r.Allowed {
		faults = append(faults, fmt.Errorf("violates PodSecurity %q: %s", level.Level, r.ForbiddenDetail()))
	}
	return faults
}
