# make lab: open the course.   make demo: paint a first picture.
# make quick: linter, types and the tests that need no network.   make test: run all tests.
# make notebooks: run and rewrite all notebooks.   make bench: measure speed and memory.
# make networks: train the painting networks that come along again, for about an hour.
# make bench-peers: compare with other programs.   make bench-batches: measure and disturb batches.
# Each sets up .venv first; a second call starts at once.

PYTHON ?= python3

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

READY := .venv/.ready
DEVELOPMENT := .venv/.development

STYLES := swirling_night pointillist_field stained_glass woodcut_waves watercolour_wash ink_hatching \
  brush_garden

NETWORKS := stylelab/painting/networks

.DEFAULT_GOAL := help
.PHONY: help setup lab demo quick test lint bench bench-peers bench-batches notebooks networks clean

help:
	@sed -n '1,6s/^# //p' Makefile

setup: $(READY)

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "stylelab needs Python 3.11 or newer. Received: $$($(PYTHON) --version 2>&1)." \
	    "Name another: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python could not make a virtual environment. On Debian and Ubuntu:" \
	    "sudo apt install python3-venv"; exit 2; }
	@touch $@

$(READY): pyproject.toml .venv/.created
	@echo "Setting up .venv: once, for about 700 MB to download."
	@$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@$(BIN)/stylelab weights
	@touch $@

$(DEVELOPMENT): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@# nbgrader is here for its tests; its menus would be in a reader's way.
	@$(BIN)/jupyter labextension disable --level=sys_prefix @jupyter/nbgrader 2>/dev/null
	@touch $@

lab: $(READY)
	$(BIN)/stylelab lab notebooks

demo: $(READY)
	$(BIN)/stylelab demo

lint: $(DEVELOPMENT)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Two processes of one thread each: more threads would wait for each other.
quick: lint
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --quick -q

# Three of one thread each, in the order of tests/conftest.py: while one waits for a browser, the others compute.
test: lint
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

bench: $(DEVELOPMENT)
	$(BIN)/python tests/benchmarks/run.py
	PYTHONPATH=tests/browser $(BIN)/python tests/benchmarks/panels.py
	$(BIN)/python tests/notebooks/execute_notebooks.py --measure

bench-batches: $(DEVELOPMENT)
	$(BIN)/python tests/benchmarks/batches.py

bench-peers: $(DEVELOPMENT)
	$(BIN)/python tests/benchmarks/peers.py

notebooks: $(DEVELOPMENT)
	$(BIN)/python tests/notebooks/execute_notebooks.py

# The first by the clock: a quicker machine takes more steps, and makes another network.
networks: $(READY)
	$(BIN)/stylelab train $(STYLES) -o $(NETWORKS)/seven_styles.stylelab --minutes 26
	$(foreach style,$(STYLES),$(BIN)/stylelab train $(style) -o $(NETWORKS)/$(style).stylelab \
	  --steps 1000 --width 12 &&) true
	$(BIN)/python -m stylelab.painting.stored_decoders

clean:
	rm -rf .venv .peers peers
