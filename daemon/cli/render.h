// Prints the answers of the API as tables and lines for people. A member that an answer lacks is shown as
// "-". The functions keep no state and write to nothing but the terminal that they are given. One thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/command_line.h"

namespace keeper {

void show_status(const nlohmann::json& status, const Terminal& terminal);
void show_plans(const nlohmann::json& plans, const Terminal& terminal);
void show_sessions(const nlohmann::json& sessions, const Terminal& terminal);
void show_session(const nlohmann::json& session, const nlohmann::json& transitions, const Terminal& terminal);
// The API has the newest transition first; they are printed with the oldest first, as in a log.
void show_transitions(const nlohmann::json& transitions, const Terminal& terminal);
void show_cost(const nlohmann::json& cost, const Terminal& terminal);
void show_notifications(const nlohmann::json& messages, const Terminal& terminal);
void show_missed(const nlohmann::json& missed, const Terminal& terminal);
void show_deliveries(const nlohmann::json& deliveries, const Terminal& terminal);
void show_providers(const nlohmann::json& status, const Terminal& terminal);
void show_orphans(const nlohmann::json& orphans, const Terminal& terminal);
void show_explanation(const nlohmann::json& explanation, const Terminal& terminal);

// One transition in one line with fixed columns. Where names are short it is at most 80 characters wide.
std::string transition_line(const nlohmann::json& transition, bool colour);

// Whether the daemon is ready and no plan is degraded or blocked.
bool as_wanted(const nlohmann::json& status);

}  // namespace keeper
