# What `cmake --install` lays down: the program under both of its names, its
# documents, the examples, and for systemd the unit, its user and its folder.

include(GNUInstallDirs)

if(TARGET cts)
  install(TARGETS cts RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  # Scripts of the original product keep working. The link is made at the time
  # of installation, since only then is the prefix known.
  install(CODE "
    set(_bin \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    file(CREATE_LINK cts \"\${_bin}/consul-terraform-sync\" SYMBOLIC)
    message(STATUS \"Installing: \${_bin}/consul-terraform-sync\")")
endif()

foreach(document README.md ARCHITECTURE.md LICENSE)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${document}")
    install(FILES "${PROJECT_SOURCE_DIR}/${document}"
            DESTINATION "${CMAKE_INSTALL_DOCDIR}")
  endif()
endforeach()
install(DIRECTORY examples DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_file(packaging/cts.service.in cts.service @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/cts.service"
        DESTINATION lib/systemd/system)
install(FILES packaging/cts.sysusers
        DESTINATION lib/sysusers.d RENAME cts.conf)
install(FILES packaging/cts.tmpfiles
        DESTINATION lib/tmpfiles.d RENAME cts.conf)
