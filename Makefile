# make demo   paint a sample contest and take it through folds, views and votes to a scored submission
# make test   every check and every test
# make faults kill, fill, garble and forge, hundreds of times; writes docs/reliability.md (an hour)
# make audit  look up the locked packages in the database of known vulnerabilities
# All make .venv first, from nothing but Python: the locked packages, hash-checked, then artcli.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help demo test faults audit check tools bench lock clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv (about 6 GB, a few minutes the first time)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)
	$(BIN)/artcli demo workspace

test: $(READY)
	@$(MAKE) --no-print-directory --jobs=2 check tools
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

SEED ?= 7
faults: $(READY) tools
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder \
	--faults --faults-seed $(SEED) tests/faults

# Strict: a package that nobody could be asked about is no clean one.
audit: $(READY)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

# The report's page is tested in Debian's chromium, and saves are killed at each of their system
# calls by strace. Where these are not and cannot be installed, the tests that need them say so and
# are skipped.
tools:
	@command -v chromium > /dev/null && command -v chromedriver > /dev/null && \
	command -v strace > /dev/null && exit 0; \
	command -v apt-get > /dev/null || exit 0; \
	if [ "$$(id -u)" = 0 ]; then as_root=; \
	elif sudo -n true 2> /dev/null; then as_root="sudo -n"; else exit 0; fi; \
	echo "Installing chromium, its driver and strace, to test with"; \
	{ $$as_root apt-get update -qq && $$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -qq -y --no-install-recommends chromium chromium-driver strace; } \
	> /dev/null 2>&1 || echo "That failed: the tests that need them are skipped"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/artcli bench

lock:
	uv pip compile --universal --generate-hashes --all-extras --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --quiet pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build dist
