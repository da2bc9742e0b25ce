# Run by cpack in the staged tree: what only a Debian package has. Policy 12.1 and 12.7: manual pages and the change log are
# compressed, without a time in them; 12.5: the copyright file.
set(tree ${CPACK_TEMPORARY_DIRECTORY}/usr)
set(doc ${tree}/share/doc/autobackupd)
set(source ${CPACK_AUTOBACKUPD_SOURCE})

# The newest commit's time, so that the same source gives the same change log.
execute_process(COMMAND git -C ${source} log -1 --format=%aD OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT date)
    execute_process(COMMAND date -u -R OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
file(WRITE ${doc}/changelog.Debian
"autobackupd (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * What changed for users: /usr/share/doc/autobackupd/changelog.gz

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(COPY_FILE ${source}/CHANGELOG.md ${doc}/changelog)
file(COPY_FILE ${source}/systemd/debian/copyright ${doc}/copyright)
file(MAKE_DIRECTORY ${tree}/share/lintian/overrides)
file(COPY_FILE ${source}/systemd/debian/lintian-overrides ${tree}/share/lintian/overrides/autobackupd)

file(GLOB pages ${tree}/share/man/man*/*.[1-9])
execute_process(COMMAND gzip -9 -n ${doc}/changelog ${doc}/changelog.Debian ${pages} COMMAND_ERROR_IS_FATAL ANY)
# Whatever the umask of the build was.
set(readable OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(GLOB_RECURSE texts LIST_DIRECTORIES false ${tree}/share/*)
file(CHMOD ${texts} FILE_PERMISSIONS ${readable})
file(CHMOD_RECURSE ${tree} DIRECTORY_PERMISSIONS ${readable} OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
