# The commands of the project; the work is done by meson and by the scripts of tools/.
PREFIX = /usr/local
DESTDIR =
FUZZ_SECONDS = 30
N = 1000
ROUNDS = 1
SANITIZE = -Db_sanitize=address,undefined
RELEASE = --buildtype=release -Dwerror=false -Db_lto=true

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo check build asan coverage fuzz tidy format format-check bench peers sim corpus crash soak install clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: ## install what is missing, build, and run a deployment with its automatic way back
	@tools/setup.sh demo
	@CC=gcc tools/build.sh build-release $(RELEASE)
	@PATH="$(CURDIR)/build-release/src/cli:$$PATH" tools/demo.sh

check: ## install what the tests need, build, run everything; the last line counts
	@tools/check.sh

build: ## build the program for development (gcc, in build/)
	@tools/setup.sh demo
	@CC=gcc tools/build.sh build

asan: ## unit and fuzz corpus tests under address and undefined behaviour sanitizer
	@tools/check.sh asan

coverage: ## run the tests and hold the line coverage of each file against its limit
	@tools/check.sh coverage

fuzz: ## run each fuzz target for FUZZ_SECONDS; FUZZ="name ..." chooses; what breaks one is put into tests/corpus
	@tools/setup.sh check
	@CC=clang tools/build.sh --tests build-fuzz -Dfuzz=true $(SANITIZE) -Db_lundef=false
	@tools/fuzz.sh build-fuzz $(FUZZ_SECONDS) $(FUZZ)

tidy: ## static analysis of every C file, each path to its end
	@tools/check.sh analyze

format: ## format every C file
	@tools/setup.sh check
	@tools/lint/format.sh

format-check: ## find what is not formatted
	@tools/check.sh format

bench: ## the benchmarks: ratios to a named baseline, against their budgets
	@tools/setup.sh check
	@CC=gcc tools/build.sh --target=meson-benchmark-prereq build-release $(RELEASE)
	@tools/suite.sh build-release --benchmark --verbose

peers: ## install other tools for migrations outside of the repository, and measure them beside prusik db; N=1000 ROUNDS=1
	@tools/setup.sh check
	@CC=gcc tools/build.sh --target=meson-benchmark-prereq build-release $(RELEASE)
	@tools/peers.sh build-release $(N) $(ROUNDS)

sim: ## simulated deployments: false and missed rollbacks, against what Argo Rollouts and Flagger document
	@tools/setup.sh check
	@CC=gcc tools/build.sh --target=tests/sim_rules build-release $(RELEASE)
	@build-release/tests/sim_rules

corpus: ## precision and recall of the reader on documents whose meaning people wrote down
	@tools/setup.sh check
	@CC=gcc tools/build.sh --tests build
	@tests/truth/measure.py build --missed

crash: ## kill -9 at every journal point
	@tools/setup.sh check
	@CC=gcc tools/build.sh --tests build
	@tools/suite.sh build --setup=check --suite=crash

soak: ## hours of runs, failures and resumes
	@tools/setup.sh check
	@CC=gcc tools/build.sh --tests build
	@tools/suite.sh build --setup=check --suite=soak

install: ## build for release and install; PREFIX=/usr/local DESTDIR=
	@tools/setup.sh demo
	@CC=gcc tools/build.sh build-install $(RELEASE) --prefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C build-install --no-rebuild

clean: ## remove what was built; .deps stays
	@rm -rf build build-asan build-cov build-fuzz build-install build-release
