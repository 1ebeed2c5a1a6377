// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// writeOverlay writes what the demo changes in config/samples to where.overlay().
func writeOverlay(where place, s state) error {
	base, err := filepath.Rel(where.overlay(), where.config("samples"))
	if err != nil {
		return fmt.Errorf("finding the samples: %w", err)
	}
	if err := os.MkdirAll(where.overlay(), 0o755); err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	text := overlay(filepath.ToSlash(base), s.Registry+"/"+imageName, s.CloneURL)
	if err := os.WriteFile(filepath.Join(where.overlay(), "kustomization.yaml"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	return nil
}

// overlay returns a kustomization that makes the samples fit this machine.
func overlay(base, image, url string) string {
	return fmt.Sprintf(`# What this demo changes in config/samples: addresses on this machine, http instead of https, and short intervals.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- %s
patches:
- patch: |
    apiVersion: fairlead.dev/v1alpha1
    kind: ImageRepository
    metadata:
      name: web
      namespace: shop
    spec:
      image: %s
      insecure: true
      interval: 1s
- patch: |
    apiVersion: fairlead.dev/v1alpha1
    kind: UpdateAutomation
    metadata:
      name: fleet
      namespace: shop
    spec:
      interval: 1s
      batchWindow: 0s
      git:
        url: %s
        insecure: true
`, base, image, url)
}
