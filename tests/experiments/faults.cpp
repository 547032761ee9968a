// The disk fails, or the process dies, at every system call of a job in turn: what is left is always complete, and a
// resumed run has the bits of an undisturbed one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>

#include "denoiscope/base/file_system.hpp"
#include "denoiscope/base/files.hpp"
#include "tests/experiments/job.hpp"

namespace denoiscope::experiments {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::Given;

struct Died {};  // not an Error: nothing on its way may take it for one and tidy up

enum class Fault {
  none,
  io_error,   // EIO, once
  disk_full,  // ENOSPC, from then on; a write first stores half
  short_write,
  death,  // nothing reaches the disk any more, and files that were not synced are lost
};

// Counts calls, and fails number `at`. Sync costs nothing here: what it is for is known from the bookkeeping.
class FaultyFileSystem final : public FileSystem {
 public:
  FaultyFileSystem(Fault fault, int at) : fault_(fault), at_(at) {}
  ~FaultyFileSystem() override {
    for (const auto& [descriptor, file] : open_) FileSystem::close(descriptor);  // as the kernel does for the dead
  }
  int calls() const { return calls_; }
  bool struck() const { return calls_ > at_; }
  bool struck_folder_close() const { return folder_close_; }

  int open(const char* path, int flags, mode_t mode) override {
    if (fails()) return -1;
    const int descriptor = FileSystem::open(path, flags, mode);
    if (descriptor >= 0) open_[descriptor] = path;
    if ((flags & O_CREAT) != 0) unsynced_.insert(path);
    return descriptor;
  }
  ssize_t write(int descriptor, const void* data, std::size_t size) override {
    const bool now = calls_ == at_;
    if (now && fault_ != Fault::io_error && fault_ != Fault::none) {
      EXPECT_GE(FileSystem::write(descriptor, data, (size + 1) / 2), 0);
    }
    if (now && fault_ == Fault::short_write) return ++calls_, static_cast<ssize_t>((size + 1) / 2);
    return fails() ? -1 : FileSystem::write(descriptor, data, size);
  }
  int fsync(int descriptor) override {
    if (fails()) return -1;
    unsynced_.erase(open_.at(descriptor));
    return 0;
  }
  int close(int descriptor) override {
    folder_close_ |= calls_ == at_ && fs::is_directory(open_.at(descriptor));
    const bool failed = fails();
    open_.erase(descriptor);
    FileSystem::close(descriptor);
    return failed ? -1 : 0;
  }
  int rename(const char* from, const char* to) override {
    if (fails()) return -1;
    if (unsynced_.erase(from) > 0) unsynced_.insert(to);
    return FileSystem::rename(from, to);
  }
  // A full or failing disk still lets go of files, so this is not counted among the calls that fail.
  int unlink(const char* path) override {
    unsynced_.erase(path);
    return FileSystem::unlink(path);
  }
  int mkdir(const char* path, mode_t mode) override { return fails() ? -1 : FileSystem::mkdir(path, mode); }

 private:
  bool fails() {
    const int call = calls_++;
    if (fault_ == Fault::none || call < at_) return false;
    if (fault_ == Fault::death) {
      for (const std::string& file : unsynced_) fs::resize_file(file, 0);
      throw Died();
    }
    errno = fault_ == Fault::disk_full ? ENOSPC : EIO;
    return fault_ == Fault::disk_full || (fault_ == Fault::io_error && call == at_);
  }

  Fault fault_;
  int at_, calls_ = 0;
  bool folder_close_ = false;
  std::map<int, std::string> open_;
  std::set<std::string> unsynced_;
};

enum class End { finished, refused, died };

class Faults : public ::testing::Test {
 protected:
  Faults() {
    RowMatrix rows(12, 4);
    for (Index i = 0; i < rows.size(); ++i) rows.data()[i] = static_cast<double>((i * 37 + i * i * 11) % 101) / 50;
    std::vector<long long> labels;
    for (int i = 0; i < 12; ++i) labels.push_back(i % 2);
    const Index shape[] = {2, 2};
    job_ = {{"data", testing::store(folder, "data.npy", rows, shape)},
            {"labels", testing::store(folder, "labels.npy", labels)},
            {"queries", "4"},
            {"times", "0.5,1"},
            {"strips", "1"}};
    FaultyFileSystem counted(Fault::none, 0);
    EXPECT_EQ(attempt(counted, "whole", IfExists::refuse), End::finished);
    calls_ = counted.calls();
    whole_ = files("whole");
  }

  End attempt(FileSystem& disk, const std::string& run, IfExists if_exists) {
    const ReplacedFileSystem scope(disk);
    try {
      testing::run(job_, folder.path(run), if_exists);
      return End::finished;
    } catch (const ResourceError& error) {
      EXPECT_NE(std::string(error.what()).find(folder.path(run)), std::string::npos) << error.what();
      EXPECT_EQ(error.code(), ExitCode::resources);
      return End::refused;
    } catch (const Died&) {
      return End::died;
    }
  }

  // Everything a run leaves that depends on the job alone.
  std::map<std::string, std::string> files(const std::string& run) const {
    std::map<std::string, std::string> out;
    if (!fs::exists(folder.path(run))) return out;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path(run)))
      if (entry.is_regular_file() && entry.path().filename() != "provenance.json" &&
          entry.path().filename() != "log.txt")
        out[fs::relative(entry.path(), folder.path(run)).string()] = std::string(map_file(entry.path()).text());
    return out;
  }

  // Every file that goes by its own name is that of the undisturbed run; temporaries only where `dead` left them.
  void expect_sound(const std::string& run, bool dead) const {
    for (const auto& [name, content] : files(run)) {
      const bool grows = name == "manifest.txt";  // a line a file, each before the file itself
      const bool whole =
          whole_.contains(name) && (grows ? whole_.at(name).starts_with(content) : whole_.at(name) == content);
      EXPECT_TRUE(is_temporary(name) ? dead : whole) << name;
    }
  }

  void expect_resumes(const std::string& run) {
    FaultyFileSystem well(Fault::none, 0);
    ASSERT_EQ(attempt(well, run, IfExists::resume), End::finished);
    EXPECT_TRUE(files(run) == whole_) << "the resumed run differs";
    fs::remove_all(folder.path(run));
  }

  Folder folder;
  Given job_;
  int calls_ = 0;
  std::map<std::string, std::string> whole_;
};

TEST_F(Faults, ErrorsAtAnyCallLeaveWhatCanBeResumed) {
  ASSERT_GT(calls_, 80);
  for (const Fault fault : {Fault::io_error, Fault::disk_full})
    for (int i = 0; i < calls_; ++i) {
      SCOPED_TRACE(fmt::format("fault {} at call {} of {}", static_cast<int>(fault), i, calls_));
      FaultyFileSystem disk(fault, i);
      const End end = attempt(disk, "run", IfExists::refuse);
      ASSERT_TRUE(disk.struck());
      // Closing a folder that has been synced has nothing to lose; every other failure is an error.
      const bool harmless = disk.struck_folder_close() && (fault == Fault::io_error || i == calls_ - 1);
      EXPECT_EQ(end, harmless ? End::finished : End::refused);
      expect_sound("run", false);
      expect_resumes("run");
    }
}

TEST_F(Faults, ShortWritesAreContinued) {
  for (int i = 0; i < calls_; ++i) {
    FaultyFileSystem disk(Fault::short_write, i);
    ASSERT_EQ(attempt(disk, "run", IfExists::refuse), End::finished);
    EXPECT_TRUE(files("run") == whole_) << "call " << i;
    fs::remove_all(folder.path("run"));
  }
}

TEST_F(Faults, DeathAtAnyCallLeavesWhatCanBeResumed) {
  for (int i = 0; i < calls_; ++i) {
    SCOPED_TRACE(fmt::format("death at call {} of {}", i, calls_));
    FaultyFileSystem disk(Fault::death, i);
    ASSERT_EQ(attempt(disk, "run", IfExists::refuse), End::died);
    expect_sound("run", true);
    expect_resumes("run");
  }
}

TEST_F(Faults, DeathDuringRecoveryIsSurvived) {
  for (int i = 0; i < calls_; i += 7)  // a sample: coprime to the eight calls of one file
    for (int j = 0; j < 20; ++j) {
      SCOPED_TRACE(fmt::format("death at call {}, again at call {}", i, j));
      FaultyFileSystem first(Fault::death, i), second(Fault::death, j);
      ASSERT_EQ(attempt(first, "run", IfExists::refuse), End::died);
      attempt(second, "run", IfExists::resume);  // near its end the job may have fewer calls left than j
      expect_sound("run", true);
      expect_resumes("run");
    }
}

}  // namespace
}  // namespace denoiscope::experiments
