# make demo   paint a sample contest and take it through folds, views and votes to a scored submission
# make test   every check and every test
# make faults kill, fill, garble and forge, hundreds of times; writes docs/reliability.md (half an hour)
# make audit  look up the locked packages in the database of known vulnerabilities
# Both make .venv first, from nothing but Python: the locked packages, hash-checked, then artcli.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help demo test faults audit check browser strace bench lock clean

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

test: check browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

SEED ?= 7
faults: $(READY) strace
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --faults --faults-seed $(SEED) tests/faults

# The report's page is tested in Debian's chromium, and a save is killed at each of its system calls
# by strace. Where these are not and cannot be installed, the tests that need them say so and are
# skipped.
browser:
	@command -v chromium > /dev/null && command -v chromedriver > /dev/null || \
	{ $(call install,chromium chromium-driver); } || echo "The page is not tested in a browser"

strace:
	@command -v strace > /dev/null || { $(call install,strace); } || echo "There is no strace"

define install
	if [ "$$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi; \
	echo "Installing $(1), to test with"; \
	{ $$as_root apt-get update -qq && $$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -qq -y --no-install-recommends $(1); } > /dev/null 2>&1
endef

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
