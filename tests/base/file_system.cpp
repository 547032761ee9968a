// Each way in which one system call fails: what is forgiven, what is not, and that the message is one line.
#include "denoiscope/base/file_system.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>

#include "denoiscope/base/files.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::has;
using testing::refusal;

// A disk on which one kind of call fails with `cause`.
class Failing final : public FileSystem {
 public:
  enum class Call { none, write, no_progress, interrupted, open_folder, sync_folder, mkdir, mkdir_overtaken };
  explicit Failing(Call call, int cause = 0) : call_(call), cause_(cause) {}

  int open(const char* path, int flags, mode_t mode) override {
    const bool folder = (flags & O_DIRECTORY) != 0;
    if (folder && call_ == Call::open_folder) return fail();
    const int descriptor = FileSystem::open(path, flags, mode);
    if (folder) folder_ = descriptor;
    return descriptor;
  }
  ssize_t write(int descriptor, const void* data, std::size_t size) override {
    if (call_ == Call::write) return fail();
    if (call_ == Call::no_progress) return 0;
    if (call_ == Call::interrupted && size > 1) {  // by a signal every other time; one byte in between
      if (interrupted_ = !interrupted_; interrupted_) return errno = EINTR, -1;
      return FileSystem::write(descriptor, data, 1);
    }
    return FileSystem::write(descriptor, data, size);
  }
  int fsync(int descriptor) override {
    return call_ == Call::sync_folder && descriptor == folder_ ? fail() : FileSystem::fsync(descriptor);
  }
  int mkdir(const char* path, mode_t mode) override {
    if (call_ == Call::mkdir) return fail();
    const int made = FileSystem::mkdir(path, mode);
    return call_ == Call::mkdir_overtaken ? fail() : made;
  }

 private:
  int fail() const {
    errno = cause_;
    return -1;
  }
  Call call_;
  int cause_, folder_ = -1;
  bool interrupted_ = false;
};

using Call = Failing::Call;

std::string written(const Folder& folder, Failing disk) {
  const ReplacedFileSystem scope(disk);
  return refusal<ResourceError>([&] { write_atomically(folder.path("file"), "content"); });
}

TEST(WriteAtomically, GoesOnAfterSignalsAndNotAfterWritesOfNothing) {
  const Folder folder;
  EXPECT_EQ(written(folder, Failing(Call::interrupted)), "accepted");
  EXPECT_EQ(map_file(folder.path("file")).text(), "content");
  EXPECT_TRUE(has(written(folder, Failing(Call::no_progress)), {"/file: cannot write 7 bytes: No space left"}));
  EXPECT_TRUE(has(written(folder, Failing(Call::write, EIO)), {"Input/output error. Earlier results are untouched."}));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "a temporary stayed";
}

TEST(WriteAtomically, ForgivesFoldersThatCannotBeSynced) {
  const Folder folder;
  EXPECT_EQ(written(folder, Failing(Call::open_folder, EACCES)), "accepted");
  EXPECT_TRUE(has(written(folder, Failing(Call::open_folder, EMFILE)), {"/file: ", "Too many open files"}));
  for (const int cause : {EINVAL, ENOTSUP, EROFS})
    EXPECT_EQ(written(folder, Failing(Call::sync_folder, cause)), "accepted") << cause;
  EXPECT_TRUE(has(written(folder, Failing(Call::sync_folder, EIO)), {"/file: ", "Input/output error"}));
}

TEST(WriteAtomically, TakesNamesWithoutAFolder) {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  EXPECT_NO_THROW(write_atomically("bare", "content"));
  fs::current_path(before);
  EXPECT_EQ(map_file(folder.path("bare")).text(), "content");
}

TEST(MakeFolders, BearsOthersThatMakeTheSame) {
  const Folder folder;
  const auto made = [&](const std::string& name, Failing disk) {
    const ReplacedFileSystem scope(disk);
    return refusal<ResourceError>([&] { make_folders(folder.path(name)); });
  };
  EXPECT_EQ(made("a/b/", Failing(Call::none)), "accepted");  // a path may end with a slash
  EXPECT_EQ(made("c/d", Failing(Call::mkdir_overtaken, EEXIST)), "accepted");
  EXPECT_TRUE(fs::is_directory(folder.path("c/d")));
  folder.write("file", "x");
  EXPECT_TRUE(has(made("file/e", Failing(Call::none)), {"/file/e: cannot make the folder: File exists."}));
  EXPECT_TRUE(has(made("f/g", Failing(Call::mkdir, EROFS)), {"/f/g: cannot make the folder: Read-only"}));
  EXPECT_TRUE(has(made("h", Failing(Call::sync_folder, EIO)), {"/h: ", "Input/output error"}));
}

TEST(Temporaries, AreKnownByTheirWholeName) {
  EXPECT_TRUE(is_temporary("folder/a.json.0123456789abcdef.tmp"));
  for (const char* name : {"a.json", ".0123456789abcdef.tmp", "a.0123456789abcdef.tmq", "a-0123456789abcdef.tmp",
                           "a.0123456789abcdeF.tmp", "a.json.0123456789abcdef"})
    EXPECT_FALSE(is_temporary(name)) << name;
}

// The address space bounds what can be mapped; a gigabyte is left to the program.
TEST(MapFile, RefusesWhatTheAddressSpaceCannotHold) {
  const Folder folder;
  const std::string file = folder.write("large", "");
  fs::resize_file(file, std::uintmax_t{4} << 30);  // a hole
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  ASSERT_TRUE(statm >> pages);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
  const rlimit tight{pages * 4096 + (rlim_t{1} << 30), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &tight), 0);
  const std::string said = refusal([&] { map_file(file); });
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_TRUE(has(said, {"/large: cannot map 4294967296 bytes: Cannot allocate memory."}));
}

}  // namespace
}  // namespace denoiscope
