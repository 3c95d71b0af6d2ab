# How C is compiled here: packages, warnings, sanitizers.  Set NEEDED (pkg-config names) first.
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)

MISSING := $(shell for p in $(NEEDED); do $(PKG_CONFIG) --exists $$p || echo $$p; done)
ifneq ($(MISSING),)
  $(error pkg-config does not find $(MISSING); on Debian: apt-get install pkg-config libmicrohttpd-dev libjansson-dev libsqlite3-dev libcurl4-openssl-dev libpq-dev)
endif

PQ ?= $(shell $(PKG_CONFIG) --exists libpq && echo yes || echo no)
ifeq ($(PQ),yes)
  NEEDED += libpq
  FLAGS_PQ := -DHAVE_LIBPQ
endif
ifeq ($(SANITIZE),thread)
  FLAGS_SAN := -fsanitize=thread -fno-omit-frame-pointer
else ifneq ($(SANITIZE),)
  FLAGS_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
  -Wpointer-arith -Wwrite-strings -Wcast-qual -Wundef -Wvla -Wformat=2 \
  -Wimplicit-fallthrough -Wswitch-enum -Wconversion -Wno-sign-conversion -Wdouble-promotion \
  $(shell $(CC) -Werror -Wformat-signedness -E -xc /dev/null > /dev/null 2>&1 && echo -Wformat-signedness)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -fno-common -fstack-protector-strong -pthread $(WARNINGS) \
  $(FLAGS_PQ) $(FLAGS_SAN) $(INCLUDES) $(shell $(PKG_CONFIG) --cflags $(NEEDED)) $(CFLAGS)
LIBS = $(shell $(PKG_CONFIG) --libs $(NEEDED)) -lm -pthread

# Write $@ anew only when the recipe's text is another one: what depends on it is then made again.
define if-changed
	@mkdir -p $(@D)
	@$(1) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
endef
