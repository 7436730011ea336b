# Everything here is a plain command too; `make` only sees to it that .venv exists first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Torch with more threads than idle cores is slower, up to forty times on a busy machine.
export OMP_NUM_THREADS ?= 1

# How the tests are shared between two processes, and how executed notebooks are compared.
PYTEST := pytest --numprocesses 2 --dist loadscope -m "not seeds and not plainest"
NBVAL  := --nbval --nbval-sanitize-with tests/nbval.cfg --nbval-kernel-startup-timeout 600

.PHONY: help lab grade build test test-fast test-chapter test-seeds test-plainest lint bench bench-quick bundle clean clean-grades
help:
	@echo "make grade  grade submitted/ (a demo class when it is empty)"
	@echo "make test   run every test"
	@echo "make test-fast  the tests that grade no class and open no browser, a minute"
	@echo "make test-chapter C=02  everything about one chapter, a minute"
	@echo "make test-seeds  every known answer with twenty seeds, half an hour"
	@echo "make lab    open the chapters in JupyterLab, in your own copy"
	@echo "make build  build source/, release/ and executed notebooks from notebooks/*.py"
	@echo "make bench  measure against stock nbgrader, write BENCHMARKS.md; half an hour"
	@echo "make bench-quick  some of it, printed; under five minutes"
	@echo "make bundle make the zip for students in dist/"
	@echo "make clean  remove .venv, dist, build and caches; nothing that anybody wrote or handed in"
	@echo "make clean-grades  say what hand-ins and grades it would remove; CONFIRM=yes removes them"

# environment.yml holds the one list of versions; pip takes it as constraints.
$(VENV)/installed: pyproject.toml environment.yml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	sed -n 's/^ *- \([A-Za-z0-9_-]*==.*\)$$/\1/p' environment.yml > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(VENV)/constraints.txt --editable '.[test]'
	touch $@

grade: $(VENV)/installed
	autograder demo --if-empty
	autograder grade --feedback --report

lab: $(VENV)/installed
	autograder lab

build: $(VENV)/installed
	autograder build

lint: $(VENV)/installed
	ruff check .
	ruff format --check .
	mypy
	lint-imports

test: lint
	$(PYTEST) $(NBVAL) tests notebooks

# What needs no class to be graded, no solution of the course to be executed, and no browser.
FAST := tests/test_evidence.py tests/test_cli.py tests/checks tests/judge tests/live tests/intake \
	tests/grading/test_rebuild.py tests/grading/test_scoring.py tests/pages/test_sanitize.py \
	tests/sandbox/test_wire.py tests/course/test_author_mistakes.py tests/course/test_generated.py \
	tests/course/test_make_references.py tests/course/test_release.py tests/course/test_unchanged.py

test-fast: $(VENV)/installed
	$(PYTEST) -m "not executes and not seeds and not plainest" $(FAST)

# One chapter: drift, leaks, its text, every known answer with one seed, its pins, its notebook.
CHAPTER = $(basename $(notdir $(wildcard notebooks/$(C)_*.ipynb)))
test-chapter: $(VENV)/installed
	@test -n "$(C)" -a "$(words $(CHAPTER))" = 1 || \
		{ echo "Which chapter? For example: make test-chapter C=02"; exit 2; }
	$(PYTEST) $(NBVAL) -k "$(CHAPTER)" \
		tests/course/test_author_mistakes.py tests/course/test_generated.py \
		tests/course/test_release.py tests/course/test_answers.py \
		tests/course/test_seeds.py tests/course/test_guesses.py \
		tests/lessons/test_$(CHAPTER).py notebooks/$(CHAPTER).ipynb

# Every known answer with twenty seeds and other rounding, and what is killed twenty times.
test-seeds: $(VENV)/installed
	pytest --numprocesses 2 --dist loadscope -m "seeds or plainest" tests/course \
		tests/grading/test_pipeline.py tests/grading/test_two_graders.py

# Known answers with another seed and all notebooks, with the plainest instructions there are.
test-plainest: $(VENV)/installed
	eval "$$(python -m tests.rounding --export plainest)"; \
	$(PYTEST) $(NBVAL) -m "not seeds" -k "not seed-0" tests/course/test_seeds.py notebooks

bench: $(VENV)/installed
	python -m tests.bench

bench-quick: $(VENV)/installed
	python -m tests.bench --quick

bundle: $(VENV)/installed
	autograder bundle

clean:
	rm -rf $(VENV) dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache
	find . -name .git -prune -o -type d -name __pycache__ -exec rm -rf {} +

# Hand-ins, evidence and grades cannot be made again: they go only when somebody says so.
GRADES = $(wildcard submitted autograded feedback evidence gradebook.db* logs)
clean-grades:
ifeq ($(strip $(GRADES)),)
	@echo "There are no hand-ins and no grades here."
else ifeq ($(CONFIRM),yes)
	rm -rf $(GRADES)
else
	@du -sh $(GRADES)
	@echo "Nothing was removed. \`make clean-grades CONFIRM=yes\` removes the above for good."
	@exit 1
endif
