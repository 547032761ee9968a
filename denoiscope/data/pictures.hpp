// Pictures brought to one form before anything else is done with them: their size and their colours.
#pragma once

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

enum class Colours { kept, gray, rgb };

struct PictureForm {
  Index side = 0;  ///< pixels a side, 1 to 4096; 0: as stored
  Colours colours = Colours::kept;
  bool operator==(const PictureForm&) const = default;
};

/// The pictures in that form. A pixel is the mean over the area it covers (box filter; pictures that are not square are
/// squeezed); where transparency is kept, colours are weighted by it. Gray is the luma 0.299 R + 0.587 G + 0.114 B of
/// ITU-R BT.601, of shape (height, width); rgb repeats gray thrice; both lay transparent pictures on white. 8-bit
/// pictures stay 8-bit: exact arithmetic, rounded once to nearest, halves up. Floats keep their type, 32- and 64-bit
/// integers become f64. What already has the form is returned as it is; labels and names are kept, preprocessing is
/// not. Throws DataError where rows are no pictures, or have transparency but not 8 bits; UsageError for another side.
Dataset reformed(const Dataset& data, const PictureForm& form);

}  // namespace denoiscope::data
