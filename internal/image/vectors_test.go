// SPDX-License-Identifier: Apache-2.0

package image_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/fixture/vectors"
	"github.com/fairlead-dev/fairlead/internal/image"
)

type expectation struct {
	Registry, Repository, Tag, Digest, Canonical string
	Error                                        bool
}

func TestParse_vectors(t *testing.T) {
	t.Parallel()
	var rows []struct {
		Name, In, Why string
		Expect        expectation
	}
	data, err := vectors.FS.ReadFile("references.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			ref, err := image.Parse(row.In)
			got := expectation{Registry: ref.Name.Registry, Repository: ref.Name.Repository, Tag: ref.Tag,
				Digest: string(ref.Digest), Canonical: ref.Name.String(), Error: err != nil}
			if diff := cmp.Diff(row.Expect, got); diff != "" {
				t.Errorf("%s: Parse(%q) (-want +got):\n%s", row.Why, row.In, diff)
			}
		})
	}
}
