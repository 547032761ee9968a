#include "denoiscope/data/known.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/generated.hpp"
#include "denoiscope/data/open.hpp"

namespace denoiscope::data {
namespace {

constexpr const char* kFashionFolder = "/usr/share/datasets/fashion-mnist";  // where the Debian package puts it

constexpr Known kKnown[] = {
    {"fashion-mnist", "60,000 grey pictures of clothes, 28 x 28, 10 classes; test part 10,000 (arXiv:1708.07747)",
     "Debian package dataset-fashion-mnist"},
    {"three-level-mixture",
     "4,096 points of 8 equal Gaussian classes of covariance 1 in d = 64; centres +-8 +-4 +-2 along orthonormal "
     "Walsh-Hadamard directions form a binary tree that merges near t = 2.08, 1.39, 0.69; test part 1,024",
     "generated, seed 1"},
};

}  // namespace

std::span<const Known> known_datasets() { return kKnown; }

Dataset fashion_mnist(const std::filesystem::path& folder, Part part) {
  const std::string stem = part == Part::training ? "train" : "t10k";
  const std::filesystem::path images = folder / (stem + "-images-idx3-ubyte.gz");
  const std::filesystem::path labels = folder / (stem + "-labels-idx1-ubyte.gz");
  for (const auto& file : {images, labels}) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
      throw DataError(
          "{}: missing, expected a file of the data set fashion-mnist. Install it: apt-get install "
          "dataset-fashion-mnist; or use a file of your own, or three-level-mixture.",
          file.string());
  }
  Dataset data = open_idx_gz(map_file(images), images.string());
  data.set_labels(open_labels(labels), labels.string());
  data.name_classes(std::vector<std::string>{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                                             "Sneaker", "Bag", "Ankle boot"});
  data.set_name("fashion-mnist");
  return data;
}

Dataset open_known(std::string_view name, Part part) {
  if (name == "fashion-mnist") return fashion_mnist(kFashionFolder, part);
  return part == Part::training ? three_level_mixture(0, 4096) : three_level_mixture(4096, 1024);
}

}  // namespace denoiscope::data
