# SPDX-License-Identifier: Apache-2.0
# NANOPB_DIR, a nanopb source tree, and weft_nanopb, its C files with the settings that Weft is built for.
# Never Debian's prebuilt library: PB_NO_ERRMSG changes the layout of nanopb's streams.
if(NOT NANOPB_DIR AND DEFINED ENV{NANOPB_DIR})
  set(NANOPB_DIR $ENV{NANOPB_DIR})
endif()
if(NOT NANOPB_DIR)
  set(NANOPB_DIR ${PROJECT_SOURCE_DIR}/build/nanopb/nanopb-0.4.7)
endif()
set(NANOPB_DIR ${NANOPB_DIR} CACHE PATH "nanopb's source tree: pb_*.c and generator/")
if(NOT EXISTS ${NANOPB_DIR}/pb_decode.c)
  message(FATAL_ERROR "nanopb's sources are not in ${NANOPB_DIR}: "
    "run ${PROJECT_SOURCE_DIR}/scripts/setup demo, or set NANOPB_DIR to the source tree of nanopb 0.4.7 or newer")
endif()

add_library(weft_nanopb STATIC ${NANOPB_DIR}/pb_common.c ${NANOPB_DIR}/pb_encode.c ${NANOPB_DIR}/pb_decode.c)
target_include_directories(weft_nanopb SYSTEM PUBLIC ${NANOPB_DIR})
target_compile_definitions(weft_nanopb PUBLIC PB_BUFFER_ONLY PB_NO_ERRMSG)
