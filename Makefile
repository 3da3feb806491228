# What contributors and CI type. `make demo` shows the whole job, `make test`
# proves it, `make check` keeps the house in order.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
TOOLS       := $(CURDIR)/.tools
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# The packages of the real stack, another database, an independent load generator to check ours
# against, what validates XML, the shells that complete our commands, the browser that
# shows and prints our pages, what reads the prints, what checks the types of their scripts, and a mail server.
DEBIAN      := mariadb-server postgresql nginx apache2 libapache2-mod-php php-mysql hostname hey libxml2-utils bash zsh fish chromium poppler-utils nodejs curl python3-aiosmtpd docker-compose
# Those of the Swarm: Docker may change the firewall of its machine, so a test installs them on a
# machine of CI alone. Elsewhere `make swarm` does, and the tests then use them.
SWARM       := docker.io tini iptables iproute2
# vegeta's own program reads our recordings, at the version of the library we use.
VEGETA       = $(shell $(GO) list -m -f '{{.Path}}@{{.Version}}' github.com/tsenart/vegeta/v12)
# What reads our reports for CI.
BENCHSTAT   := golang.org/x/perf@v0.0.0-20260908200009-22c9c6c9d4da
# What looks for barriers in our pages, and what checks the types of their scripts.
NPM         := https://registry.npmjs.org
AXE         := axe-core/-/axe-core-4.14.1.tgz
TYPESCRIPT  := typescript/-/typescript-5.9.3.tgz
UPLOT       := uplot/-/uplot-1.6.32.tgz
# A client of loader.io's API that works against our server unchanged, and what it needs.
LOADERIO    := loader.io.api/-/loader.io.api-2.0.3.tgz
LOADERIO_NEEDS := node-fetch/-/node-fetch-2.7.0.tgz whatwg-url/-/whatwg-url-5.0.0.tgz tr46/-/tr46-0.0.3.tgz \
	webidl-conversions/-/webidl-conversions-3.0.1.tgz qs/-/qs-6.9.7.tgz
# The peers of the bench: Debian packages, and Go programs at exact versions.
BENCHDEBIAN := nginx wrk apache2-utils nghttp2-client hey
BOMBARDIER  := github.com/codesenberg/bombardier@v1.2.6
PLOW        := github.com/six-ddc/plow@v1.3.2
K6          := go.k6.io/k6@v1.8.1
# What tries a failed test once more.
GOTESTSUM   := gotest.tools/gotestsum@v1.13.0
# What breaks our statistics on purpose.
GREMLINS    := github.com/go-gremlins/gremlins@v0.6.0
# Managers of make swarm: 1 or 3.
MANAGERS    ?= 1
FUZZTIME    ?= 10s
# Legs of each process of make simulate.
LEGS        ?= 1000
# Searches of each target of make simulate-search.
SEARCHES    ?= 20
# Where the figures of the bench go, and how it is run: make bench BENCH='-rounds 1'
PERFORMANCE := docs/performance.md
BENCH       ?=
MEMORY      ?= 10000000
# The container image, by its names, and the certificates that it trusts.
IMAGE        ?= stress:$(VERSION) stress:latest
CERTIFICATES ?= /etc/ssl/certs/ca-certificates.crt

# Packages without goroutines.
COMPUTE     := ./analyze/... ./report/... ./scenarios/...
# Tests that put load on a server look at time: where that is allowed, they go before
# whatever else the machine does.
FIRST       := $(shell nice -n -15 true 2>/dev/null && echo nice -n -15)

# Tests beside real servers and clusters: $(call twice,PACKAGES,FLAGS). A machine that stands still
# in the wrong second fails one of them by chance, after most of an hour. Up to two that fail are
# tried once more, both results are printed, and a second failure counts. What only computes is
# never tried twice, nor is a data race: what they find by chance is there.
twice = if [ -x $(TOOLS)/gotestsum ]; then again=$$(mktemp) && \
	PATH="$(TOOLS):$$PATH" $(FIRST) $(TOOLS)/gotestsum --format standard-quiet --rerun-fails=1 --rerun-fails-max-failures=2 --rerun-fails-run-root-test \
		--rerun-fails-abort-on-data-race --rerun-fails-report "$$again" --packages '$(1)' -- $(2); code=$$?; \
	[ ! -s "$$again" ] || { echo "!!! TRIED TWICE, for these failed at first:"; cat "$$again"; }; rm -f "$$again"; exit $$code; \
	else PATH="$(TOOLS):$$PATH" $(FIRST) $(GO) test $(2) $(1); fi

.DEFAULT_GOAL := build
export GOFLAGS := -buildvcs=false

.PHONY: help image build demo test check generate stack swarm swarm-down fuzz bench bench-accuracy bench-fleet bench-fleet-steady bench-verdicts bench-go bench-server bench-peers mutate clean packages readers simulate simulate-search pictures

help: ## say what there is to make
	@echo "make TARGET; without one it is build."
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

# A static program starts 2 ms sooner and runs on any Linux.
build: ## build bin/stress
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/stress ./cmd/stress

demo: build ## the whole job on the embedded lab, with nothing installed
	@# A verdict is on the screen and no error of make's; what could not run at all is.
	./bin/stress demo || [ $$? -le 4 -a $$? -ne 2 ]

ifdef CI
test: DEBIAN += $(SWARM)
endif
test: packages readers ## every test, real stack included
	@# What only computes has no races to find, and the race detector would take minutes. It
	@# finds those of TLS under one version.
	$(GO) test -timeout 20m $(COMPUTE)
	$(GO) test -run 'TestHostileDirectories|TestWordsDecideNothing|TestConformance/TLS_1.2|TestFoundIsWhatIsCarried|TestAStudySaysWhere|TestATargetThatDoes|TestABacklog' ./run ./run/capacity ./attack/nethttp ./attack/rawhttp
	$(GO) test -race -timeout 20m -skip 'TestHostileDirectories|TestWordsDecideNothing|TestConformance/TLS_1.2|TestFoundIsWhatIsCarried|TestAStudySaysWhere|TestATargetThatDoes|TestABacklog' $$($(GO) list ./... | grep -v -e /cmd/ -e /lab -e /analyze -e /report -e /scenarios)
	@# One at a time: these put load on real servers and look at time, which the race
	@# detector makes a tenfold of in the program itself.
	$(call twice,./lab/...,-race -timeout 20m -p 1)
	$(call twice,./cmd/...,-timeout 50m)
	@$(GO) run ./cmd/swarm -able || echo "!!! NO DOCKER SWARM HERE: its tests are LEFT OUT"

check: $(TOOLS)/staticcheck ## format, vet, lint, architecture, generated files
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) mod verify >/dev/null
	$(TOOLS)/staticcheck ./...
	$(GO) test ./internal/archtest
	$(GO) test -run 'Fresh' ./scenarios
	@$(MAKE) --no-print-directory vulnerabilities

simulate: ## how often the intervals of a leg hold, for docs/statistics.md: about ten minutes of a processor
	$(GO) test ./analyze -run TestIntervalsHold -timeout 2h -v -simulate $(LEGS)

simulate-search: ## how often a search finds what is carried, for docs/statistics.md: about ten minutes of a processor
	$(GO) test ./run/capacity -run TestFoundIsWhatIsCarried -timeout 2h -v -simulate $(SEARCHES)

generate: ## rewrite generated files and golden files
	$(GO) test ./scenarios -run 'Fresh' -update
	$(GO) test ./report ./scenarios -run 'Golden' -update

stack: build ## the real MariaDB, Apache + PHP and nginx, kept up
	./bin/stress lab --real --well-known-ports

swarm: DEBIAN += $(SWARM)
swarm: packages ## a real Docker Swarm of three nodes behind nginx on this machine, kept up: make swarm MANAGERS=3 ENV=lab.env
	$(GO) build -o bin/swarm ./cmd/swarm
	./bin/swarm -managers $(MANAGERS) $(if $(ENV),-env $(ENV))

swarm-down: ## end every Swarm of this machine, and remove what killed ones left
	$(GO) build -o bin/swarm ./cmd/swarm
	./bin/swarm -down

# With `go test -fuzz` the standard library counts its branches too, and looking at all of
# those counters after each try takes a millisecond: what follows counts our own branches
# and those of the YAML library. Each new input would be made smaller for up to a minute,
# in which nothing else is tried.
COUNTED := -gcflags='github.com/stress-tool/stress/...=-d=libfuzzer' -gcflags='github.com/goccy/go-yaml/...=-d=libfuzzer'
fuzz: ## every fuzz target for FUZZTIME
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test $(COUNTED) -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "$$p $$f"; $(GO) test -run '^$$' -timeout 0 $(COUNTED) $$p -args -test.fuzz "^$$f$$" -test.fuzztime $(FUZZTIME) \
			-test.fuzzminimizetime 10x -test.fuzzcachedir "$$($(GO) env GOCACHE)/fuzz/$$p" || exit 1; done; done

# In a copy of the package alone, for the tool copies its module once per worker, and
# without the cache of test results, by which its timeouts would be seconds.
mutate: $(TOOLS)/gremlins ## break the statistics in every small way: which breaks do their tests miss?
	@d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; cp -r --parents go.mod go.sum analyze/stats "$$d" && cd "$$d" && \
	GOFLAGS='-buildvcs=false -count=1 -vet=off' $(TOOLS)/gremlins unleash \
		--tags mutation --invert-logical --invert-loopctrl --workers 2 --timeout-coefficient 10 --output-statuses lct ./analyze/stats

bench: build bench-peers ## stress beside its peers: CPU per request, rate, memory, over HTTP and HTTPS; into docs/performance.md
	PATH="$(TOOLS):$$PATH" $(GO) run ./bench/peers -o $(PERFORMANCE) $(BENCH)
	PATH="$(TOOLS):$$PATH" $(GO) run ./bench/peers -tls -o $(PERFORMANCE) $(BENCH)
	PATH="$(TOOLS):$$PATH" $(GO) run ./bench/peers -memory $(MEMORY) -o $(PERFORMANCE) $(BENCH)

bench-accuracy: build bench-peers ## what tools report against what the server knows; into docs/performance.md
	PATH="$(TOOLS):$$PATH" $(GO) run ./bench/accuracy -o $(PERFORMANCE) $(BENCH)
	PATH="$(TOOLS):$$PATH" $(GO) run ./bench/accuracy -tls -o $(PERFORMANCE) $(BENCH)

bench-fleet: build ## how the throughput of a fleet grows with its agents, as root; into docs/performance.md
	$(GO) build -o bin/nats-server github.com/nats-io/nats-server/v2
	$(GO) run ./bench/fleet -o $(PERFORMANCE) $(BENCH)

bench-fleet-steady: build ## what a fleet uses in fifteen minutes of 20 000/s, as root; into docs/performance.md
	$(GO) build -o bin/nats-server github.com/nats-io/nats-server/v2
	$(GO) run ./bench/fleet -steady 15m -agents 3 -share 1 -o $(PERFORMANCE) $(BENCH)

bench-verdicts: build ## what the gate says of systems whose truth is known; into docs/statistics.md
	$(GO) run ./bench/verdicts -o docs/statistics.md $(BENCH)

bench-go: ## the engines' own benchmarks, allocations per request among them
	$(GO) test -run '^$$' -bench . -benchmem ./attack/...

pictures: ## the pictures of docs/server.md, by a browser: half a minute
	STRESS_DOC_PICTURES=$(CURDIR)/docs/serve/pictures $(GO) test -count=1 -run TestPicturesOfTheDocument ./server

bench-server: ## the server's time for every page and answer, with 10 000 runs in its store
	$(GO) test -run '^$$' -bench Server -benchtime 20x ./server

# A peer that cannot be had is left out, loudly; the bench says so again.
bench-peers: readers
	-@$(MAKE) --no-print-directory packages DEBIAN="$(BENCHDEBIAN)"
	-@$(MAKE) --no-print-directory $(TOOLS)/bombardier
	-@$(MAKE) --no-print-directory $(TOOLS)/plow
	-@$(MAKE) --no-print-directory $(TOOLS)/k6

# The static program in a directory of its own, so that nothing else reaches the
# image. It asks no registry: FROM scratch has none to ask. For other processors:
# GOARCH=arm64 make image. From its cache Docker would take layers of an image for others.
image: export GOOS = linux
image: build ## a container image of the program alone, stress:VERSION, which is stress:latest too
	@command -v docker >/dev/null || { echo "there is no docker here: apt-get install docker.io"; exit 1; }
	@[ -r $(CERTIFICATES) ] || { echo "$(CERTIFICATES) is missing: apt-get install ca-certificates"; exit 1; }
	@rm -rf bin/image && mkdir -p bin/image/directories/work bin/image/directories/data && mkdir -m 1777 bin/image/directories/tmp
	cp bin/stress bin/image/stress
	cp $(CERTIFICATES) bin/image/ca-certificates.crt
	docker build --quiet --no-cache --platform linux/$$($(GO) env GOARCH) -f Dockerfile $(addprefix -t ,$(IMAGE)) bin/image

clean: ## remove what was built
	rm -rf bin .tools

# The database of known vulnerabilities is on the network; without it the check
# says so and goes on.
.PHONY: vulnerabilities
vulnerabilities:
	@if ! GOBIN=$(TOOLS) $(GO) install $(GOVULNCHECK) 2>/dev/null; then echo "govulncheck: LEFT OUT, it could not be installed"; \
	elif ! out=$$(timeout 120 $(TOOLS)/govulncheck ./... 2>&1); then \
		if echo "$$out" | grep -q 'Vulnerability #'; then echo "$$out"; exit 1; fi; \
		echo "govulncheck: LEFT OUT, its database does not answer"; fi

$(TOOLS)/staticcheck:
	GOBIN=$(TOOLS) $(GO) install $(STATICCHECK)

# Peers are built in a module of their own that requires the exact version: nothing
# of theirs enters ours. (go install asks the proxy for a list of versions, which
# some proxies do not give.)
$(TOOLS)/vegeta: PEER = $(VEGETA)
$(TOOLS)/bombardier: PEER = $(BOMBARDIER)
$(TOOLS)/plow: PEER = $(PLOW)
$(TOOLS)/k6: PEER = $(K6)
$(TOOLS)/benchstat: PEER = $(BENCHSTAT)
$(TOOLS)/gotestsum: PEER = $(GOTESTSUM)
$(TOOLS)/benchstat: MAIN = /cmd/benchstat
$(TOOLS)/gremlins: PEER = $(GREMLINS)
$(TOOLS)/gremlins: MAIN = /cmd/gremlins
$(TOOLS)/vegeta $(TOOLS)/bombardier $(TOOLS)/plow $(TOOLS)/k6 $(TOOLS)/benchstat $(TOOLS)/gremlins $(TOOLS)/gotestsum:
	@mkdir -p $(TOOLS); d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; echo "building $(PEER)"; cd "$$d" && \
	printf 'module peer\n\ngo 1.26\n\nrequire %s\n' "$(subst @, ,$(PEER))" >go.mod && \
	printf 'package peer\n\nimport _ "%s"\n' "$(firstword $(subst @, ,$(PEER)))$(MAIN)" >peer.go && \
	GOFLAGS=-mod=mod $(GO) build -o $@ $(firstword $(subst @, ,$(PEER)))$(MAIN) || \
	{ echo "!!! COULD NOT BUILD $(PEER): it is LEFT OUT"; exit 1; }

# The checks of Kubernetes' own API server. The module there requires the exact version.
$(TOOLS)/kubecheck: lab/deploy/kubecheck/main.go lab/deploy/kubecheck/go.mod
	@echo "building kubecheck"; cd lab/deploy/kubecheck && $(GO) build -trimpath -o $@ . || \
	{ echo "!!! COULD NOT BUILD kubecheck: it is LEFT OUT"; exit 1; }

$(TOOLS)/npm/axe-core: NPMFILE = $(AXE)
$(TOOLS)/npm/typescript: NPMFILE = $(TYPESCRIPT)
$(TOOLS)/npm/uplot: NPMFILE = $(UPLOT)
$(TOOLS)/npm/loader.io.api: NPMFILE = $(LOADERIO)
$(TOOLS)/npm/loader.io.api: NPMNEEDS = $(LOADERIO_NEEDS)
$(TOOLS)/npm/axe-core $(TOOLS)/npm/typescript $(TOOLS)/npm/uplot $(TOOLS)/npm/loader.io.api:
	@d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; mkdir -p $(@D); \
	get() { mkdir -p "$$2" && curl -fsSL --retry 2 -o "$$d/package.tgz" $(NPM)/$$1 && tar -xzf "$$d/package.tgz" -C "$$2" --strip-components=1; }; \
	get $(NPMFILE) "$$d/package" && (for n in $(NPMNEEDS); do get $$n "$$d/package/node_modules/$${n%%/*}" || exit 1; done) && rm -rf $@ && mv "$$d/package" $@ || \
	{ echo "!!! COULD NOT FETCH $(NPMFILE): it is LEFT OUT"; exit 1; }

# What cannot be had is left out, loudly; the tests say so again.
readers:
	-@$(MAKE) --no-print-directory $(TOOLS)/npm/axe-core
	-@$(MAKE) --no-print-directory $(TOOLS)/npm/typescript
	-@$(MAKE) --no-print-directory $(TOOLS)/npm/uplot
	-@$(MAKE) --no-print-directory $(TOOLS)/npm/loader.io.api
	-@$(MAKE) --no-print-directory $(TOOLS)/vegeta
	-@$(MAKE) --no-print-directory $(TOOLS)/benchstat
	-@$(MAKE) --no-print-directory $(TOOLS)/gotestsum
	-@$(MAKE) --no-print-directory $(TOOLS)/kubecheck

# The real stack's packages: installed when this is root on a Debian, else said
# loudly; the tests that need them then say so too.
packages:
	@missing=""; for p in $(DEBIAN); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing$$missing"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null || \
		echo "!!! COULD NOT INSTALL$$missing: what needs it is LEFT OUT"; \
	else echo "!!! MISSING$$missing: what needs it is LEFT OUT; apt-get install$$missing"; fi
