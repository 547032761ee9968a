// Files built into the library (see CMakeLists.txt): the scripts that draw, and the style and script of the page.
#pragma once

#include <string_view>

namespace denoiscope::report {

struct Assets {
  std::string_view vega, vega_lite, vega_embed;  ///< browser scripts, from the pinned npm packages
  std::string_view licences;                     ///< their notices, which travel with them
  std::string_view style, script;                ///< of the page
};
Assets assets();

}  // namespace denoiscope::report
