# Two commands a newcomer needs: `make demo` and `make test`. Both make their own .venv on a machine with Python >= 3.11.
# Everything is installed from wheels at the versions of constraints.txt: nothing is compiled.

VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: -c constraints.txt
DAYS ?= 200
CAMPAIGN_DAYS ?= 2000
CAMPAIGN_FAULTS ?= 10000
SEED ?= 1
PORT ?= 8080
HQ_PORT ?= 8090
ARGS ?=

.PHONY: help venv cameras demo test check lint bench campaign break-laws simulate clean

help:
	@echo "make demo         a whole shop made of simulators: open the addresses it prints (PORT=8080 HQ_PORT=8090)"
	@echo "make test         all tests this machine can run; at the end what was skipped, and why (ARGS='-k word')"
	@echo "make cameras      installs what camera programs need (OpenCV, dlib, models), for them and their tests"
	@echo "make check        ruff, mypy, import contracts and the tests"
	@echo "make simulate     simulated days with faults (DAYS=200 SEED=1)"
	@echo "make bench        figures, as a table and in bench-results.json"
	@echo "make campaign     the long runs: $(CAMPAIGN_DAYS) days, $(CAMPAIGN_FAULTS) faults between shops and HQ, every kill and every screen, the laws broken"
	@echo "make break-laws   breaks each law in a copy and demands that the tests notice"

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: apt install python3 python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One stamp for what runs, one for what tests: the demo does not wait for a test tool.
$(VENV)/.runs: constraints.txt pyproject.toml | $(PY)
	$(PIP) -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	$(PIP) -e ".[test,radar]"
	@touch $@

venv: $(VENV)/.tests

# Some 170 MB: only for who runs cameras, or tests them.
$(VENV)/.cameras: $(VENV)/.tests
	$(PIP) -e ".[camera]"
	@touch $@

cameras: $(VENV)/.cameras

demo: $(VENV)/.runs
	@$(PY) -m agent demo --port $(PORT) --hq-port $(HQ_PORT) $(ARGS)

# A process a core, each test file in one of them, in the order of collection (browsers last); ARGS='-n 0' is one process.
# More than four would only fill the memory with browsers.
test: $(VENV)/.tests
	$(PY) -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

# Beside each other: some tests wait for a browser or a disk, and what lint says comes before pytest's summary.
check: $(VENV)/.tests
	@$(MAKE) --no-print-directory -j2 lint test

bench: $(VENV)/.tests
	$(PY) -m tests.bench --json bench-results.json $(ARGS)

campaign: $(VENV)/.tests
	PYTHONHASHSEED=0 $(PY) -m tests.simulation $(CAMPAIGN_DAYS) 1001
	PYTHONHASHSEED=0 $(PY) -m tests.simulation.exchange $(CAMPAIGN_FAULTS) 1001 --storage sqlite
	PYTHONHASHSEED=0 $(PY) -m tests.simulation.exchange $(CAMPAIGN_FAULTS) 1002 --storage postgresql
	TILLKEEPER_CAMPAIGN=1 $(PY) -m pytest tests/simulation/test_power_cut_everywhere.py tests/simulation/test_cash_everywhere.py \
		tests/simulation/test_kiosk_everywhere.py tests/simulation/test_kiosk_faults.py tests/simulation/test_kiosk_days.py \
		tests/simulation/test_encashment_everywhere.py \
		tests/power tests/browser tests/e2e
	$(PY) -m tests.laws.break_laws

break-laws: $(VENV)/.tests
	$(PY) -m tests.laws.break_laws $(ARGS)

simulate: $(VENV)/.tests
	PYTHONHASHSEED=0 $(PY) -m tests.simulation $(DAYS) $(SEED) $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
