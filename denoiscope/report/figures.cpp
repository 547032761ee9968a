#include "denoiscope/report/plot.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {

std::vector<std::pair<std::string, Record>> figures(const Record& result) {
  const Reading record(result, "result.json: ");
  Figures all;
  if (is_of_experiment(record)) {
    add_experiment(record, all);
    if (!record["speciation"].null()) add_speciation(record, all);
    if (!record["collapse"].null()) add_collapse(record, all);
    return all;
  }
  if (is_of_model(record)) {
    add_model(record, all);
    return all;
  }
  add_phase_diagram(record, all);
  add_speciation(record, all);
  add_collapse(record, all);
  add_data(record, all);
  return all;
}

}  // namespace denoiscope::report
