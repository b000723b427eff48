.PHONY: help generate check fuzz oracle bench load soak release
help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
generate:        ## docs/entities and docs/operators.md, from the catalog
	go run ./internal/gen docs docs
check:           ## what a change must pass
	go vet ./... && go test ./... && go test -race -short ./...
	go tool -modfile=tools/go.mod golangci-lint run ./...
fuzz:            ## every fuzz target for a minute
	while read -r p t _; do go test -run '^$$' -fuzz "^$$t$$" -fuzztime 60s $$p || exit 1; done <.ci/fuzz-targets
oracle:          ## 100,000 random searches, the product against the plain evaluator
	CIOMIRROR_ORACLE_SEARCHES=100000 go test -count 1 -timeout 30m -run TestTheProductAnswersAsTheContractSays -v ./internal/oracle
bench:           ## the benchmarks, with ratios to a baseline of the same run; searches into docs/performance.md
	go test -run '^$$' -bench . -skip 'Search|Pages|ReaderDuringSync' ./...
	tmp=$$(mktemp -d) && searches="go test -timeout 30m -run ^$$ ./store/sqlite -mirror $$tmp/mirror.db -report ../../docs/performance.md" && \
		$$searches -bench 'Search|Pages' -benchtime 2s && $$searches -bench ReaderDuringSync -benchtime 1x; code=$$?; rm -r "$$tmp"; exit $$code
load:            ## 64 clients for a minute on 100,000 messages, a sync beside them
	go test -count 1 -timeout 10m -v -run TestManyClientsAtOnce ./server -load 60s
SOAK ?= 2h
soak:            ## crashes and storage faults at full size, and SOAK (2h) of one process under load
	go test -timeout 0 -v -run 'Kill|Disk|Readers|StartTogether|AtOnce|LongReader|LivesLong|Limit|EveryFault|Month' ./cmd/ciomirror ./sync -soak $(SOAK)
release:         ## static binaries for five platforms into dist/, with checksums; VERSION, PLATFORMS and DIST may be set
	packaging/release
