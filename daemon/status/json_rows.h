// Writes rows and views as the JSON objects of the API. openapi.json describes each of them. Any thread; no
// state.
#pragma once

#include "base/json_writer.h"
#include "core/model.h"
#include "core/view.h"
#include "status/facts.h"

namespace keeper {

// `seen` is the same session in the view, which alone knows the deadlines, or null. `price` is that of its
// provider, or null. The cost of a session that is still alive is counted up to `now`.
void write(JsonWriter& json, const SessionRow& row, const SessionView* seen, const Price* price, Wall now);
// The same without the braces.
void write_members(JsonWriter& json, const SessionRow& row, const SessionView* seen, const Price* price,
                   Wall now);
void write(JsonWriter& json, const TransitionRow& row);
void write(JsonWriter& json, const DeliveryRow& row);  // without its body
void write(JsonWriter& json, const MissedRow& row);
void write(JsonWriter& json, const CheckFact& check);
void write(JsonWriter& json, const WebhookFacts& webhook);
void write(JsonWriter& json, const ConfigFacts& config);
void write(JsonWriter& json, const StoreFacts& store);
void write(JsonWriter& json, const BudgetView& budget);
void write(JsonWriter& json, const AlertRow& row);
void write(JsonWriter& json, const MessageRow& row);
void write(JsonWriter& json, const TargetView& target);
void write(JsonWriter& json, const MonitorFacts& monitor);
void write(JsonWriter& json, const OrphanView& orphan);
void write(JsonWriter& json, const SweepView& sweep);
// As the member "cluster": this node and the leader; null where the store is a file.
void write_cluster(JsonWriter& json, const DaemonFacts& facts);
void write_pause(JsonWriter& json, const std::optional<Pause>& pause);  // as the member "pause"
void write_plan(JsonWriter& json, const PlanView& plan, bool in_full);
void write_provider(JsonWriter& json, const ProviderView& provider, const ProviderFacts* facts);

}  // namespace keeper
