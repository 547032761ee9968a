#include "denoiscope/report/assets.hpp"

// Both ends of each file, laid down by assets/embedded.S.in.
extern "C" {
extern const char denoiscope_vega_begin[], denoiscope_vega_end[];
extern const char denoiscope_vega_lite_begin[], denoiscope_vega_lite_end[];
extern const char denoiscope_vega_embed_begin[], denoiscope_vega_embed_end[];
extern const char denoiscope_licences_begin[], denoiscope_licences_end[];
extern const char denoiscope_page_css_begin[], denoiscope_page_css_end[];
extern const char denoiscope_page_js_begin[], denoiscope_page_js_end[];
}

namespace denoiscope::report {
namespace {
std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }
}  // namespace

Assets assets() {
  return {between(denoiscope_vega_begin, denoiscope_vega_end),
          between(denoiscope_vega_lite_begin, denoiscope_vega_lite_end),
          between(denoiscope_vega_embed_begin, denoiscope_vega_embed_end),
          between(denoiscope_licences_begin, denoiscope_licences_end),
          between(denoiscope_page_css_begin, denoiscope_page_css_end),
          between(denoiscope_page_js_begin, denoiscope_page_js_end)};
}

}  // namespace denoiscope::report
