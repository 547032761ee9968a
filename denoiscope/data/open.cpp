#include "denoiscope/data/open.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/picture.hpp"
#include "denoiscope/data/known.hpp"

namespace denoiscope::data {
namespace {

namespace fs = std::filesystem;

bool is_known(std::string_view name) {
  for (const Known& known : known_datasets())
    if (name == known.name) return true;
  return false;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Known& known : known_datasets()) names.emplace_back(known.name);
  return names;
}

// What to do with a file that is none of ours, where its first bytes tell.
std::string hint_for(std::string_view content) {
  if (picture_format(content) != PictureFormat::none) return "One picture is no data set; name the folder of pictures.";
  return "In Python: numpy.save('data.npy', array) with one row a datum.";
}

Dataset open_array(const fs::path& path, Role role) {
  const std::string file = path.string();
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) throw DataError("{}: a device or pipe, expected a regular file.", file);
  Bytes bytes = map_file(path);
  const std::string_view content = bytes.text();
  if (content.starts_with(kNpyMagic)) return open_npy(std::move(bytes), file);
  if (content.starts_with(kZipMagic)) return open_npz(bytes, role, file);
  if (content.starts_with(kGzipMagic)) return open_idx_gz(bytes, file);
  if (is_safetensors(bytes)) return open_safetensors(bytes, role, file);
  if (is_text(content)) return open_csv(bytes, role, file);
  if (is_cifar(content) && !idx_fits(bytes)) return open_cifar(bytes, file);
  if (content.starts_with(kIdxMagic)) return open_idx(std::move(bytes), file);
  malformed(file, 0, "magic", content.empty() ? "an empty file" : fmt::format("'{}'", printable(content.substr(0, 16))),
            ".npy, .npz, IDX, IDX.gz, safetensors, CSV, CIFAR binary or a folder of PNG or JPEG pictures",
            hint_for(content));
}

void require_existing(const fs::path& path) {
  std::error_code failure;
  if (fs::exists(path, failure)) return;
  if (failure) throw DataError("{}: cannot open: {}.", path.string(), failure.message());
  std::string known;
  for (const std::string& name : known_names()) known += (known.empty() ? "" : ", ") + name;
  throw DataError("{}: no such file or folder, expected a path or a known data set ({}).{}", path.string(), known,
                  did_you_mean(path.string(), known_names()));
}

}  // namespace

Dataset open(const std::string& what, const PictureForm& form) {
  if (what.empty()) return reformed(open_known("fashion-mnist", Part::training), form);
  if (is_known(what)) return reformed(open_known(what, Part::training), form);
  require_existing(what);
  if (!fs::is_directory(what)) return reformed(open_array(what, Role::data), form);
  return is_cifar_folder(what) ? reformed(open_cifar_folder(what), form) : open_image_folder(what, form);
}

Dataset open_test(const std::string& what, const PictureForm& form) {
  if (what.empty()) return reformed(open_known("fashion-mnist", Part::test), form);
  if (is_known(what)) return reformed(open_known(what, Part::test), form);
  throw DataError("{}: no held-out part is known, expected a known data set. Name a file with held-out rows.", what);
}

std::vector<long long> open_labels(const fs::path& file) {
  require_existing(file);
  const std::string name = file.string();
  if (fs::is_directory(file))
    throw DataError("{}: a folder, expected a file of labels (.npy, .npz, IDX, safetensors or CSV).", name);
  return integers_of(open_array(file, Role::labels));
}

}  // namespace denoiscope::data
