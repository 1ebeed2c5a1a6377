// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// crds returns the CustomResourceDefinitions by their kinds.
func crds(t testing.TB) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(crdFolder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	byKind := make(map[string]*apiextensionsv1.CustomResourceDefinition)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := new(apiextensionsv1.CustomResourceDefinition)
		if err := yaml.UnmarshalStrict(content, crd); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		byKind[crd.Spec.Names.Kind] = crd
	}
	if want := slices.Sorted(maps.Keys(minimal)); !slices.Equal(slices.Sorted(maps.Keys(byKind)), want) {
		t.Fatalf("%s holds the kinds %q, not %q", crdFolder, slices.Sorted(maps.Keys(byKind)), want)
	}
	return byKind
}

type schema = apiextensionsv1.JSONSchemaProps

// walk calls visit for every property below s, in the order of their paths: "spec.update", the items of a list as
// "spec.update[]", and the values of a map as "spec.commit.values{}".
func walk(s schema, path string, visit func(path string, s schema)) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		below := strings.TrimPrefix(path+"."+name, ".")
		visit(below, s.Properties[name])
		walk(s.Properties[name], below, visit)
	}
	if s.Items != nil && s.Items.Schema != nil {
		visit(path+"[]", *s.Items.Schema)
		walk(*s.Items.Schema, path+"[]", visit)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		visit(path+"{}", *s.AdditionalProperties.Schema)
		walk(*s.AdditionalProperties.Schema, path+"{}", visit)
	}
}

// walkKind walks what the API says about kind, without what Kubernetes says about every object.
func walkKind(crd *apiextensionsv1.CustomResourceDefinition, visit func(path string, s schema)) {
	walk(*crd.Spec.Versions[0].Schema.OpenAPIV3Schema, "", func(path string, s schema) {
		if path != "apiVersion" && path != "kind" && path != "metadata" {
			visit(path, s)
		}
	})
}

// isSelector tells whether path is inside metav1.LabelSelector, whose schema is not ours. A rule beside
// policySelector counts its entries.
func isSelector(path string) bool { return strings.HasPrefix(path, "spec.policySelector.") }

func TestSchema(t *testing.T) {
	t.Parallel()
	for kind, crd := range crds(t) {
		walkKind(crd, func(path string, s schema) {
			for _, fault := range schemaFaults(path, s) {
				t.Errorf("%s %s: %s", kind, path, fault)
			}
		})
	}
}

// schemaFaults returns what the schema of one property lacks.
func schemaFaults(path string, s schema) []string {
	var faults []string
	name := path[strings.LastIndex(path, ".")+1:]
	isProperty := !strings.HasSuffix(name, "[]") && !strings.HasSuffix(name, "{}")
	if isProperty && !startsWith(s.Description, name) {
		faults = append(faults, fmt.Sprintf("the description does not begin with the name: %.60q", s.Description))
	}
	if isProperty && startsWith(s.Description, name) && len(s.Description) < len(name)+8 {
		faults = append(faults, fmt.Sprintf("the description says nothing: %q", s.Description))
	}
	if s.Type == "array" && s.XListType == nil {
		faults = append(faults, "no x-kubernetes-list-type: server-side apply could not merge it")
	}
	if isSelector(path) {
		return faults
	}
	switch s.Type {
	case "array":
		if s.MaxItems == nil {
			faults = append(faults, "no maxItems")
		}
	case "string":
		isMapValue := strings.HasSuffix(path, "{}") // a rule beside the map bounds keys and values: TestMaxima
		if s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time" && !isMapValue {
			faults = append(faults, "no maxLength, enum or format")
		}
	case "integer":
		if s.Maximum == nil && strings.HasPrefix(path, "spec.") {
			faults = append(faults, "no maximum")
		}
	case "object":
		if s.AdditionalProperties != nil && s.MaxProperties == nil {
			faults = append(faults, "no maxProperties")
		}
		if s.XPreserveUnknownFields != nil || s.XEmbeddedResource {
			faults = append(faults, "holds fields that nobody describes")
		}
	case "boolean":
	default:
		faults = append(faults, fmt.Sprintf("a property of type %q", s.Type))
	}
	return faults
}

// startsWith tells whether text begins with word, as a word of its own.
func startsWith(text, word string) bool {
	rest, ok := strings.CutPrefix(text, word)
	return ok && (strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, ",") || strings.HasPrefix(rest, ":"))
}

// TestSchema_faults makes sure that TestSchema sees what it looks for.
func TestSchema_faults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, path string
		schema     schema
		faults     int
	}{
		{"passes a described string", "spec.image", schema{Type: "string", Description: "image is its name.", MaxLength: new(int64)}, 0},
		{"sees no description", "spec.image", schema{Type: "string", MaxLength: new(int64)}, 1},
		{"sees another name", "spec.image", schema{Type: "string", Description: "imageName is its name.", MaxLength: new(int64)}, 1},
		{"sees a mere name", "spec.image", schema{Type: "string", Description: "image: x", MaxLength: new(int64)}, 1},
		{"sees a string of any length", "spec.image", schema{Type: "string", Description: "image is its name."}, 1},
		{"sees a list of any length and no type", "spec.tags", schema{Type: "array", Description: "tags are listed."}, 2},
		{"sees a number of any size", "spec.limit", schema{Type: "integer", Description: "limit is how many."}, 1},
		{"sees a map of any size", "spec.labels", schema{Type: "object", Description: "labels it has.", AdditionalProperties: &apiextensionsv1.JSONSchemaPropsOrBool{}}, 1},
		{"sees unknown fields", "spec.extra", schema{Type: "object", Description: "extra is anything.", XPreserveUnknownFields: new(bool)}, 1},
	} {
		if got := schemaFaults(row.path, row.schema); len(got) != row.faults {
			t.Errorf("%s: %d faults wanted, got %q", row.name, row.faults, got)
		}
	}
}
