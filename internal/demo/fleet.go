// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// What the story is about.
const (
	namespace  = "shop"
	repository = "fleet"    // in Gitea, of the user called like the namespace
	imageName  = "shop/web" // in the registry
	branch     = "main"
	manifest   = "clusters/prod/web.yaml"
	firstImage = "1.0.0"
)

// fleet returns the files of the repository before Fairlead comes to it.
func fleet(registry string) map[string]string {
	return map[string]string{
		"README.md": "# The shop's clusters\n\nWhat lies below clusters/prod is what runs.\n",
		manifest: fmt.Sprintf(`# What customers see. Ask the web team before you change the limits.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  replicas: 3   # one per zone
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: %s/%s:0.9.0 # {"$imagepolicy": "shop:web"}
        ports:
        - containerPort: 8080
        resources:
          limits:
            memory: 256Mi   # raised for the sale in May
`, registry, imageName),
	}
}
