# denoiscope_room(NAME [USES rooms...] [LIBRARIES public libraries...] [PRIVATE_LIBRARIES ...]): one static library for
# one folder, linked to its lawful rooms only. Sources are the .cpp files of the folder, except kernels that are
# compiled once an instruction set by their own CMakeLists.
set(DENOISCOPE_ROOMS "" CACHE INTERNAL "rooms in order")

function(denoiscope_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wdouble-promotion -Werror -ffp-contract=off
    $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # gcc 12 bug 105651: false alarms on std::string concatenation
  if(DENOISCOPE_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(DENOISCOPE_FUZZ)
    target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
endfunction()

function(denoiscope_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES;PRIVATE_LIBRARIES;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(name STREQUAL experiments)
    set(sources "")
  endif()
  set(target denoiscope_${name})
  add_library(${target} STATIC ${sources} ${ROOM_SOURCES})
  add_library(denoiscope::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  denoiscope_warnings(${target})
  foreach(room IN LISTS ROOM_USES)
    target_link_libraries(${target} PUBLIC denoiscope_${room})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ROOM_LIBRARIES} PRIVATE ${ROOM_PRIVATE_LIBRARIES})
  set(DENOISCOPE_ROOMS ${DENOISCOPE_ROOMS} ${name} CACHE INTERNAL "rooms in order")
endfunction()
