// Input is read through the page cache. Where somebody cuts a file short meanwhile, or its disk fails, the kernel can
// only answer with SIGBUS.
#pragma once

namespace denoiscope::app {

/// From now on such a signal ends the process with one line that names the file and the byte, and exit code 5. Any
/// other SIGBUS kills it as before.
void report_vanished_input();

}  // namespace denoiscope::app
