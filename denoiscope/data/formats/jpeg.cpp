// jpeglib.h needs FILE and size_t before it.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>

#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/picture.hpp"

namespace denoiscope::data {
namespace {

// libjpeg reports failure through a callback that must not return. The jump out of it crosses plain data only: objects
// with destructors live outside run().
struct Decoder {
  jpeg_decompress_struct info;  // info.client_data leads back to the Decoder
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  char text[JMSG_LENGTH_MAX];
  std::size_t left;  // bytes not yet read when it gave up
};

Decoder& decoder_of(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

[[noreturn]] void give_up(j_common_ptr info) {
  Decoder& decoder = decoder_of(info);
  info->err->format_message(info, decoder.text);
  decoder.left = decoder.info.src != nullptr ? decoder.info.src->bytes_in_buffer : 0;
  std::longjmp(decoder.escape, 1);
}

// libjpeg warns of damaged data and goes on with invented pixels; a datum must not be invented.
void on_message(j_common_ptr info, int level) {
  if (level < 0) give_up(info);
}

// A progressive file may repeat its scans without end at almost no bytes.
void on_progress(j_common_ptr info) {
  constexpr int kMaxScans = 100;
  if (decoder_of(info).info.input_scan_number > kMaxScans) {
    std::snprintf(decoder_of(info).text, JMSG_LENGTH_MAX, "more than %d scans", kMaxScans);
    decoder_of(info).left = decoder_of(info).info.src->bytes_in_buffer;
    std::longjmp(decoder_of(info).escape, 1);
  }
}

struct Task {
  std::span<const std::byte> content;
  PictureSize size;       // found
  unsigned char* pixels;  // null: only the size is wanted
  std::size_t room;
  bool fits;
};

// Returns whether libjpeg was content; decoder.text says why not.
bool run(Decoder& decoder, Task& task) {
  jpeg_decompress_struct& info = decoder.info;
  info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = give_up;
  decoder.errors.emit_message = on_message;
  info.client_data = &decoder;
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_create_decompress(&info);
  decoder.progress.progress_monitor = on_progress;
  info.progress = &decoder.progress;
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(task.content.data()),
               static_cast<unsigned long>(task.content.size()));
  jpeg_read_header(&info, TRUE);
  task.size = {static_cast<Index>(info.image_height), static_cast<Index>(info.image_width), info.num_components};
  if (task.pixels == nullptr) return true;
  task.fits = task.size.bytes() == task.room;
  if (!task.fits) return true;
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  const std::size_t stride = std::size_t{info.output_width} * static_cast<std::size_t>(info.output_components);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = task.pixels + info.output_scanline * stride;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

void decode(Task& task, const std::string& file) {
  Decoder decoder{};
  const bool content = run(decoder, task);
  jpeg_destroy_decompress(&decoder.info);
  if (!content)
    malformed(file, task.content.size() - std::min(decoder.left, task.content.size()), "JPEG", decoder.text,
              "an undamaged picture", "Replace or remove the file.");
}

}  // namespace

PictureSize inspect_jpeg(std::span<const std::byte> content, const std::string& file) {
  Task task{content, {}, nullptr, 0, false};
  decode(task, file);
  if (task.size.channels != 1 && task.size.channels != 3)
    malformed(file, 0, "channels", fmt::format("JPEG of {} channels", task.size.channels), "grey or RGB",
              "Convert it, as with ImageMagick: mogrify -colorspace sRGB.");
  check_plausible(file, task.size.height, task.size.width, task.size.bytes(), content.size());
  return task.size;
}

void decode_jpeg(std::span<const std::byte> content, const std::string& file, PictureSize size,
                 std::span<unsigned char> pixels) {
  Task task{content, {}, pixels.data(), pixels.size(), false};
  decode(task, file);
  if (!task.fits || task.size != size) changed(file);
}

}  // namespace denoiscope::data
