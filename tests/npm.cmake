# Tests that are written in JavaScript: the report in a real browser, and --json against its schemas. What they use from
# npm is pinned, fetched into the build folder without running any script of its own, and never committed.
find_program(DENOISCOPE_NODE node REQUIRED)
set(fetched ${CMAKE_CURRENT_BINARY_DIR}/npm)
add_custom_command(
  OUTPUT ${fetched}/fetched
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/npm/package.json ${CMAKE_CURRENT_SOURCE_DIR}/npm/package-lock.json ${fetched}
  COMMAND ${DENOISCOPE_NPM} --prefix ${fetched} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${fetched}/fetched
  DEPENDS npm/package.json npm/package-lock.json
  COMMENT "Fetching what the tests use from npm"
  VERBATIM)
add_custom_target(test_npm ALL DEPENDS ${fetched}/fetched)
file(MAKE_DIRECTORY ${fetched})

add_test(NAME schema COMMAND ${DENOISCOPE_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/cli/schema.mjs $<TARGET_FILE:denoiscope_program>
  ${fetched}/node_modules ${PROJECT_SOURCE_DIR}/docs/schema)
add_test(NAME browser COMMAND ${DENOISCOPE_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/report/browser.mjs $<TARGET_FILE:denoiscope_program>
  ${fetched}/node_modules)
set_tests_properties(schema browser PROPERTIES TIMEOUT 300)
