# What people and machines run. `make` alone lists the targets.

BIN := .venv/bin
CRASH := tests/crash tests/properties tests/stories/test_the_poll_alone.py \
	$(sort $(shell grep -rl --include='*.py' 'mark\.crash' tests))

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check crash chaos bench docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: system packages, a virtual environment, this package
	@scripts/setup

demo: setup ## One push from the message to the mirror, in a lab on this machine, checked from outside
	@$(BIN)/relengotron lab demo

test: setup ## The whole test suite
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

quick: setup ## The tests that take seconds
	@$(BIN)/pytest -q tests/unit tests/house

check: setup ## Style, types, layers, and whether the docs are complete
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/reference.py --check
	@$(BIN)/pytest -q tests/house

crash: setup ## A power cut at every moment, 200 bad weeks on the bus, 20,000 broken messages
	@rm -rf .lab/crash
	@RELENGOTRON_FUZZ_EXAMPLES=10000 $(BIN)/pytest -q -n 2 -m "crash or not crash" $(CRASH)

chaos: setup ## Real processes killed, frozen and ended, the journal in trouble, services away: nothing lost, nothing twice
	@rm -rf .lab/chaos
	@$(BIN)/pytest -q -n 2 --dist loadfile -m chaos tests/process

bench: setup ## Measure; the results are appended to bench/results.jsonl
	@scripts/bench-setup
	@$(BIN)/python -m bench

docs: setup ## Write the reference tables in docs/ anew from the code
	@$(BIN)/python scripts/reference.py

clean: ## Remove everything that was made here
	@rm -rf .venv .venv-stock .lab build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
