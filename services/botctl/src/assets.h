#pragma once

/* assets: files built into the program (ui/). */
extern const char asset_index_html[];
