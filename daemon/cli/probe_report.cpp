#include "cli/probe_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.h"
#include "cli/table.h"

namespace keeper {
namespace {

using probe::Verdict;
using OrderedJson = nlohmann::ordered_json;

OrderedJson claims_json(const probe::Findings& findings) {
  OrderedJson claims = OrderedJson::array();
  for (const probe::Finding& finding : findings.all()) {
    OrderedJson claim{{"claim", std::string(to_string(finding.claim))},
                      {"says", std::string(sentence_of(finding.claim))},
                      {"verdict", std::string(to_string(finding.verdict))},
                      {"figure", printable(finding.figure, 500)},
                      {"follows", nullptr}};
    if (finding.verdict == Verdict::fails) claim["follows"] = std::string(consequence_of(finding.claim));
    claims.push_back(std::move(claim));
  }
  return claims;
}

void show_json(const ProbeReport& report, const Terminal& terminal) {
  const OrderedJson all{
      {"provider", report.terms.provider.str()},
      {"type", report.settings.type.str()},
      {"plan", report.terms.plan.name.str()},
      {"instance", report.terms.instance.str()},
      {"took_seconds", static_cast<double>(report.took.count()) / 1000},
      {"sessions_started", report.outcome.started},
      {"worst_cost", report.limits.cost},
      {"currency", report.terms.traits.price->currency},
      {"claims", claims_json(report.outcome.findings)},
      {"words", report.outcome.words},
      {"broken_off",
       report.outcome.broken_off.empty() ? OrderedJson() : OrderedJson(report.outcome.broken_off)},
      {"left_running", report.outcome.left}};
  terminal.out << all.dump(2, ' ', false, OrderedJson::error_handler_t::replace) << "\n";
}

void show_failures(const probe::Findings& findings, const Terminal& terminal) {
  for (const probe::Finding& finding : findings.all()) {
    if (finding.verdict != Verdict::fails) continue;
    terminal.out << "\n"
                 << to_string(finding.claim) << " does not hold: " << sentence_of(finding.claim)
                 << "\n  measured: " << printable(finding.figure, 500)
                 << "\n  follows: " << consequence_of(finding.claim) << "\n";
  }
}

}  // namespace

void show_probe(const ProbeReport& report, bool json, const Terminal& terminal) {
  if (!report.note.empty()) terminal.err << "session-keeper: " << report.note << "\n";
  for (const std::string& left : report.outcome.left)
    terminal.err << "session-keeper: LEFT: " << printable(left, 500) << "\n";
  if (json) return show_json(report, terminal);
  terminal.out << "probe of provider " << report.terms.provider.str() << " (" << report.settings.type.str()
               << ") by plan " << report.terms.plan.name.str() << ": " << report.outcome.started
               << (report.outcome.started == 1 ? " session" : " sessions") << " in "
               << to_text(std::chrono::round<Seconds>(report.took)) << "\n";
  if (!report.outcome.broken_off.empty())
    terminal.out << "it ended early: " << printable(report.outcome.broken_off, 500) << "\n";
  terminal.out << "\n";
  Table table({"CLAIM", "VERDICT", "MEASURED"});
  for (const probe::Finding& finding : report.outcome.findings.all())
    table.row({std::string(to_string(finding.claim)), std::string(to_string(finding.verdict)),
               printable(finding.figure, 500)});
  table.print(terminal.out, terminal.columns, terminal.colour);
  show_failures(report.outcome.findings, terminal);
  std::string words;
  for (const std::string& word : report.outcome.words)
    words += (words.empty() ? "" : ", ") + printable(word, 60);
  terminal.out << "\nstates in its own words: " << (words.empty() ? "none" : words) << "\n";
  terminal.out << (report.outcome.left.empty() ? "nothing is left running\n"
                                               : "something may still run: see above\n");
  if (!report.trace.empty())
    terminal.out << "the trace is " << printable(report.trace) << ": look through it before you pass it on\n";
}

}  // namespace keeper
