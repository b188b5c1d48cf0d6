// One function per event; each reads and edits the Draft. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

void on_tick(Draft& draft, const Tick& tick);
void on_answer(Draft& draft, const Answer& answer);
void on_delivered(Draft& draft, const Delivered& delivered);
void on_config_loaded(Draft& draft, const ConfigLoaded& loaded);
void on_shutdown_asked(Draft& draft, const ShutdownAsked& asked);

// Deliveries that came before their session's remote id was known.
void match_held(Draft& draft, const SessionId& id);

// What a plan wants now against what its slots have: makes sessions, asks for ends, sets the next look.
void reconcile_plan(Draft& draft, const PlanName& name);

}  // namespace keeper
