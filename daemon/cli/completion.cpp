#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

namespace keeper {
namespace {

using std::string;

// What stands for a command's first operand.
enum class Operand { none, plan, file };

struct Command {
  string name;
  string what;
  std::vector<std::pair<string, string>> options;  // "--limit" and what it does
  Operand operand = Operand::none;
};

std::vector<std::pair<string, string>> options_of(const CLI::App& app) {
  std::vector<std::pair<string, string>> all;
  for (const CLI::Option* option : app.get_options()) {
    for (const string& name : option->get_lnames()) all.emplace_back("--" + name, option->get_description());
  }
  return all;
}

Operand operand_of(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional()) {
      const string name = option->get_name(true);
      if (name == "plan" || name == "target") return Operand::plan;
      if (name == "file") return Operand::file;
    }
  }
  return Operand::none;
}

std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> all;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    all.push_back(
        {command->get_name(), command->get_description(), options_of(*command), operand_of(*command)});
    all.back().options.emplace_back("--url", "the running daemon");
  }
  return all;
}

string names_of(const std::vector<Command>& commands, Operand operand) {
  string names;
  for (const Command& command : commands) {
    if (command.operand == operand) names += (names.empty() ? "" : "|") + command.name;
  }
  return names;
}

string in_quotes(const string& text) {
  string safe = "'";
  for (const char c : text) safe += c == '\'' ? string("'\\''") : string(1, c);
  return safe + "'";
}

// Asks the daemon; nothing where none answers.
constexpr const char* plan_names =
    "session-keeper plans -o json 2>/dev/null | grep -o '\"name\":\"[^\"]*\"' | cut -d'\"' -f4";

string bash_script(const std::vector<Command>& commands,
                   const std::vector<std::pair<string, string>>& common) {
  string words;
  for (const Command& command : commands) words += command.name + " ";
  for (const auto& [name, what] : common) words += name + " ";
  string text =
      "_session_keeper() {\n  local current=${COMP_WORDS[COMP_CWORD]} command='' previous='' word words=''\n "
      " COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $previous:$word in --url:* | *:-*) ;; "
      "*) command=$word; break ;; esac\n    previous=$word\n  done\n  case ${COMP_WORDS[COMP_CWORD-1]} in\n"
      "    --config | --token-file | --password-file) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); "
      "return ;;\n  esac\n"
      "  case $command in\n    '') words='" +
      words + "' ;;\n";
  for (const Command& command : commands) {
    text += "    " + command.name + ") words='";
    for (const auto& [name, what] : command.options) text += name + " ";
    text += "' ;;\n";
  }
  text += "  esac\n  if [[ $current != -* ]]; then\n    case $command in\n      " +
          names_of(commands, Operand::plan) + ") words+=\" $(" + plan_names + ")\" ;;\n      " +
          names_of(commands, Operand::file) +
          ") mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n    esac\n  fi\n"
          "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n"
          "complete -F _session_keeper session-keeper\n";
  return text;
}

string zsh_script(const std::vector<Command>& commands) {
  string text = "#compdef session-keeper\n_session_keeper() {\n  local -a commands options\n  commands=(\n";
  for (const Command& command : commands)
    text += "    " + in_quotes(command.name + ":" + command.what) + "\n";
  text +=
      "  )\n  local command=${words[2]}\n  if (( CURRENT == 2 )); then _describe command commands; return; "
      "fi\n"
      "  case $command in\n";
  for (const Command& command : commands) {
    text += "    " + command.name + ") options=(";
    for (const auto& [name, what] : command.options) text += in_quotes(name + ":" + what) + " ";
    text += ") ;;\n";
  }
  text +=
      "  esac\n  if [[ $PREFIX == -* ]]; then _describe -o option options; return; fi\n  case $command in\n  "
      "  " +
      names_of(commands, Operand::plan) + ") compadd -- ${(f)\"$(" + plan_names +
      ")\"} ;;\n    *) _files ;;\n  esac\n}\n"
      "_session_keeper \"$@\"\n";
  return text;
}

string fish_script(const std::vector<Command>& commands) {
  string text = "complete -c session-keeper -f\n";
  for (const Command& command : commands) {
    text += "complete -c session-keeper -n __fish_use_subcommand -a " + command.name + " -d " +
            in_quotes(command.what) + "\n";
    const string seen = "complete -c session-keeper -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const auto& [name, what] : command.options)
      text += seen + " -l " + name.substr(2) + " -d " + in_quotes(what) + "\n";
    if (command.operand == Operand::plan)
      text += seen + " -a " + in_quotes("(" + string(plan_names) + ")") + "\n";
    if (command.operand == Operand::file) text += seen + " -F\n";
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  const std::vector<Command> commands = commands_of(app);
  if (shell == "bash") return bash_script(commands, options_of(app));
  if (shell == "zsh") return zsh_script(commands);
  return shell == "fish" ? fish_script(commands) : string{};
}

}  // namespace keeper
