// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// largestImages is room for some ten thousand ImagePolicies with their status.
const largestImages = 256 << 20

// An images is what a file says is wanted.
type images struct {
	policies []plan.Policy
	seen     map[site.Policy]bool
}

// readImages reads the documents of a YAML or JSON file: ImagePolicies, lists of them as kubectl prints them, and
// short forms. Objects of other kinds are passed over. A field that nobody knows and a policy that comes twice are
// errors.
func readImages(r io.Reader) ([]plan.Policy, error) {
	limited := &io.LimitedReader{R: r, N: largestImages + 1}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(limited))
	all := images{seen: map[site.Policy]bool{}}
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading YAML: %w", err)
		}
		if limited.N <= 0 {
			return nil, fmt.Errorf("is larger than %d bytes", largestImages)
		}
		if err := all.document(document); err != nil {
			return nil, err
		}
	}
	if len(all.policies) == 0 {
		return nil, errors.New("names no image: write ImagePolicies, or {policy: namespace/name, image: …}")
	}
	return all.policies, nil
}

// document takes in one document.
func (i *images) document(document []byte) error {
	var about kindOf
	if err := yaml.Unmarshal(document, &about); err != nil {
		return fmt.Errorf("reading YAML: %w", err)
	}
	switch {
	case about.isPolicy():
		return i.policy(document)
	case strings.HasSuffix(about.Kind, "List"):
		return i.list(document)
	case about.Kind != "":
		return nil
	}
	return i.short(document)
}

// list takes in the ImagePolicies of a list.
func (i *images) list(document []byte) error {
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := yaml.Unmarshal(document, &list); err != nil {
		return fmt.Errorf("reading YAML: %w", err)
	}
	for _, item := range list.Items {
		kind, _ := item["kind"].(string)
		version, _ := item["apiVersion"].(string)
		if !(kindOf{APIVersion: version, Kind: kind}).isPolicy() {
			continue
		}
		text, err := yaml.Marshal(item)
		if err != nil {
			return fmt.Errorf("reading YAML: %w", err)
		}
		if err := i.policy(text); err != nil {
			return err
		}
	}
	return nil
}

// policy takes in one ImagePolicy, as the controller would.
func (i *images) policy(document []byte) error {
	var pol v1alpha1.ImagePolicy
	if err := yaml.UnmarshalStrict(document, &pol); err != nil {
		return fmt.Errorf("%s: reading the ImagePolicy: %w", reason.InvalidPolicy, err)
	}
	if pol.Namespace == "" {
		return fmt.Errorf("ImagePolicy %s has no metadata.namespace; name one", pol.Name)
	}
	wanted, err := spec.NewWanted(&pol)
	if err != nil {
		return fmt.Errorf("ImagePolicy %s/%s: %s: %w", pol.Namespace, pol.Name, reason.InvalidPolicy, err)
	}
	return i.add(wanted.Plan)
}

// short takes in {policy: namespace/name, image: reference}. Without a tag or digest the policy has no image yet.
func (i *images) short(document []byte) error {
	var form *struct {
		Policy string `json:"policy"`
		Image  string `json:"image"`
	}
	if err := yaml.UnmarshalStrict(document, &form); err != nil {
		return fmt.Errorf("reading {policy, image}: %w", err)
	}
	if form == nil {
		return nil // nothing between two separators
	}
	namespace, name, ok := strings.Cut(form.Policy, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("policy %q is not namespace/name", form.Policy)
	}
	p := plan.Policy{Name: site.Policy{Namespace: namespace, Name: name}}
	if form.Image != "" {
		ref, err := image.Parse(form.Image)
		if err != nil {
			return fmt.Errorf("policy %s: %w", form.Policy, err)
		}
		p.Image, p.Latest = ref.Name, ref
		p.Spelling, _, _ = image.Split(form.Image)
	}
	return i.add(p)
}

func (i *images) add(p plan.Policy) error {
	if i.seen[p.Name] {
		return fmt.Errorf("policy %s comes twice", p.Name)
	}
	i.seen[p.Name] = true
	i.policies = append(i.policies, p)
	return nil
}
