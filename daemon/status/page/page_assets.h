// The fixed text of the pages. It is written in page.css, control.html and page.js beside this file, and
// CMake makes it part of the program (page_assets.cpp.in). Only status/page/ uses it.
#pragma once

#include <string_view>

namespace keeper {

// The whole content of the document's <style> and <script>. The Content-Security-Policy names both by their
// digests.
extern const std::string_view page_style;
extern const std::string_view page_script;

// The form for the control token. It stands beside `main`, because the script replaces `main` at every
// refresh.
extern const std::string_view page_control;

}  // namespace keeper
