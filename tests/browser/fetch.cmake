# Run by the build: cmake -DSOURCE=... -DOUT=... -DNPM=... -P fetch.cmake
#
# The checks and their packages, in a folder of the build. Where the packages do not come, the folder is not ready, and
# the tests are skipped.
file(GLOB files ${SOURCE}/*.mjs ${SOURCE}/*.json ${SOURCE}/.npmrc)
file(COPY ${files} ${SOURCE}/sample DESTINATION ${OUT})
file(SHA256 ${SOURCE}/package-lock.json wanted)
set(have "")
if(EXISTS ${OUT}/.packages)
  file(READ ${OUT}/.packages have)
endif()
if(NOT have STREQUAL wanted)
  execute_process(COMMAND ${NPM} ci --ignore-scripts --no-progress WORKING_DIRECTORY ${OUT} RESULT_VARIABLE failed
                  OUTPUT_FILE ${OUT}/fetch.log ERROR_FILE ${OUT}/fetch.log TIMEOUT 120)
  if(NOT failed EQUAL 0)
    message(WARNING "tests of reports will be skipped: ${OUT}/fetch.log says why their packages did not come")
    file(REMOVE ${OUT}/.packages)
    file(WRITE ${OUT}/ready "no\n")
    return()
  endif()
  file(WRITE ${OUT}/.packages ${wanted})
endif()
file(WRITE ${OUT}/ready "yes\n")
