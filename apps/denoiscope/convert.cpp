#include "denoiscope/base/error.hpp"
#include "denoiscope/study/output.hpp"
#include "denoiscope/study/provenance.hpp"
#include "denoiscope/study/subject.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

void run(const Request& request, const Call& call) {
  check_output(request);
  const Dataset data = load_stored(request).data;
  if (request.has("labels_out") && !data.labelled())
    throw UsageError("--labels-out: {} has no labels. Give them with --labels.", data.name());
  const Record record =
      write_output(request, data, {{"source", data.name()}, {"hash", data.hash()}, {"denoiscope", version()}});
  if (call.json) return print(json_text(record) + "\n");
  Frame frame;
  frame.title(data.name() + ", written anew");
  show_output(record, frame);
  print(frame);
}

constexpr Parameter kOwn[] = {
    parameter::positional("out", true, "OUT", "file to write; its extension says the format"),
};

}  // namespace

Verb convert_verb() {
  // Data are written as they are stored: without `scale`, the last row of theirs.
  return {"convert", "a data set, or part of it, in another format: .npy, .npz, .safetensors, .csv, or a .png grid",
          joined({std::span(kDataParameters).first(std::size(kDataParameters) - 1), kSeedParameters, kOwn,
                  kOutputParameters}),
          run};
}

}  // namespace denoiscope::app
