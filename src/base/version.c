#include "base/version.h"

const char prusik_version[] = PRUSIK_VERSION; /* -D of src/base/meson.build */
