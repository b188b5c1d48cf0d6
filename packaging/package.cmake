# Debian packages, by `cpack -G DEB` in a release build: session-keeper, and session-keeper-sandbox for a first try.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The session-keeper maintainers <maintainers@session-keeper.example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL daemon sandbox)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME session-keeper)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS "ca-certificates, tzdata")
# Names like US/Eastern, from Debian 13 on.
set(CPACK_DEBIAN_DAEMON_PACKAGE_SUGGESTS "tzdata-legacy")
set(CPACK_COMPONENT_DAEMON_DESCRIPTION "keeps paid remote sessions as planned
Starts sessions at VideoSDK, Notte, Sonoran CMS and providers that its
configuration describes, on schedule; keeps them alive under their idle
timeouts, replaces them before their maximum, receives the providers' signed
webhooks and records every transition durably.")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst;${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm;${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm")

set(CPACK_DEBIAN_SANDBOX_PACKAGE_NAME session-keeper-sandbox)
set(CPACK_COMPONENT_SANDBOX_DESCRIPTION "serves the APIs of session-keeper's providers locally
For a first try of session-keeper without any account, and for tests.")

include(CPack)
