#pragma once

/*
 * version: what `prusik --version` says, from the build.
 */
#ifndef PRUSIK_VERSION
#error "PRUSIK_VERSION is set by src/exec/meson.build"
#endif
