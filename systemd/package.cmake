# The Debian package: `cpack --config build/CPackConfig.cmake` makes it from what is built, in build/package. It holds no
# conffile: the configuration is the administrator's alone.
set(AUTOBACKUPD_MAINTAINER "The autobackupd authors <autobackupd@localhost>" CACHE STRING
    "Maintainer of the Debian package: name and address of who builds it")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME autobackupd)
set(CPACK_PACKAGE_CONTACT "${AUTOBACKUPD_MAINTAINER}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scheduled, verified backups of CVAT projects and git hosts")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"autobackupd keeps backups of CVAT projects and tasks, and of what lies on git
hosts. It finds out what changed, fetches only that, checks every byte, keeps
every version in a plain git repository, pushes it, and proves that it stands
on the server. Backups can be read without it.
.
This package holds the daemon, its client, and the systemd unit. The daemon is
enabled, and starts when there is /etc/autobackupd/autobackupd.yaml.")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Time zones and authorities are read from the system; the maintainer scripts make the user and the directories.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "ca-certificates, tzdata, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
# git: targets with a path. openssh-client: ssh targets. git-lfs: mirrors with large files.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "git, git-lfs, openssh-client")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "msmtp-mta")

set(debian ${CMAKE_CURRENT_SOURCE_DIR}/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PRE_BUILD_SCRIPTS ${debian}/stage.cmake)
set(CPACK_AUTOBACKUPD_SOURCE ${PROJECT_SOURCE_DIR})
include(CPack)
