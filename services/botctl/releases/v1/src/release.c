#include "release.h"

const struct release release = {.version = "v1"};
