// synth: data drawn from a model whose law is known.
#include "denoiscope/study/synth.hpp"

#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/study/provenance.hpp"
#include "output_files.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> settings;
  long long rows = 1000, seed = 0;
  OutputFiles files;
};

void run(const Options& options, const Call& call) {
  check_output(options.files);
  set_threads(call.threads);
  const Model model = make_model(options.model, options.settings);
  Dataset data = synthesize(model, options.rows, static_cast<std::uint64_t>(options.seed));
  if (!options.files.labels_out.empty() && !data.labelled())  // a model of one class
    data.set_labels(std::vector<long long>(static_cast<std::size_t>(data.rows())), data.name());
  Record record =
      write_output(options.files, data,
                   {{"source", data.name()}, {"seed", fmt::format("{}", options.seed)}, {"denoiscope", version()}});
  record["seed"] = options.seed;
  print(call.json ? json_text(record) + "\n" : data.name() + "\n" + describe_output(record));
}

}  // namespace

void add_synth(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand("synth", "data drawn from an exactly solvable model: its law is known");
  auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model, "which model (see `denoiscope list denoisers`)")->required()->type_name("");
  verb->add_option("key=value", options->settings, "its parameters")->type_name("");
  verb->add_option("--rows", options->rows, "how many data")->default_str("1000")->type_name("N");
  verb->add_option("--seed", options->seed, "seed; row i depends on model, seed and i alone")
      ->default_str("0")
      ->type_name("S");
  verb->add_option("--out", options->files.out, "file to write: .npy, .npz, .safetensors or .csv")
      ->required()
      ->type_name("FILE");
  add_output_files(*verb, options->files);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
