# find_package(denoiscope): the rooms as targets denoiscope::base, denoiscope::denoiser, ...
include(CMakePackageConfigHelpers)
foreach(room IN LISTS DENOISCOPE_ROOMS)
  install(TARGETS denoiscope_${room} EXPORT denoiscope ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
# Headers but those of folders that are private to their room. A verb of experiments is a folder with a header of its name.
install(DIRECTORY denoiscope DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp"
  PATTERN "assets" EXCLUDE PATTERN "noise_kernels" EXCLUDE PATTERN "formats" EXCLUDE
  PATTERN "dense" EXCLUDE PATTERN "path" EXCLUDE PATTERN "kernels" EXCLUDE)
install(EXPORT denoiscope NAMESPACE denoiscope:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/denoiscope FILE denoiscope-targets.cmake)
configure_package_config_file(cmake/denoiscope-config.cmake.in ${CMAKE_BINARY_DIR}/denoiscope-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/denoiscope)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/denoiscope-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/denoiscope-config.cmake ${CMAKE_BINARY_DIR}/denoiscope-config-version.cmake cmake/dependencies.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/denoiscope)
