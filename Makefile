# Vestige. `make` alone says what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED := 0
# The version is said by VERSION; a checkout that belongs to somebody else must build as well.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
TESTRUN := go run ./internal/build/testrun
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# Tools are run at these versions, by Go alone.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Packages whose tests need no server and in which goroutines meet.
RACE := ./audit/... ./classifiers ./connectors/memory/... ./connectors/sqlite/... ./connectors/bucket/... ./forms/... ./internal/clock/... ./internal/decode/... ./internal/keys/... ./lineage/... ./pii/... ./policies/...
FUZZTIME ?= 30s
# The packages whose tests take longest begin first, so that no core idles beside the last of them.
LONGEST := ./internal/e2e ./connectors/elasticsearch ./web ./connectors/bucket ./plans ./connectors/memory ./connectors/postgres ./connectors/mysql ./internal/testenv
# A test waits as often as it computes: one package more than there are cores keeps them busy.
ATONCE := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))

.PHONY: help
help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: build ## build, then erase one person from a made-up company, and show that she is gone
	@./vestige demo

.PHONY: build
build: ## build the program into this folder
	@echo "Building ./vestige $(VERSION). The first time takes a minute or two: the libraries are fetched and compiled."
	@go build -trimpath -ldflags '$(LDFLAGS)' -o vestige ./cmd/vestige

.PHONY: check
check: ## the daily one, under two minutes: format, vet, and the quick tests
	@unformatted=$$(gofmt -s -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi
	@go vet ./...
	@$(TESTRUN) -short -timeout 5m ./...

.PHONY: servers
servers:
	@scripts/need postgres postgres-contrib postgres17 mariadb mysql java17 elasticsearch opensearch versitygw chromium axe ps
	@scripts/need parquet-readers || echo "pyarrow and DuckDB cannot be had here: the test that has them read Parquet says that it is skipped"

.PHONY: test
test: servers ## what continuous integration runs: vet and all tests, none skipped for want of a server
	@echo "go vet"; go vet ./...
	@echo "go test (prints a line for each package)"; MUST_RUN=all $(TESTRUN) -p $(ATONCE) -vet=off -timeout 15m $(LONGEST) ./...

.PHONY: test-deep
test-deep: servers race fuzz ## the long one: all tests thrice, in another order each time, races and fuzzing
	@scripts/need schemathesis
	@MUST_RUN=all VESTIGE_DEEP=1 $(TESTRUN) -count 3 -shuffle on -timeout 120m ./...

.PHONY: race
race: ## tests of what needs no server, under the race detector (needs a C compiler)
	@scripts/need gcc
	@CGO_ENABLED=1 $(TESTRUN) -race -timeout 30m $(RACE)

.PHONY: lint
lint: ## golangci-lint where it can be had, else vet and staticcheck
	@go vet ./...
	@if bin=$$(go env GOPATH)/bin/golangci-lint; [ -x "$$bin" ] || go install $(GOLANGCI) 2>/dev/null; then "$$bin" run ./...; \
	else echo "golangci-lint cannot be had, staticcheck stands in"; go run $(STATICCHECK) ./...; fi

.PHONY: fuzz
fuzz: ## fuzz each fuzz function for FUZZTIME (30s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c6-); do \
			echo "$$dir $$f"; go test $$dir -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME); done; done

.PHONY: bench
bench: ## the figures of docs/benchmarks.md, with their aims
	@scripts/need rg
	@go run ./internal/bench

.PHONY: eval
eval: ## precision and recall: of the classifiers over labelled columns, of inferred references over the schemas of real applications
	@go test -count 1 -v -run "TestEval|TestNames|TestApplications|TestTables" ./classifiers/eval/... ./lineage/eval

.PHONY: golden
golden: ## write golden files anew; look at the difference before you commit it
	@for dir in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u); do echo "$$dir"; go test $$dir -update; done

.PHONY: generate
generate: ## write generated files anew: word lists, columns, documentation, NOTICE
	@go generate ./...
	@go run ./internal/build/docs
	@go run ./internal/build/notice

.PHONY: verify
verify: ## fail if generated files or go.mod are stale
	@go mod verify
	@go mod tidy -diff
	@go run ./internal/build/docs -check
	@go run ./internal/build/notice -check

.PHONY: run
run: build ## build and serve the catalog in ./data
	@./vestige serve

.PHONY: dist
dist: ## static binaries for six platforms with checksums, in dist/
	@rm -rf dist; mkdir -p dist
	@for p in $(PLATFORMS); do os=$${p%/*}; arch=$${p#*/}; ext=; [ $$os = windows ] && ext=.exe; \
		echo "vestige-$(VERSION)-$$os-$$arch$$ext"; \
		GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o "dist/vestige-$(VERSION)-$$os-$$arch$$ext" ./cmd/vestige; done
	@cp LICENSE NOTICE dist/
	@cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

.PHONY: clean
clean: ## remove what was built
	@rm -rf vestige dist vestige-demo
