// The system calls by which results reach the disk, in one place, so that a test can let any one of them fail.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>

namespace denoiscope {

/// The calls themselves, with the meaning and the errno of POSIX. A test derives from it.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual int open(const char* path, int flags, mode_t mode);
  virtual ssize_t write(int descriptor, const void* data, std::size_t size);
  virtual int fsync(int descriptor);
  virtual int close(int descriptor);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
  virtual int mkdir(const char* path, mode_t mode);
};

/// For the life of this object the process writes through `replacement`. For tests; not while other threads write.
class ReplacedFileSystem {
 public:
  explicit ReplacedFileSystem(FileSystem& replacement);
  ~ReplacedFileSystem();
  ReplacedFileSystem(const ReplacedFileSystem&) = delete;
  ReplacedFileSystem& operator=(const ReplacedFileSystem&) = delete;

 private:
  FileSystem* before_;
};

/// Makes a folder and those above it that are missing. Throws ResourceError naming the folder and the cause.
void make_folders(const std::filesystem::path& folder);

/// Whether a file's name is that of a temporary of write_atomically: what a killed process leaves behind.
bool is_temporary(const std::filesystem::path& file);

}  // namespace denoiscope
