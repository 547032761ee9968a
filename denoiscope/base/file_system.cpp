#include "denoiscope/base/file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"

namespace denoiscope {

namespace fs = std::filesystem;

int FileSystem::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
ssize_t FileSystem::write(int descriptor, const void* data, std::size_t size) {
  return ::write(descriptor, data, size);
}
int FileSystem::fsync(int descriptor) { return ::fsync(descriptor); }
int FileSystem::close(int descriptor) { return ::close(descriptor); }
int FileSystem::rename(const char* from, const char* to) { return ::rename(from, to); }
int FileSystem::unlink(const char* path) { return ::unlink(path); }
int FileSystem::mkdir(const char* path, mode_t mode) { return ::mkdir(path, mode); }

namespace {

constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kDigits = 16;

// The one thing a test may exchange; null means the system's own calls.
std::atomic<FileSystem*> replaced{nullptr};

FileSystem& file_system() {
  static FileSystem real;
  FileSystem* other = replaced.load();
  return other ? *other : real;
}

// Random, because processes in containers that share a folder may have the same number.
fs::path temporary_beside(const fs::path& file) {
  std::random_device random;
  return file.string() + fmt::format(".{:08x}{:08x}{}", random(), random(), kSuffix);
}

// The functions below return the errno of the first call that failed, or 0.

int write_all(FileSystem& disk, int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t wrote = disk.write(descriptor, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    if (wrote == 0) return ENOSPC;  // no progress: trying for ever would hang
    content.remove_prefix(wrote);
  }
  return 0;
}

int store(FileSystem& disk, const fs::path& temporary, const fs::path& file, std::string_view content) {
  const int descriptor = disk.open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return errno;
  int cause = write_all(disk, descriptor, content);
  if (cause == 0 && disk.fsync(descriptor) != 0) cause = errno;
  if (disk.close(descriptor) != 0 && cause == 0) cause = errno;
  if (cause == 0 && disk.rename(temporary.c_str(), file.c_str()) != 0) cause = errno;
  if (cause != 0) disk.unlink(temporary.c_str());
  return cause;
}

// Makes the names in a folder last. Folders that cannot be opened for reading, and file systems that refuse to sync a
// folder, are no failure: what was renamed stands all the same.
int sync_folder(FileSystem& disk, const fs::path& folder) {
  const int descriptor = disk.open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (descriptor < 0) return errno == EACCES ? 0 : errno;
  int cause = disk.fsync(descriptor) == 0 ? 0 : errno;
  if (cause == EINVAL || cause == ENOTSUP || cause == EROFS) cause = 0;
  disk.close(descriptor);
  return cause;
}

}  // namespace

ReplacedFileSystem::ReplacedFileSystem(FileSystem& replacement) : before_(replaced.exchange(&replacement)) {}
ReplacedFileSystem::~ReplacedFileSystem() { replaced.store(before_); }

void write_atomically(const fs::path& file, std::string_view content) {
  FileSystem& disk = file_system();
  int cause = store(disk, temporary_beside(file), file, content);
  if (cause == 0) cause = sync_folder(disk, file.parent_path());
  if (cause != 0)
    throw ResourceError("{}: cannot write {} bytes: {}. Earlier results are untouched.", file.string(), content.size(),
                        std::strerror(cause));
}

void make_folders(const fs::path& folder) {
  FileSystem& disk = file_system();
  std::error_code ignored;
  fs::path made;
  for (const fs::path& part : folder) {
    made /= part;
    if (part.empty() || fs::is_directory(made, ignored)) continue;
    int cause = disk.mkdir(made.c_str(), 0777) == 0 ? 0 : errno;
    if (cause == EEXIST && fs::is_directory(made, ignored)) cause = 0;  // another process was faster
    if (cause == 0) cause = sync_folder(disk, made.parent_path());
    if (cause != 0) throw ResourceError("{}: cannot make the folder: {}.", folder.string(), std::strerror(cause));
  }
}

bool is_temporary(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.size() < kDigits + kSuffix.size() + 2) return false;
  const std::size_t digits = name.size() - kSuffix.size() - kDigits;
  return name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0 && name[digits - 1] == '.' &&
         name.substr(digits, kDigits).find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace denoiscope
