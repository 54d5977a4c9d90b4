# SPDX-License-Identifier: Apache-2.0
# Firmware for two cores without an operating system. WEFT_BOARD names the board: a folder of runtime/port/ with
#     board.toml           its memory (docs/memory.md): the sources include <link>_memory.h, the linker <core>_memory.ld
#     CMakeLists.txt       makes weft_board, the functions of port/board.h (board.c and console.c beside it among them)
#     core0.ld, core1.ld   the linker script of each core's images; what they include lies beside them
#     run                  runs two images
#
# weft_firmware(<name> CORE0 <source>... [LINK0 <library>...] CORE1 <source>... [LINK1 <library>...])
#
# Makes <name>_core0 and <name>_core1 in the build folder's firmware/: `scripts/cores run <machine> <name>` runs them.
set(weft_board_folder ${PROJECT_SOURCE_DIR}/runtime/port/${WEFT_BOARD})
weft_memory(TARGET weft_board_memory DESCRIPTION ${weft_board_folder}/board.toml)
add_subdirectory(${weft_board_folder} ${PROJECT_BINARY_DIR}/board)
target_include_directories(weft_board PUBLIC ${PROJECT_SOURCE_DIR}/runtime)
target_link_libraries(weft_board PUBLIC weft weft_board_memory)
target_link_options(weft_board INTERFACE -L${weft_board_folder})
file(GLOB scripts CONFIGURE_DEPENDS ${weft_board_folder}/*.ld)
set_property(TARGET weft_board PROPERTY INTERFACE_LINK_DEPENDS ${scripts})
weft_c11(weft_board)

function(weft_firmware name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "CORE0;CORE1;LINK0;LINK1")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_CORE0 OR NOT arg_CORE1)
    message(FATAL_ERROR "weft_firmware(<name> CORE0 <source>... [LINK0 <library>...] CORE1 <source>... "
      "[LINK1 <library>...]), not: ${ARGV}")
  endif()
  foreach(core 0 1)
    set(image ${name}_core${core})
    add_executable(${image} ${arg_CORE${core}})
    target_link_libraries(${image} PRIVATE ${arg_LINK${core}} weft_board)
    target_link_options(${image} PRIVATE -T ${weft_board_folder}/core${core}.ld)
    weft_c11(${image})
    set_target_properties(${image} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/firmware)
  endforeach()
endfunction()
