// One function per event; each reads and edits the Draft. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

void on_tick(Draft& draft, const Tick& tick);
void on_answer(Draft& draft, const Answer& answer);
void on_delivered(Draft& draft, Delivered delivered);
void on_config_loaded(Draft& draft, const ConfigLoaded& loaded);
void on_shutdown_asked(Draft& draft, const ShutdownAsked& asked);
void on_operator_asked(Draft& draft, const OperatorAsked& asked);

// What an answer says of its provider: healthy, failing, its circuit open, its allowance used up.
void note_provider(Draft& draft, const Answer& answer);

// Nothing can be found out from this provider now: no route, or call after call fails.
bool is_out_of_reach(const ProviderTrack& track);

// Why no start may leave now, and until when, as far as that is known.
struct StartBlock {
  std::string why;
  std::optional<Wall> until;
};
// Of a provider: its circuit is open, its allowance is used up, it refuses the credentials, or there is no
// route to it.
std::optional<StartBlock> provider_block(const ProviderName& name, const ProviderTrack& track, Now now);

// When a start of this session may leave; empty: now, and it is then the probe of a circuit that was open.
std::optional<Mono> start_held_until(Draft& draft, const SessionRow& row);

// Of the deliveries that wait, those that came before their session's remote id was known.
void match_held(Draft& draft, const SessionId& id, const std::vector<DeliveryRow>& held);
Held held_from(const HeldRow& row, Mono now);
void held_due(Draft& draft);  // those whose time has passed

// Which credentials and places are listed, after a load of the configuration; then those that are due, and what
// their answers show.
void plan_sweeps(Draft& draft);
void sweep_due(Draft& draft);
void on_listed(Draft& draft, const Answer& answer);

// What a plan wants now against what its slots have: makes sessions, asks for ends, sets the next look.
void reconcile_plan(Draft& draft, const PlanName& name);

}  // namespace keeper
