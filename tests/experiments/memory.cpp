// Memory that runs out at the i-th allocation and stays short: loaders at every i, a job at many. Each try is a process
// of its own, since destructors of json and the library's directory_iterator end it where they get no memory.
// It ends by its own will, leaves nothing half-written, and what it left is resumed to the same bits.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/report/report.hpp"
#include "tests/experiments/job.hpp"

namespace {

// Allocations until the first that fails; all after it fail too. Below zero: none does.
std::atomic<long long> left{-1};
std::atomic<long long> made{0};

void* allocate(std::size_t size, std::size_t alignment) {
  made.fetch_add(1, std::memory_order_relaxed);
  if (left.load(std::memory_order_relaxed) == 0) throw std::bad_alloc();
  if (left.load(std::memory_order_relaxed) > 0) left.fetch_sub(1, std::memory_order_relaxed);
  void* place = alignment > 0 ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                              : std::malloc(size > 0 ? size : 1);
  if (place == nullptr) throw std::bad_alloc();
  return place;
}

void* allocate_or_null(std::size_t size) {
  try {
    return allocate(size, 0);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 0); }
void* operator new[](std::size_t size) { return allocate(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void operator delete(void* place) noexcept { std::free(place); }
void operator delete[](void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t) noexcept { std::free(place); }
void operator delete(void* place, std::align_val_t) noexcept { std::free(place); }
void operator delete[](void* place, std::align_val_t) noexcept { std::free(place); }
void operator delete(void* place, std::size_t, std::align_val_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t, std::align_val_t) noexcept { std::free(place); }

namespace denoiscope::experiments {
namespace {

using testing::Folder;
using testing::Given;

// Runs `act` in a process with memory for `allocations` more; its exit status: 0 where it was enough, 5 where not, 70
// for other errors. What the program does at its end is done here too (apps/denoiscope/main.cpp).
int with_memory_for(long long allocations, const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::set_terminate([] { ::_exit(5); });
    try {
      left = allocations;
      act();
      left = -1;
    } catch (const std::bad_alloc&) {
      ::_exit(5);
    } catch (const std::exception& error) {
      left = -1;
      std::fputs(error.what(), stderr);
      ::_exit(70);
    }
    ::_exit(0);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Every i until the work completes; returns how many failed.
long long fails_cleanly(const std::function<void()>& act) {
  act();  // whatever is set up once in a process is set up now
  for (long long i = 0;; ++i) {
    const int status = with_memory_for(i, act);
    if (status == 0) return i;
    EXPECT_EQ(status, 5) << "allocation " << i;
    if (status != 5) return i;
  }
}

TEST(OutOfMemory, LoadersFailCleanlyAtEveryAllocation) {
  const Folder folder;
  const RowMatrix rows = RowMatrix::Random(5, 12);
  const std::string npy = testing::store(folder, "rows.npy", rows);
  const std::string csv = folder.write("rows.csv", "a,b,label\n1,2,0\n3,4,1\n5,6.5,0\n");
  const std::vector<unsigned char> pixels(24, 127);
  folder.write("pictures/cat/0.png", data::encode_png(pixels, 4, 2, 3));
  folder.write("pictures/dog/1.png", data::encode_png(pixels, 4, 2, 3));
  const std::string header = R"({"x":{"dtype":"F64","shape":[3,1],"data_offsets":[0,24]}})";
  const std::string tensors = folder.write(
      "x.safetensors", testing::bytes_of<std::uint64_t>({header.size()}) + header + testing::bytes_of({1.0, 2.0, 3.0}));
  const std::string config = folder.write("run.toml", "queries = 3\ntimes = [0.1, 1]\n");
  for (const std::string& file : {npy, csv, folder.path("pictures"), tensors})
    EXPECT_GT(fails_cleanly([&] { data::open(file).hash(); }), 3) << file;
  EXPECT_GT(fails_cleanly([&] {
              Request request = testing::request_of({});
              request.read_toml(config);
            }),
            3);
}

TEST(OutOfMemory, AJobCanBeResumedToTheSameBits) {
  set_threads(1);  // so that the i-th allocation is always the same
  const Folder folder;
  RowMatrix rows = RowMatrix::Constant(40, 3, 1.0);
  for (Index i = 0; i < 40; ++i) rows(i, i % 3) = 0.1 * static_cast<double>(i);
  std::vector<long long> labels;
  for (Index i = 0; i < 40; ++i) labels.push_back(i % 2);
  const Given given = {{"data", testing::store(folder, "data.npy", rows)},
                       {"labels", testing::store(folder, "labels.npy", labels)},
                       {"queries", "32"},
                       {"times", "0.02,0.3,2"}};
  const auto job = [&](const std::string& run) {
    testing::run(given, run, IfExists::resume);
    report::write(run);
  };
  const auto text = [](const std::string& file) { return std::string(map_file(file).text()); };
  job(folder.path("whole"));
  const std::string result = text(folder.path("whole/result.json")), page = text(folder.path("whole/report.html"));
  const long long before = made;
  job(folder.path("counted"));
  const long long all = made - before;
  ASSERT_GT(all, 5000);
  constexpr int kTries = 60;
  for (int i = 0; i < kTries; ++i) {
    const std::string run = folder.path("run");
    const long long at = all * i / kTries + i;  // not the same place in every unit
    EXPECT_EQ(with_memory_for(at, [&] { job(run); }), 5) << "allocation " << at;
    job(run);
    EXPECT_EQ(text(run + "/result.json"), result) << "allocation " << at;
    EXPECT_EQ(text(run + "/report.html"), page) << "allocation " << at;
    std::filesystem::remove_all(run);
  }
  set_threads(0);
}

}  // namespace
}  // namespace denoiscope::experiments
