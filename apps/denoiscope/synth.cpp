// synth: data drawn from a model whose law is known.
#include <fmt/format.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/study/output.hpp"
#include "denoiscope/study/provenance.hpp"
#include "denoiscope/study/subject.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

void run(const Request& request, const Call& call) {
  check_output(request);
  const Model model = make_model(request.text("model"), words_of(request.text("parameters")));
  Dataset data = synthesize(model, request.whole("rows"), static_cast<std::uint64_t>(request.whole("seed")));
  if (request.has("labels_out") && !data.labelled())  // a model of one class
    data.set_labels(std::vector<long long>(static_cast<std::size_t>(data.rows())), data.name());
  Record record = write_output(
      request, data,
      {{"source", data.name()}, {"seed", fmt::format("{}", request.whole("seed"))}, {"denoiscope", version()}});
  record["seed"] = request.whole("seed");
  if (call.json) return print(json_text(record) + "\n");
  Frame frame;
  frame.title("Data drawn from " + data.name());
  show_output(record, frame);
  print(frame);
}

constexpr Parameter kOwn[] = {
    parameter::positional("model", true, "MODEL", "which model (see `denoiscope list denoisers`)"),
    parameter::rest("parameters", "key=value", "its parameters"),
    parameter::whole("rows", 1000, 1, 1e15, "N", "how many data"),
    parameter::whole("seed", 0, -9.2e18, 9.2e18, "S", "seed; row i depends on model, seed and i alone"),
    parameter::required(parameter::text("out", "", "FILE", "file to write: .npy, .npz, .safetensors or .csv")),
};

}  // namespace

Verb synth_verb() {
  return {"synth", "data drawn from an exactly solvable model: its law is known", joined({kOwn, kOutputParameters}),
          run};
}

}  // namespace denoiscope::app
