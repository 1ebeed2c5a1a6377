// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// largestDocument is more than an API server takes.
const largestDocument = 4 << 20

// readPolicy reads the one ImagePolicy among the documents of a YAML or JSON file. A field that the API does not
// know is an error: offline nobody else would tell of a slip.
func readPolicy(r io.Reader) (*v1alpha1.ImagePolicy, error) {
	documents := utilyaml.NewYAMLReader(bufio.NewReader(io.LimitReader(r, largestDocument)))
	var found *v1alpha1.ImagePolicy
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading YAML: %w", err)
		}
		var kind kindOf
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return nil, fmt.Errorf("reading YAML: %w", err)
		}
		if !kind.isPolicy() {
			continue
		}
		if found != nil {
			return nil, errors.New("has more than one ImagePolicy")
		}
		found = &v1alpha1.ImagePolicy{}
		if err := yaml.UnmarshalStrict(document, found); err != nil {
			return nil, fmt.Errorf("%s: reading the ImagePolicy: %w", reason.InvalidPolicy, err)
		}
	}
	if found == nil {
		return nil, fmt.Errorf("has no ImagePolicy of %s", v1alpha1.GroupVersion)
	}
	return found, nil
}

// kindOf says of a document which kind it is.
type kindOf struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func (k kindOf) isPolicy() bool {
	return k.Kind == "ImagePolicy" && k.APIVersion == v1alpha1.GroupVersion.String()
}
