#pragma once

/*
 * version: the version of the program, as the build was told it.
 */
extern const char prusik_version[]; /* "0.1.0" */
