// How far a job is. The library reports; whether and how anybody sees it is the caller's business.
#pragma once

#include <string>

namespace denoiscope {

class Progress {
 public:
  virtual ~Progress() = default;
  /// `done` of `total` units are finished; `unit` is the one that comes next.
  virtual void at(int done, int total, const std::string& unit) = 0;
  /// A remark for the user that belongs to no result.
  virtual void note(const std::string& text) = 0;
  /// Asked between units: true once the user wants the job to stop where it can be resumed.
  virtual bool stop_requested() const { return false; }
};

/// Nobody watches.
class Silent final : public Progress {
 public:
  void at(int, int, const std::string&) override {}
  void note(const std::string&) override {}
};

}  // namespace denoiscope
