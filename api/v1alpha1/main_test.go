// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// crdFolder holds the CustomResourceDefinitions as they are installed.
const crdFolder = "../../config/crd/bases"

// The kinds of the API.
const (
	repositoryKind = "ImageRepository"
	policyKind     = "ImagePolicy"
	automationKind = "UpdateAutomation"
)

// plane and api are the control plane of this package, and a client of its administrator. TestMain sets them.
var (
	plane *testserver.ControlPlane
	api   client.Client
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fairlead-api-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }() // a folder left in the temporary folder fails nobody's test
		plane, err = testserver.StartControlPlane(dir, testserver.ControlPlaneConfig{CRDs: []string{crdFolder}})
	}
	if err == nil {
		api, err = client.New(plane.Config(), client.Options{Scheme: scheme()})
	}
	code := 1
	if err == nil {
		code = m.Run()
	}
	if plane != nil {
		err = errors.Join(err, plane.Stop())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(s); err != nil {
			panic(err) // two kinds of one name: a mistake in this file
		}
	}
	return s
}

// minimal is the least that each kind accepts.
var minimal = map[string]string{
	repositoryKind: `image: ghcr.io/acme/web`,
	policyKind:     `{imageRepositoryRef: {name: web}, policy: {semver: {range: '>=1.0.0'}}}`,
	automationKind: `git: {url: 'https://git.example.com/acme/fleet.git'}`,
}

// object returns the minimal object of kind, its spec changed as edit, a YAML mapping, says: mappings are merged,
// null removes a field, everything else replaces it.
func object(t testing.TB, kind, edit string) *unstructured.Unstructured {
	t.Helper()
	spec := mapping(t, minimal[kind])
	merge(spec, mapping(t, edit))
	u := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	u.SetName("it")
	u.SetNamespace("default")
	return u
}

// objectIn is object, in a namespace of its own.
func objectIn(t testing.TB, kind, edit string) *unstructured.Unstructured {
	t.Helper()
	u := object(t, kind, edit)
	u.SetNamespace(namespace(t))
	return u
}

func mapping(t testing.TB, text string) map[string]any {
	t.Helper()
	m := make(map[string]any)
	if err := yaml.UnmarshalStrict([]byte(text), &m); err != nil {
		t.Fatalf("reading a fragment: %v\n%.2000s", err, text)
	}
	return m
}

func merge(into, from map[string]any) {
	for key, value := range from {
		below, isMapping := value.(map[string]any)
		present, wasMapping := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMapping && wasMapping:
			merge(present, below)
		default:
			into[key] = value
		}
	}
}

// namespace makes a namespace for one test.
func namespace(t testing.TB) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := api.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	return ns.Name
}

// create creates o, whose fields must all be known, or fails the test.
func create(t testing.TB, o client.Object, options ...client.CreateOption) {
	t.Helper()
	if err := api.Create(t.Context(), o, append(options, client.FieldValidation(metav1.FieldValidationStrict))...); err != nil {
		t.Fatal(err)
	}
}

// read returns the typed object of the name of o.
func read[T client.Object](t testing.TB, o client.Object, into T) T {
	t.Helper()
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(o), into); err != nil {
		t.Fatal(err)
	}
	return into
}

// kubectl runs kubectl as the administrator, which must succeed, and returns what it prints.
func kubectl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := tryKubectl(t.Context(), args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryKubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, plane.Kubectl(), append([]string{"--kubeconfig", plane.Kubeconfig(), "--cache-dir", filepath.Join(filepath.Dir(plane.Kubeconfig()), "cache")}, args...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
