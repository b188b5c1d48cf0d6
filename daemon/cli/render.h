// The API's answers as tables and lines for people. Pure, apart from the stream; whatever a member lacks is
// "-". One thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/command_line.h"

namespace keeper {

void show_status(const nlohmann::json& status, const Terminal& terminal);
void show_plans(const nlohmann::json& plans, const Terminal& terminal);
void show_sessions(const nlohmann::json& sessions, const Terminal& terminal);
void show_session(const nlohmann::json& session, const nlohmann::json& transitions, const Terminal& terminal);
// Newest first in, oldest first out, as a log is read.
void show_transitions(const nlohmann::json& transitions, const Terminal& terminal);
void show_cost(const nlohmann::json& cost, const Terminal& terminal);
void show_notifications(const nlohmann::json& messages, const Terminal& terminal);
void show_missed(const nlohmann::json& missed, const Terminal& terminal);
void show_deliveries(const nlohmann::json& deliveries, const Terminal& terminal);
void show_providers(const nlohmann::json& status, const Terminal& terminal);
void show_orphans(const nlohmann::json& orphans, const Terminal& terminal);
void show_explanation(const nlohmann::json& explanation, const Terminal& terminal);

// One transition as it happens: fixed columns, 80 wide at the most for short names.
std::string transition_line(const nlohmann::json& transition, bool colour);

// All is as wanted: ready, and no plan degraded or blocked.
bool as_wanted(const nlohmann::json& status);

}  // namespace keeper
