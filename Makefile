# Everything is made in .venv; delete that folder, or `make clean`, to begin again.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
LIBRARY ?= library
# Public data sets that the gate takes a part of, as far as they are here.
DATASETS ?= ../shared/data/ir
GATE_SETS := $(wildcard $(addprefix $(DATASETS)/,piaf cnil-questions spf-bookmarks xquad-mixed))
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: install demo serve test lint format gate bench screenshots drill clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Glane needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: install
	$(BIN)/glane demo --library $(LIBRARY)

serve: install
	$(BIN)/glane serve --library $(LIBRARY)

test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

gate: install
	$(BIN)/glane-eval gate sample $(GATE_SETS) --questions 90 --documents 400 --baseline eval/baseline.json

bench: install
	$(BIN)/python -m benchmarks.encoder
	$(BIN)/python -m benchmarks.index
	$(BIN)/python -m benchmarks.service
	$(BIN)/python -m benchmarks.question
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.worst
	$(BIN)/python -m benchmarks.living
	$(BIN)/python -m benchmarks.mcp
	$(BIN)/python -m benchmarks.answering
	$(BIN)/python -m benchmarks.scale

screenshots: install
	$(BIN)/python -m benchmarks.screenshots --out screenshots

drill: install
	$(BIN)/python -m benchmarks.drills.kill
	$(BIN)/python -m benchmarks.drills.writes
	$(BIN)/python -m benchmarks.drills.upkeep
	$(BIN)/python -m benchmarks.drills.overload
	$(BIN)/python -m benchmarks.drills.changes
	$(BIN)/python -m benchmarks.drills.attack
	$(BIN)/python -m benchmarks.drills.follow

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
