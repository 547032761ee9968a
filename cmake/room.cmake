# denoiscope_room(NAME [LIGHT | SUMS] [USES rooms...] [LIBRARIES public libraries...] [PRIVATE_LIBRARIES ...] [SOURCES ...]):
# one static library for one folder, linked to its lawful rooms only. Sources are the .cpp files of the folder, except
# kernels that are compiled once an instruction set by their own CMakeLists. LIGHT: it decides and describes; SUMS: it is
# given numbers, never bytes, so that fuzzers need not know its branches.
set(DENOISCOPE_ROOMS "" CACHE INTERNAL "rooms in order")
set(DENOISCOPE_UNCOUNTED -fno-sanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table,stack-depth)  # of what fuzzers need not know

function(denoiscope_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wdouble-promotion -Werror -ffp-contract=off
    $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>")  # gcc 12 bug 105651: false alarms on std::string + std::string; with precompiled headers also as overflow and bounds
  if(DENOISCOPE_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(DENOISCOPE_FUZZ)
    target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Code that decides and describes, and sums nothing: -O1 compiles it in half the time, and no run gets longer.
function(denoiscope_light target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # gcc bug 80635: false alarms on std::optional, most at -O1
endfunction()

# What most files include is read once for all targets of the same flags: by `maker` where it stands alone, else it is
# that of `maker`. No header of ours is among them, so that editing one compiles no more than before.
function(denoiscope_precompiled target maker)
  if(NOT target STREQUAL maker)
    target_precompile_headers(${target} REUSE_FROM ${maker})
    get_target_property(type ${target} TYPE)
    get_target_property(type_of_maker ${maker} TYPE)
    if((type STREQUAL EXECUTABLE) AND NOT (type_of_maker STREQUAL EXECUTABLE))  # gcc's -fPIE of programs is not the -fPIC of libraries
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${target} PRIVATE -fPIC)
    endif()
    return()
  endif()
  target_precompile_headers(${target} PRIVATE <fmt/format.h> <Eigen/Core> <algorithm> <array> <cmath> <cstdint>
    <filesystem> <fstream> <functional> <limits> <map> <memory> <numbers> <numeric> <optional> <set> <span> <sstream>
    <string> <string_view> <utility> <vector> ${ARGN})
endfunction()

function(denoiscope_room name)
  cmake_parse_arguments(ROOM "LIGHT;SUMS" "" "USES;LIBRARIES;PRIVATE_LIBRARIES;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(target denoiscope_${name})
  add_library(${target} STATIC ${sources} ${ROOM_SOURCES})
  add_library(denoiscope::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  denoiscope_warnings(${target})
  if(ROOM_SUMS AND DENOISCOPE_FUZZ)
    target_compile_options(${target} PRIVATE ${DENOISCOPE_UNCOUNTED})
  endif()
  if(ROOM_LIGHT)
    denoiscope_light(${target})
    denoiscope_precompiled(${target} denoiscope_report)
  else()
    if(DENOISCOPE_SANITIZE)
      target_compile_options(${target} PRIVATE -O2)  # sums are most of what tests wait for
    endif()
    denoiscope_precompiled(${target} denoiscope_base)
  endif()
  foreach(room IN LISTS ROOM_USES)
    target_link_libraries(${target} PUBLIC denoiscope_${room})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ROOM_LIBRARIES} PRIVATE ${ROOM_PRIVATE_LIBRARIES})
  set(DENOISCOPE_ROOMS ${DENOISCOPE_ROOMS} ${name} CACHE INTERNAL "rooms in order")
endfunction()
