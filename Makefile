# SPDX-License-Identifier: Apache-2.0

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BUILD   := go run ./internal/tools/build
VERSION ?= dev
IMAGE   ?= ghcr.io/fairlead-dev/fairlead:$(VERSION)
FUZZ    ?= 20000x
LDFLAGS := -s -w -X github.com/fairlead-dev/fairlead/internal/app.version=$(VERSION)
PROGRAM := $(shell find api cmd controllers internal -name '*.go' -not -name '*_test.go') go.mod go.sum

##@ To try it

.PHONY: demo demo-down
demo: servers bin/fairlead ## Show the whole chain on this machine: push an image, see the commit
	@go run ./internal/demo up

demo-down: ## Stop what demo started, and remove its data
	@go run ./internal/demo down

##@ To work on it

.PHONY: help build run generate manifests fmt vet lint verify
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: bin/fairlead ## Build bin/fairlead

bin/fairlead: $(PROGRAM)
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/fairlead

run: build ## Run the controller against $KUBECONFIG
	bin/fairlead controller --log-encoding console --allow-private-networks --allow-loopback

generate: bin/controller-gen ## Make deepcopy functions and reference pages from code
	bin/controller-gen object:headerFile=internal/tools/generate/header.txt paths=./api/...
	go run ./internal/docgen

manifests: bin/controller-gen ## Make CRDs and RBAC from code
	bin/controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	bin/controller-gen rbac:roleName=fairlead-controller paths=./controllers/... paths=./internal/secrets/... output:rbac:dir=config/rbac

fmt: ## Format the code
	gofmt -w api cmd controllers internal

vet: ## Look for mistakes with go vet
	go vet ./...

lint: bin/golangci-lint ## Look for mistakes with golangci-lint
	bin/golangci-lint run

verify: manifests generate ## Fail if generated files, formatting or go.mod are not current
	go mod tidy
	@test -z "$$(gofmt -l api cmd controllers internal)" || { echo "run make fmt:"; gofmt -l api cmd controllers internal; exit 1; }
	@test -z "$$(git status --porcelain)" || { echo "these files are not current; commit what make verify made of them:"; git status --short; git diff | head -n 40; exit 1; }

##@ To test it

.PHONY: test test-unit test-api test-e2e fuzz bench servers tools
test: servers bin/fairlead ## Everything: unit tests with the race detector, API tests and end to end on real servers
	go test -race -shuffle=on -timeout 20m ./...

test-unit: ## Unit tests alone, without servers
	go test -race -shuffle=on $$(go list ./... | grep -v -e /api/v1alpha1 -e /internal/e2e -e /internal/testserver)

test-api: servers ## The API on a real API server
	go test -shuffle=on ./api/...

test-e2e: servers bin/fairlead ## The whole chain on real servers
	go test -shuffle=on -timeout 20m -v ./internal/e2e/...

fuzz: ## Run each fuzz target for a while (FUZZ=20000x)
	@for package in $$(go list ./...); do \
	  targets=$$(go test -list '^Fuzz' $$package); \
	  for target in $$(grep '^Fuzz' <<< "$$targets" || true); do \
	    echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ) $$package; \
	  done; \
	done

bench: servers bin/fairlead ## Measure what docs/benchmarks.md says
	go run ./internal/bench

servers: ## Build the servers for tests and demo into bin/ (six minutes the first time)
	@$(BUILD) servers

tools: bin/controller-gen bin/golangci-lint ## Build the tools into bin/

bin/controller-gen: internal/tools/generate/go.sum
	@$(BUILD) controller-gen && touch $@

bin/golangci-lint: internal/tools/lint/go.sum
	@$(BUILD) golangci-lint && touch $@

##@ To install it

.PHONY: install uninstall deploy undeploy docker-build
install: ## Put the CRDs into the cluster of $KUBECONFIG
	kubectl apply --server-side -k config/crd

uninstall: ## Take the CRDs, and every object of ours, out of the cluster of $KUBECONFIG
	kubectl delete --ignore-not-found -k config/crd

deploy: ## Put CRDs, RBAC and the controller into the cluster of $KUBECONFIG
	kubectl apply --server-side -k config/default

undeploy: ## Take all of it out again
	kubectl delete --ignore-not-found -k config/default

docker-build: ## Build the container image (IMAGE=…)
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .
