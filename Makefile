# SPDX-License-Identifier: Apache-2.0
.PHONY: help demo demo-crash demo-cores demo-linux test test-cores test-linux lint format sim
.PHONY: mutants fuzz prove coverage valgrind static stack size bench bench-cores evidence ci clean
.DEFAULT:
	@echo "make: there is no target '$@'; make help lists them" >&2; exit 2
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile
demo: ## build and run the example: two processes that call each other
	@scripts/setup demo && scripts/step 'build demo' scripts/build demo && examples/sensor_hub/demo build/demo
demo-crash: ## the same two, each killed in the middle of a call and started again
	@scripts/setup demo && scripts/step 'build demo' scripts/build demo && \
		examples/sensor_hub/demo build/demo --crash
demo-cores: ## the same as firmware, on emulated chips: two cores, no operating system
	@scripts/setup cores && scripts/demo-cores
demo-linux: ## a program in Linux that calls firmware's services: no board, Linux in QEMU, its remote core a process
	@scripts/setup linux && scripts/demo-linux
test: ## unit tests with sanitizers, the tests of the generator, the rules of the house
	@scripts/setup test && scripts/test debug && scripts/test python
test-cores: ## firmware on emulated chips: both cores polled in each way, restarted, hung, interleaved
	@scripts/setup cores && scripts/test-cores
test-linux: ## against the unmodified Linux kernel, in QEMU: a process of ours is its remote core
	@scripts/setup linux && scripts/test-linux
lint: ## formatters and linters
	@scripts/setup ci && scripts/step 'build debug' scripts/build debug && \
		scripts/step 'build sim' scripts/build sim && scripts/step lint scripts/lint
format: ## format the sources
	@scripts/setup ci && scripts/format
sim: ## whole systems with faults, simulated for 8 minutes; SEED=n: the timeline of one run
	@scripts/setup test && scripts/sim $(if $(SEED),replay $(SEED))
mutants: ## checks dropped and off by one, orders weakened, faults of other stacks: a test must fail with each
	@scripts/setup test && scripts/mutants
fuzz: ## fuzz what a peer may say: `scripts/fuzz 60 rpmsg` for one target, a minute
	@scripts/setup ci && scripts/fuzz
coverage: ## which lines and branches of runtime/ the C tests take
	@scripts/setup ci && scripts/step 'build coverage' scripts/build coverage && scripts/coverage
prove: ## prove the contracts of the checks, check the models of the protocol
	@scripts/setup prove && scripts/prove
valgrind: ## unit tests under valgrind
	@scripts/setup ci && scripts/test valgrind
static: ## cppcheck, MISRA C:2012 (docs/misra.md), clang's analyser
	@scripts/setup ci && for what in cppcheck misra scan; do scripts/step $$what scripts/static $$what || exit; done
stack: ## bytes of stack on a Cortex-M33: each public function, each method
	@scripts/setup ci && scripts/stack
size: ## bytes of flash, RAM and stack on a Cortex-M33, by layer, next to others'
	@scripts/setup ci && scripts/size
bench: ## speed and instructions on this machine, beside its limits and what the C library has: 3 minutes
	@scripts/setup ci && scripts/bench
bench-cores: ## instructions a round trip costs each core of emulated chips, next to others', and the longest stretches
	@scripts/setup cores && scripts/bench-cores
evidence: ## docs/evidence.md written anew: runs what prints a figure, 2 hours
	@scripts/setup ci && scripts/evidence
ci: ## all of it, as it runs before a change lands
	@.ci/run
clean: ## remove what was built; what was fetched stays
	@scripts/clean
