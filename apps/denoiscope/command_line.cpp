// The only file that sees the parser of command lines.
#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/experiments/experiments.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/provenance.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

namespace fs = std::filesystem;

// Where an experiment is kept.
struct Keep {
  std::string out;
  bool resume = false, force = false;

  IfExists if_exists() const {
    if (resume && force) throw UsageError("--resume and --force contradict each other; give one.");
    return resume ? IfExists::resume : force ? IfExists::overwrite : IfExists::refuse;
  }

  fs::path folder(const Experiment& experiment, const Request& request) const {
    const IfExists how = if_exists();
    if (!out.empty()) return out;
    if (experiment.folder == nullptr) {
      if (how != IfExists::refuse)
        throw UsageError("{}: of which run? Give its --out DIR.", resume ? "--resume" : "--force");
      return {};
    }
    const fs::path usual = experiment.folder(request);
    return how == IfExists::refuse ? fresh_folder(usual) : usual;
  }
};

bool declares(std::span<const Parameter> table, std::string_view name) {
  return std::any_of(table.begin(), table.end(), [&](const Parameter& p) { return p.name == name; });
}

// What was typed for one verb.
struct Typed {
  std::span<const Parameter> table;
  std::map<std::string, std::string, std::less<>> value;
  std::map<std::string, std::vector<std::string>, std::less<>> words;  // of Place::rest
  std::map<std::string, CLI::Option*, std::less<>> option;
  std::string config;
  std::vector<std::string> set;
  bool dry_run = false;
  Keep keep;
};

std::string help_of(const Parameter& p) {
  return std::string(p.description) + (p.required && p.place == Place::flag ? " (required)" : "");
}

void add_parameter(CLI::App& verb, const Parameter& p, Typed& typed) {
  const std::string name(p.name);
  std::string& value = typed.value[name];
  if (p.kind == Kind::flag) {
    typed.option[name] = verb.add_flag(flag_of(name), value, help_of(p));
  } else if (p.place == Place::rest) {
    typed.option[name] = verb.add_option(std::string(p.metavar), typed.words[name], help_of(p))->type_name("");
  } else if (p.place == Place::positional) {
    typed.option[name] = verb.add_option(std::string(p.metavar), value, help_of(p))
                             ->type_name(p.words.empty() ? "" : std::string(p.words));
  } else {
    typed.option[name] = verb.add_option(flag_of(name), value, help_of(p))->type_name(std::string(p.metavar));
    const std::string usual = Arguments(std::span(&p, 1)).text(p.name);
    if (!usual.empty()) typed.option[name]->default_str(usual);
  }
}

void add_common(CLI::App& verb, Call& call) {
  verb.add_flag("--json", call.json, "one JSON object on stdout, nothing else");
  verb.add_flag("--quiet", call.quiet, "no progress");
  verb.add_option("--threads", call.threads, "threads (default: one a core); never changes a result")
      ->check(CLI::Range(0, 1024))
      ->type_name("K");
  verb.add_option("--progress", call.progress, "progress on stderr")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("auto|always|never");
}

void add_settings(CLI::App& verb, Typed& typed) {
  if (typed.table.empty()) return;
  verb.add_option("--config", typed.config, "settings from a TOML file; flags win over it")->type_name("FILE");
  verb.add_option("--set", typed.set, "one setting, as in the TOML file; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  verb.add_flag("--dry-run", typed.dry_run, "print the resolved settings and stop");
}

void add_keep(CLI::App& verb, const Experiment& experiment, Keep& keep) {
  if (!declares(experiment.parameters, "out"))
    verb.add_option("--out", keep.out,
                    experiment.folder != nullptr
                        ? "run directory (default: denoiscope-NAME here)"
                        : "run directory: keeps finished units, result.json, and a page with the figures")
        ->type_name("DIR");
  verb.add_flag("--resume", keep.resume, "go on with an interrupted run in the run directory");
  if (!declares(experiment.parameters, "force"))
    verb.add_flag("--force", keep.force, "overwrite what is in the run directory");
}

// Of an experiment that has an `out` of its own: a name with an extension is a file that it writes; without one, or
// where a folder has that name, it is a run directory like any other, which is no part of the request.
Keep settle_keep(const Typed& typed, Request& request) {
  Keep keep = typed.keep;
  if (!declares(typed.table, "out") || !request.has("out")) return keep;
  const fs::path out = request.text("out");
  if (out.has_extension() && !fs::is_directory(out)) return keep;
  keep.out = out;
  request.clear("out");
  if (declares(typed.table, "force")) {
    keep.force = request.flag("force");
    request.clear("force");
  }
  return keep;
}

bool about_data_or_model(const Typed& typed) { return declares(typed.table, "data") && declares(typed.table, "model"); }

// With --model NAME there is no data set: all words are parameters of the model. Without it there are none.
void settle_model(const Typed& typed, Request& request) {
  if (!about_data_or_model(typed)) return;
  std::vector<std::string> words = typed.words.at("parameters");
  if (!request.has("model")) {
    if (words.empty()) return;
    throw UsageError("'{}': one data set at a time{}", words.front(),
                     words.front().find('=') == std::string::npos
                         ? "; give its labels with --labels and held-out data with --test."
                         : ", and it has no parameters; those of a model need --model NAME.");
  }
  if (request.source("data") == "DATA") {
    words.insert(words.begin(), request.text("data"));
    request.clear("data");
  }
  for (const std::string& word : words) {
    if (word.find('=') == std::string::npos)
      throw UsageError(
          "'{}': with --model {} there is no data set; write parameters of the model as key=value, or leave out "
          "--model.",
          word, request.text("model"));
  }
}

// Defaults, then --config, then --set, then what was typed.
Request resolve(const Typed& typed, std::string_view verb) {
  Request request(typed.table);
  if (!typed.config.empty()) request.read_toml(typed.config);
  for (const std::string& item : typed.set) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) throw UsageError("--set: '{}' is not KEY=VALUE.", item);
    request.set(item.substr(0, equals), item.substr(equals + 1), "--set");
  }
  for (const Parameter& p : typed.table)
    if (p.place != Place::rest && typed.option.find(p.name)->second->count() > 0)
      request.set(p.name, typed.value.find(p.name)->second,
                  p.place == Place::positional ? std::string(p.metavar) : flag_of(p.name));
  const bool first_is_parameter =
      about_data_or_model(typed) && request.has("model") && request.source("data") == "DATA";
  const std::string first = first_is_parameter ? request.text("data") : std::string();
  settle_model(typed, request);
  for (const Parameter& p : typed.table) {
    if (p.place != Place::rest) continue;
    std::string all = request.text(p.name);
    const auto add = [&](const std::string& word) {
      if (word.find(' ') != std::string::npos)
        throw UsageError("'{}': a parameter holds no blank; write key=value.", word);
      all += (all.empty() ? "" : " ") + word;
    };
    if (!first.empty()) add(first);
    for (const std::string& word : typed.words.find(p.name)->second) add(word);
    if (!all.empty()) request.set(p.name, all, std::string(p.metavar));
  }
  for (const Parameter& p : typed.table)
    if (p.required && !request.has(p.name))
      throw UsageError("{} is required: {}. See denoiscope {} --help.",
                       p.place == Place::flag ? flag_of(p.name) : std::string(p.metavar), p.description, verb);
  return request;
}

std::string plan_of(const Experiment& experiment, const Request& request, const fs::path& folder) {
  std::string about, text;
  const std::string own = declares(experiment.parameters, "out") ? request.text("out") : std::string();
  if (experiment.needs == Needs::nothing) {
    text = request.toml();
  } else {
    const Subject subject(request, experiment.needs);
    text = request.toml(subject.of_model() ? About::model : About::data);
    about = subject.of_model()
                ? fmt::format(" {}, {} dimensions", subject.name(), subject.posterior()->dimension())
                : fmt::format(" {} rows of dimension {}", subject.data().rows(), subject.data().dimension());
  }
  return fmt::format(
      "{}# would run {} on{}, and {}\n", text, experiment.name, about.empty() ? " what these say" : about,
      folder.empty() ? own.empty() ? "keep nothing (no --out)" : "write " + own : "write to " + folder.string());
}

// The record alone, as --json prints it.
Record printed(Record result, const Run& run) {
  if (result["schema"] == Record("denoiscope.experiment/1")) result.erase("schema");
  result.erase("page");
  if (!result.contains("seconds")) result["seconds"] = run.seconds();
  result["peak_rss_mib"] = peak_rss_mib();
  result["run"] = run.kept() ? Record(run.folder().string()) : Record();
  return result;
}

void run_experiment(const Experiment& experiment, Request& request, const Typed& typed, const Call& call) {
  set_threads(call.threads);
  const Keep keep = settle_keep(typed, request);
  const fs::path folder = keep.folder(experiment, request);
  if (typed.dry_run) {
    print(plan_of(experiment, request, folder));
    return;
  }
  TerminalProgress progress(call.progress, call.quiet);
  Run run(request, {folder, keep.if_exists(), call.command_line}, progress);
  const Record result = run.finish(experiment.run(request, run));
  if (run.kept()) report::write(folder);
  if (call.json) {
    print(json_text(printed(result, run)) + "\n");
  } else {
    std::string text = report::table(result, colours());
    text += fmt::format("\n{:.3g} s, {:.0f} MiB.", run.seconds(), peak_rss_mib());
    if (run.kept()) text += fmt::format(" Report: {}", (folder / "report.html").string());
    print(text + "\n");
  }
  run.raise();
}

void run_verb(const Verb& verb, const Request& request, const Typed& typed, const Call& call) {
  set_threads(call.threads);
  if (typed.dry_run)
    print(request.toml());
  else
    verb.run(request, call);
}

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {info_verb(),       convert_verb(), synth_verb(),     theory_verb(),
                                          list_verb(),       report_verb(),  reproduce_verb(), selftest_verb(),
                                          completion_verb(), man_verb()};
  return table;
}

// The parser, and what it fills.
struct Program {
  CLI::App parser{"denoiscope: an instrument for looking into denoising", "denoiscope"};
  Call call;
  bool (*runs)(std::string_view verb) = nullptr;  // null: all
  std::vector<std::unique_ptr<Typed>> typed;

  Program() {
    parser.require_subcommand(1);
    parser.set_version_flag("--version", std::string("denoiscope ") + version());
    for (const Experiment& experiment : experiments::all()) {
      CLI::App& verb = add(experiment.name, experiment.description, experiment.parameters);
      add_keep(verb, experiment, typed.back()->keep);
      add_settings(verb, *typed.back());
      add_common(verb, call);
      verb.callback([this, &experiment, mine = typed.back().get()] {
        Request request = resolve(*mine, experiment.name);
        if (!runs || runs(experiment.name)) run_experiment(experiment, request, *mine, call);
      });
    }
    for (const Verb& one : verbs()) {
      CLI::App& verb = add(one.name, one.description, one.parameters);
      if (!one.bare) {
        add_settings(verb, *typed.back());
        add_common(verb, call);
      }
      verb.callback([this, &one, mine = typed.back().get()] {
        const Request request = resolve(*mine, one.name);
        if (!runs || runs(one.name)) run_verb(one, request, *mine, call);
      });
    }
  }

  CLI::App& add(std::string_view name, std::string_view description, std::span<const Parameter> table) {
    CLI::App* verb = parser.add_subcommand(std::string(name), std::string(description));
    typed.push_back(std::make_unique<Typed>());
    typed.back()->table = table;
    for (const Parameter& p : table) add_parameter(*verb, p, *typed.back());
    return *verb;
  }
};

Slot describe(const CLI::Option& option) {
  Slot slot;
  const std::string type = option.get_type_name();
  slot.value = type.substr(0, type.find(':'));  // the parser appends what it checks
  slot.help = option.get_description();
  slot.fallback = option.get_default_str();
  slot.required = option.get_required();
  slot.repeated = option.get_expected_max() > 1;
  if (option.get_positional()) {
    slot.names = {option.get_name(true)};
    offer_arguments(slot);
    return slot;
  }
  for (const std::string& name : option.get_snames()) slot.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) slot.names.push_back("--" + name);
  if (option.get_type_size_max() == 0) slot.value.clear();  // a switch
  offer_values(slot);
  return slot;
}

VerbDescription describe(const CLI::App& verb) {
  VerbDescription out{verb.get_name(), verb.get_description(), {}, {}};
  for (const CLI::Option* option : verb.get_options())
    (option->get_positional() ? out.positionals : out.flags).push_back(describe(*option));
  return out;
}

ProgramDescription description() {
  const Program program;
  ProgramDescription out{describe(program.parser), {}};
  for (const CLI::App* verb : program.parser.get_subcommands({})) {
    out.verbs.push_back(describe(*verb));
    // What is required may stand in a file too, so it is not the parser that asks for it.
    for (Slot& slot : out.verbs.back().positionals)
      for (const Parameter& p : program.typed[out.verbs.size() - 1]->table)
        if (p.metavar == slot.names.front()) slot.required = p.required;
  }
  return out;
}

// One line for what the parser refuses, with a suggestion where a name is nearly right.
std::string explain(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv) {
  const CLI::App* verb = &program;
  std::vector<std::string> names;
  for (const CLI::App* sub : program.get_subcommands({})) {
    names.push_back(sub->get_name());
    if (argc > 1 && sub->get_name() == argv[1]) verb = sub;
  }
  if (verb == &program && argc > 1 && argv[1][0] != '-')
    return std::string("unknown verb '") + argv[1] + "'." + did_you_mean(argv[1], names) + " See denoiscope --help.";
  std::vector<std::string> flags;
  for (const CLI::Option* option : verb->get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  for (int i = 1; i < argc; ++i) {
    const std::string typed = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (typed.rfind("--", 0) == 0 && std::find(flags.begin(), flags.end(), typed) == flags.end())
      return "unknown option '" + typed + "'." + did_you_mean(typed, flags) + " See denoiscope " + verb->get_name() +
             " --help.";
  }
  return std::string(error.what()) + ". See denoiscope " + (verb == &program ? "" : verb->get_name() + " ") + "--help.";
}

}  // namespace

int run_command_line(int argc, char** argv, bool (*runs)(std::string_view verb)) {
  Program program;
  program.runs = runs;
  for (int i = 0; i < argc; ++i) program.call.command_line += (i > 0 ? " " : "") + std::string(argv[i]);
  program.call.program = description;
  try {
    program.parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw UsageError("{}", explain(program.parser, error, argc, argv));
    std::ostringstream text;  // --help, --version
    program.parser.exit(error, text, text);
    print(text.str());
  }
  return 0;
}

}  // namespace denoiscope::app
