#pragma once

/*
 * bundle_int: the names that writing and checking a bundle share (docs/formats/bundle.md).
 */
#define BUNDLE_FORMAT    1
#define BUNDLE_JOURNAL   "journal.jsonl"
#define BUNDLE_SEAL      "seal.json"
#define BUNDLE_MANIFEST  "MANIFEST"
#define BUNDLE_SIGNATURE "MANIFEST.sig"
