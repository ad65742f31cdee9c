# `cmake --install`: the library, its headers, what find_package(heed CONFIG) and pkg-config need, and the tool.
# The installed tree holds no absolute path, so it may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/heed")
set(package_build_dir "${PROJECT_BINARY_DIR}/package")

install(TARGETS heed EXPORT heedTargets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/heed" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# What the C++ compiler links by itself and the C compiler does not, such as "stdc++ m": C programs need it beside
# a static heed.
set(HEED_CXX_LIBRARIES ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(REMOVE_ITEM HEED_CXX_LIBRARIES ${CMAKE_C_IMPLICIT_LINK_LIBRARIES})
list(REMOVE_DUPLICATES HEED_CXX_LIBRARIES)
list(TRANSFORM HEED_CXX_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE HEED_PC_CXX_LIBRARIES)
list(JOIN HEED_CXX_LIBRARIES " " HEED_CXX_LIBRARIES)
list(JOIN HEED_PC_CXX_LIBRARIES " " HEED_PC_CXX_LIBRARIES)

# heed::heed for find_package. Before 1.0 a minor version may change the C++ API, so it must match.
install(EXPORT heedTargets NAMESPACE heed:: DESTINATION "${package_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/heedConfig.cmake.in" "${package_build_dir}/heedConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${package_build_dir}/heedConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${package_build_dir}/heedConfig.cmake" "${package_build_dir}/heedConfigVersion.cmake"
        DESTINATION "${package_dir}")

# heed.pc finds its prefix from its own place.
file(RELATIVE_PATH HEED_PC_PREFIX "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
string(REGEX REPLACE "/$" "" HEED_PC_PREFIX "${HEED_PC_PREFIX}")
# A static heed is the only one there: whoever links it, from C too, needs the libraries of C++.
set(HEED_PC_STATIC_LIBRARIES "")
if(NOT BUILD_SHARED_LIBS)
  set(HEED_PC_STATIC_LIBRARIES " ${HEED_PC_CXX_LIBRARIES}")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/heed.pc.in" "${package_build_dir}/heed.pc" @ONLY)
install(FILES "${package_build_dir}/heed.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The converter as a library: find_package(heed COMPONENTS converter).
if(TARGET heed_converter)
  install(TARGETS heed_converter EXPORT heedConverterTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT heedConverterTargets NAMESPACE heed:: DESTINATION "${package_dir}")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/converter" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/heed-converter"
          FILES_MATCHING PATTERN "*.hpp")
endif()

if(TARGET heed_cli)
  file(RELATIVE_PATH bin_to_lib "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
  set_target_properties(heed_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  install(TARGETS heed_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
