# Everything a person or the build needs, by name. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
REQUIREMENTS := requirements/runtime.txt requirements/embedded.txt requirements/dev.txt \
	requirements/build.txt
LOCK := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
	--universal --python-version 3.11 --custom-compile-command "make lock"
N ?= 100
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help install lint types imports test coverage demo up bench bench-lambda soak fmt lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## create .venv with everything pinned by hash; does nothing the second time

$(BIN)/python:
	@set -eu; \
	for candidate in $(PYTHON) python3.12 python3.11 python3; do \
	  if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; \
	  then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo "error: Python 3.11 or 3.12 is needed and neither is on PATH." >&2; \
	  echo "  Debian 12, Ubuntu 24.04:  sudo apt-get install python3 python3-venv" >&2; \
	  echo "  elsewhere:                install one, then make install PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "error: $$found cannot create virtual environments (no ensurepip)." >&2; \
	  echo "  Debian, Ubuntu:  sudo apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	echo "creating $(VENV) with $$($$found --version)"; \
	$$found -m venv $(VENV)

$(BIN)/uv: requirements/uv.txt | $(BIN)/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

# uv installs in seconds what takes pip minutes. pip is the second choice because it knows the
# mirrors and proxies of pip's own configuration; both check every hash.
$(READY): $(REQUIREMENTS) pyproject.toml | $(BIN)/uv
	@set -eu; \
	set -- --require-hashes $(addprefix -r ,$(REQUIREMENTS)); \
	VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv pip install -q "$$@" \
	  || { echo "uv could not install; trying pip" >&2; \
	       $(BIN)/python -m pip install -q --disable-pip-version-check "$$@"; }; \
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-index --no-deps \
	  --no-build-isolation -e .; \
	touch $@

lint: $(READY) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

imports: $(READY) ## the import contracts
	$(BIN)/lint-imports

test: lint types imports ## lint, types, import contracts and every test; ARGS="-k name" goes to pytest
	$(BIN)/pytest $(ARGS)

coverage: $(READY) ## the tests again, with branch coverage and its floors
	$(BIN)/pytest --cov --cov-report=term
	$(BIN)/coverage report --fail-under=100 --include='domain/*,workflows/*,tracking/projection.py'

demo: $(READY) ## the stack and real orders, live, until Ctrl-C; ONCE=1 ends when they are done
	$(BIN)/orders demo $(if $(filter-out 0,$(ONCE)),--once --free-ports)

up: $(READY) ## the stack without the demo orders, until Ctrl-C
	$(BIN)/orders up

bench: $(READY) ## the benchmarks; results go to bench/results/
	$(BIN)/orders bench

bench-lambda: $(READY) ## cold starts of functions side by side: table, result file, picture
	$(BIN)/python -m bench.lambda_cold_start

soak: $(READY) ## N orders with faults, seed SEED, invariants checked at the end
	$(BIN)/orders soak --orders $(N) --seed $(SEED)

fmt: $(READY) ## format and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(BIN)/uv ## compile requirements/*.in; versions change only where an .in file asks (UPGRADE=1: all)
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/runtime.in -o requirements/runtime.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/embedded.in -o requirements/embedded.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/dev.in -o requirements/dev.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements/build.in -o requirements/build.txt

clean: ## remove caches and .venv; .data stays
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
