# The environment lives in .venv inside the clone; every target makes it when it is absent.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= medseg-demo
PYTEST := $(BIN)/python -m pytest
# napari and npe2 warn while pytest loads them, before any filter of ours could judge it.
WINDOW_FLAGS := -W ignore::pydantic.PydanticDeprecatedSince20
# Each file of the core's tests is run by one of this many processes; tests/conftest.py says which
# files come first.
WORKERS ?= 2
# The core's tests run without any plugin that would load Qt or napari into their process.
CORE_FLAGS := -n $(WORKERS) --dist loadfile --no-loadscope-reorder -p no:pytest-qt -p no:napari -p no:napari-plugin-engine -p no:npe2

.PHONY: demo test test-core test-windows test-long test-postgres bench lint types docs system clean

demo: .venv/gui
	@$(BIN)/medseg demo --out $(DEMO)

test: test-core
	$(MAKE) test-windows

test-core: .venv/dev system
	$(PYTEST) -m "not qt and not long" $(CORE_FLAGS)

test-windows: .venv/dev system
	$(PYTEST) -m "qt and not long" $(WINDOW_FLAGS) tests/plugin

test-long: .venv/dev system
	MEDSEG_FUZZ=100000 $(PYTEST) -m "not qt" $(CORE_FLAGS)
	$(PYTEST) -m "qt" $(WINDOW_FLAGS) tests/plugin
	sh tools/test_second_binding.sh
	sh tools/start_postgres.sh $(PYTEST) -k postgresql $(CORE_FLAGS) -n 0 tests/project/store tests/reliability/test_races.py

# The project's store on a PostgreSQL server of its own, which is gone afterwards.
test-postgres: .venv/dev
	sh tools/start_postgres.sh $(PYTEST) -m "not long" -k postgresql $(CORE_FLAGS) -n 0 tests/project/store tests/reliability/test_races.py

bench: .venv/dev
	$(BIN)/python -m benchmarks

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/dev
	$(BIN)/mypy

docs: .venv/dev
	$(BIN)/pdoc --docformat google --output-directory site medseg '!medseg.cli'

# What a machine without a screen needs for the window tests.
system:
	@sh tools/screenless.sh

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "medseg needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python lacks venv: on Debian or Ubuntu run 'apt-get install python3-venv', then make again"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/gui: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[gui]"
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[gui,postgres,dev]"
	@touch $@ .venv/gui

clean:
	rm -rf .venv site $(DEMO)
