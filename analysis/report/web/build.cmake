# Run by the build: cmake -DSOURCE=... -DOUT=... -DNODE=... -DNPM=... -DREQUIRED=... -P build.cmake
#
# Fetches the packages into a folder beside OUT and runs build.mjs there, so that the source folder stays as it is.
# Where that fails and is not REQUIRED, the files are empty: all is built but for the charts.
set(work ${OUT}/build)
file(MAKE_DIRECTORY ${work})
file(GLOB files ${SOURCE}/* ${SOURCE}/.npmrc)
list(FILTER files EXCLUDE REGEX "/node_modules$")
file(COPY ${files} DESTINATION ${work})
set(log ${OUT}/build.log)

# Fetching again only if the list of packages is another.
file(SHA256 ${SOURCE}/package-lock.json wanted)
set(have "")
if(EXISTS ${work}/.packages)
  file(READ ${work}/.packages have)
endif()
set(failed 0)
if(NOT have STREQUAL wanted)
  execute_process(COMMAND ${NPM} ci --ignore-scripts --no-progress WORKING_DIRECTORY ${work}
                  RESULT_VARIABLE failed OUTPUT_FILE ${log} ERROR_FILE ${log} TIMEOUT 120)
  if(failed EQUAL 0)
    file(WRITE ${work}/.packages ${wanted})
  endif()
endif()
if(failed EQUAL 0)
  execute_process(COMMAND ${NODE} build.mjs ${OUT} WORKING_DIRECTORY ${work}
                  RESULT_VARIABLE failed OUTPUT_FILE ${log} ERROR_FILE ${log} TIMEOUT 120)
endif()
if(NOT failed EQUAL 0)
  set(text "the charts of reports could not be built (${log} says why); remove ${OUT} to try again")
  if(REQUIRED)
    message(FATAL_ERROR "${text}, or configure with -DFARFAULT_REPORT=OFF")
  endif()
  message(WARNING "${text}")
  foreach(name IN ITEMS report.js report.css licences.txt)
    file(WRITE ${OUT}/${name} "")
  endforeach()
endif()
