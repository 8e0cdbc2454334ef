# Compiler settings and the two functions that every target is made with.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CTS_SANITIZE "" CACHE STRING "address;undefined, or thread, or empty")
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
find_program(MOLD_PROGRAM mold)

add_library(cts_flags INTERFACE)
target_include_directories(cts_flags INTERFACE "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_options(cts_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # With optimisation g++ 12 sees both in any optional inside a variant.
  target_compile_options(cts_flags INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict)
endif()
# Later CAF versions refuse message types without an ID; so do we already.
target_compile_definitions(cts_flags INTERFACE
  CAF_ENABLE_TYPE_ID_CHECKS CTS_VERSION="${PROJECT_VERSION}")
if(CTS_FUZZ) # needs clang; the programs of tests/fuzz
  target_compile_options(cts_flags INTERFACE
    -g1 -O2 -fsanitize=fuzzer-no-link,address)
endif()
if(MOLD_PROGRAM)
  target_link_options(cts_flags INTERFACE -fuse-ld=mold)
endif()
if(CTS_SANITIZE)
  string(REPLACE ";" "," _sanitizers "${CTS_SANITIZE}")
  # Reports need functions and lines; more would double the objects.
  target_compile_options(cts_flags INTERFACE -g1
    -fsanitize=${_sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cts_flags INTERFACE -fsanitize=${_sanitizers})
  if("thread" IN_LIST CTS_SANITIZE)
    # Asio uses fences, and g++ 12 warns about each of them.
    target_compile_options(cts_flags INTERFACE -Wno-tsan)
  endif()
endif()

# cts_library(<folder> <source>... LIBS <target>...): the library cts_<folder>.
function(cts_library name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_library(cts_${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(cts_${name} PUBLIC cts_flags ${arg_LIBS})
endfunction()

# cts_test(<folder> <source>... LIBS <target>...): the program <folder>_test,
# each of whose cases is a test of ctest with the label <folder>.
function(cts_test name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_executable(${name}_test ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name}_test PRIVATE
    cts_flags ${arg_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    CTS_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    CTS_BINARY_DIR="${PROJECT_BINARY_DIR}")
  include(GoogleTest)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS ${name})
endfunction()
