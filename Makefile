# Each command does its own set-up, on a fresh machine with Python 3.11 and nothing else;
# a second run finds the stamps in .venv/.stamps and starts at once.
#
#   make demo       install the base set, outline real scans, say where to look
#   make test       install everything, run the everyday tests; REQUIRE="orthanc dicom3tools"
#                   makes it a failure that these Debian packages are not here
#   make test-long  the tests marked `long` too, with more examples for every law
#   make fuzz       damaged files for every reader, MINUTES=30 by the clock (Linux)
#   make bench      speed, memory and accuracy against the stated bars
#   make lint       ruff, mypy, import-linter, typos
#   make clean      remove .venv and what the tools leave behind

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.stamps/base
FULL := $(VENV)/.stamps/full
PIP := $(BIN)/python -m pip install -qq --constraint constraints.txt

# One thread a process, two processes: the two cores of the machine this is meant for.
TEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(addprefix --require ,$(REQUIRE))

# Elsewhere than on Linux the ordinary torch is the CPU build already.
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
ifeq ($(shell uname -s),Linux)
TORCH_WANTED := torch==$(TORCH)+cpu
else
TORCH_WANTED := torch==$(TORCH)
endif

.DELETE_ON_ERROR:
.PHONY: demo test test-long fuzz bench lint clean

demo: $(BASE)
	$(BIN)/limner demo

# Tests that measure time come first and alone; pytest's code 5 means that there were none.
test: $(FULL)
	$(TEST) -q -m "timed and not long" || [ $$? -eq 5 ]
	$(TEST) -q -n 2 --dist loadfile -m "not timed and not long"

test-long: $(FULL)
	$(TEST) -q -m timed || [ $$? -eq 5 ]
	$(TEST) -q -n 2 --dist loadfile -m "not timed" --hypothesis-profile=thorough

fuzz: $(FULL)
	$(PIP) "atheris"
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),30)

bench: $(FULL)
	$(BIN)/python -m benchmarks

# All five speak, then the worst of them decides.
lint: $(FULL)
	@failed=0; \
	for check in "ruff check ." "ruff format --check ." "mypy" "lint-imports --no-logo" "typos"; do \
	  echo "--- $$check"; \
	  $(BIN)/$$check || failed=1; \
	done; \
	exit $$failed

clean:
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This is `$(PYTHON) --version`; Limner needs Python 3.11 or later."; \
	  echo "Name one with: make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "This Python cannot make a virtual environment. On Debian: apt install python3-venv"; \
	  exit 2; }

$(BASE): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Limner and what it needs into $(VENV)"
	@$(PIP) --editable .
	@mkdir -p $(@D) && touch $@

# The CPU build of torch first, from wherever pip already looks or else from PyTorch's own
# index: asked for by range, pip would bring several gigabytes of CUDA libraries.
$(FULL): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Limner, its extras and the test tools into $(VENV)"
	@$(PIP) --no-deps "$(TORCH_WANTED)" 2>/dev/null \
	  || $(PIP) --no-deps --index-url $(TORCH_INDEX) "$(TORCH_WANTED)"
	@$(PIP) --editable ".[test]"
	@mkdir -p $(@D) && touch $@ $(BASE)
