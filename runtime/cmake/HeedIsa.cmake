# Instruction sets: which ones a build has, and the compiler flags that only their own file sees.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(all sse2 sse41 avx2 avxvnni avx512 avx512vnni)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(all neon neondot neoni8mm)
else()
  set(all)
endif()

set(HEED_ISA_FLAGS_sse2 -msse2)
set(HEED_ISA_FLAGS_sse41 -msse4.1)
set(HEED_ISA_FLAGS_avx2 -mavx2 -mfma)
set(HEED_ISA_FLAGS_avxvnni ${HEED_ISA_FLAGS_avx2} -mavxvnni)
set(HEED_ISA_FLAGS_avx512 ${HEED_ISA_FLAGS_avx2} -mavx512f -mavx512cd -mavx512dq -mavx512bw -mavx512vl)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # its own avx512fintrin.h sets them off (GCC bug 105593)
  list(APPEND HEED_ISA_FLAGS_avx512 -Wno-uninitialized -Wno-maybe-uninitialized)
endif()
set(HEED_ISA_FLAGS_avx512vnni ${HEED_ISA_FLAGS_avx512} -mavx512vnni)
set(HEED_ISA_FLAGS_neon -march=armv8-a)
set(HEED_ISA_FLAGS_neondot -march=armv8.2-a+dotprod)
set(HEED_ISA_FLAGS_neoni8mm -march=armv8.2-a+dotprod+i8mm)
# The float kernels of these come from the named one.
set(HEED_ISA_BASE_sse41 sse2)
set(HEED_ISA_BASE_avxvnni avx2)
set(HEED_ISA_BASE_avx512vnni avx512)
set(HEED_ISA_BASE_neondot neon)
set(HEED_ISA_BASE_neoni8mm neon)

# Those that are younger than some compilers that build the rest (GCC 9, Clang 10).
include(CheckCXXCompilerFlag)
foreach(isa avxvnni neoni8mm)
  if(isa IN_LIST all)
    list(GET HEED_ISA_FLAGS_${isa} -1 flag)
    check_cxx_compiler_flag(${flag} HEED_COMPILER_HAS_${isa})
    if(NOT HEED_COMPILER_HAS_${isa})
      message(STATUS "heed: this compiler does not know ${flag}; built without ${isa}")
      list(REMOVE_ITEM all ${isa})
    endif()
  endif()
endforeach()
set(HEED_ISAS "${all}" CACHE STRING "Instruction sets to build kernels for; the scalar ones are always there")

# Sanitizers leave these files alone: instrumented, each takes minutes to compile, and what they could find is found
# by tests with guard pages behind every buffer. The scalar reference and everything else is instrumented.
if(HEED_SANITIZE)
  set(HEED_ISA_UNSANITIZED -fno-sanitize=all)
endif()

if(HEED_SIZE_OPTIMIZED)
  # At -O2 GCC keeps the register tiles in memory, which is large and slow: -O3 without what only makes copies.
  set(HEED_ISA_OPTIMIZATION -O3)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND HEED_ISA_OPTIMIZATION -fvect-cost-model=very-cheap -fno-unswitch-loops -fno-split-loops -fno-ipa-cp-clone
                                      -fno-version-loops-for-strides)
  endif()
else()
  set(HEED_ISA_OPTIMIZATION -O3)
endif()

# Adds isa/<name>.cpp of the current directory to `target` for each of HEED_ISAS, and tells dispatch.cpp of it
# by HEED_ISA_<NAME>. Optimised in every build type: unoptimised kernels would be full of functions that the linker
# merges across instruction sets.
function(heed_add_isa_sources target)
  set(isas ${HEED_ISAS})
  foreach(isa ${HEED_ISAS})
    if(NOT DEFINED HEED_ISA_FLAGS_${isa})
      message(FATAL_ERROR "HEED_ISAS: there is no instruction set '${isa}'")
    endif()
    list(APPEND isas ${HEED_ISA_BASE_${isa}})
  endforeach()
  list(REMOVE_DUPLICATES isas)
  foreach(isa ${isas})
    target_sources(${target} PRIVATE isa/${isa}.cpp)
    set_source_files_properties(isa/${isa}.cpp PROPERTIES COMPILE_OPTIONS
                                "${HEED_ISA_OPTIMIZATION};${HEED_ISA_FLAGS_${isa}};${HEED_ISA_UNSANITIZED}")
    string(TOUPPER ${isa} name)
    target_compile_definitions(${target} PRIVATE HEED_ISA_${name})
  endforeach()
endfunction()
