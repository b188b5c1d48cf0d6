// What the page says first: its heading, and a list of what is not as it should be. Only status/page/ uses
// it. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "core/view.h"
#include "status/facts.h"
#include "status/page/html.h"

namespace keeper {

struct Headline {
  std::string_view mood;  // see Html::state()
  std::string words;
};

// The gravest thing that is so.
Headline headline_of(const View& view, const DaemonFacts& facts);

// Degraded or blocked.
bool is_troubled(const PlanView& plan);

// Lists everything that is not as it should be, why, and what comes next. Nothing where all is well.
void write_attention(Html& html, const View& view, const DaemonFacts& facts);

}  // namespace keeper
