SWIFT ?= swift
SETUP = ./scripts/setup
# The Swift libraries go into the program: it starts without them, runs faster and holds less memory.
RELEASE = $(SWIFT) build -c release --static-swift-stdlib --product counterpart

.PHONY: run test lint bench simulate crash fuzz reference

run: ## starts the sandbox where nothing is configured, else the server
	@$(SETUP)
	@$(SWIFT) build --product counterpart
	@if env | grep -q '^COUNTERPART_'; then .build/debug/counterpart serve; else .build/debug/counterpart sandbox; fi

test: ## every test, then the two-user story
	@$(SETUP)
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build
	@command -v chromedriver >/dev/null || echo "The pages were not walked in a browser: scripts/setup-browser installs one."
	.build/debug/counterpart sandbox --story

lint:
	$(SWIFT) format lint --strict -r Package.swift Sources Tests

reference: ## docs/reference.md, from the schemas
	@$(SETUP)
	@$(SWIFT) build --product counterpart
	.build/debug/counterpart reference > docs/reference.md

bench: ## the figures of the README; release build, nothing else busy
	@$(SETUP)
	$(RELEASE)
	.build/release/counterpart bench intake
	.build/release/counterpart bench sync
	.build/release/counterpart bench mapping

KILLS ?= 200
crash: ## a real server killed again and again, under load and while people connect, with -9; release build (KILLS=… for more)
	@$(SETUP)
	$(RELEASE)
	.build/release/counterpart simulate crash --kills $(KILLS)
	.build/release/counterpart simulate crash-grants --confirmations $(KILLS)

SEEDS ?= 5000
simulate: ## thousands of hostile histories from a random seed; release build (SEEDS=… for more)
	@$(SETUP)
	$(RELEASE)
	.build/release/counterpart simulate run --seeds $(SEEDS) --jobs 2

fuzz: ## any input for the readers and the converters of text, until something is found; release build
	@$(SETUP)
	$(RELEASE)
	.build/release/counterpart simulate fuzz
