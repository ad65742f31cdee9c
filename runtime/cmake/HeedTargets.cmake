# How every target of heed is compiled.

# Warnings, and include paths from the repository's root ("runtime/ops/graph.hpp") and include/ (<heed/...>).
function(heed_target_defaults target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(HEED_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${heed_SOURCE_DIR}>
                                              $<BUILD_INTERFACE:${heed_SOURCE_DIR}/include>)
  target_compile_features(${target} PUBLIC cxx_std_17)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

# Outside the kernels, whose files have flags of their own, the linker sees all layers at once: 4% less. Objects are whole, too, for
# archives and linkers that know nothing of it.
set(HEED_SIZE_LTO)
if(HEED_SIZE_OPTIMIZED AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(HEED_SIZE_LTO -flto -ffat-lto-objects)
endif()

# A layer of the runtime: an object library without exceptions or RTTI, everything hidden that is not HEED_API,
# fused multiply-adds only where the source says fma. `lower` names the layers it may use.
#   heed_add_layer(ops SOURCES a.cpp b.cpp LOWER kernels base)
function(heed_add_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LOWER" ${ARGN})
  set(target heed_${name})
  add_library(${target} OBJECT ${ARG_SOURCES})
  heed_target_defaults(${target})
  target_compile_options(
    ${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions;-fno-rtti> -ffp-contract=off -fno-math-errno
                      -ffunction-sections -fdata-sections)
  if(HEED_SIZE_OPTIMIZED)
    # Nothing throws, so nobody unwinds; a debugger has its own tables (-g).
    target_compile_definitions(${target} PRIVATE HEED_SIZE_OPTIMIZED)
    target_compile_options(${target} PRIVATE -fno-asynchronous-unwind-tables -fno-unwind-tables)
    if(NOT name STREQUAL "kernels")
      target_compile_options(${target} PRIVATE -Os ${HEED_SIZE_LTO})
    endif()
  endif()
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                                             C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  foreach(lower ${ARG_LOWER})
    target_link_libraries(${target} PUBLIC heed_${lower})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY HEED_LAYERS ${target})
endfunction()

# Header-only packages, found on the build machine and shown through a folder of links, so that a cross build
# never sees the host's other headers.
#   heed_header_package(xsimd xsimd/xsimd.hpp libxsimd-dev) makes the interface target heed_headers_xsimd
function(heed_header_package name header debian_package)
  find_path(HEED_${name}_ROOT ${header} NO_CMAKE_FIND_ROOT_PATH)
  if(NOT HEED_${name}_ROOT)
    message(FATAL_ERROR "heed needs ${header}: install ${debian_package} (./dev deps does), "
                        "or point CMAKE_PREFIX_PATH at it")
  endif()
  set(links "${PROJECT_BINARY_DIR}/headers/${name}")
  file(MAKE_DIRECTORY "${links}")
  file(CREATE_LINK "${HEED_${name}_ROOT}/${name}" "${links}/${name}" SYMBOLIC)
  add_library(heed_headers_${name} INTERFACE)
  target_include_directories(heed_headers_${name} SYSTEM INTERFACE $<BUILD_INTERFACE:${links}>)
endfunction()
