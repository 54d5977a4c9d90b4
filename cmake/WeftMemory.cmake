# SPDX-License-Identifier: Apache-2.0
# weft_memory(TARGET <t> DESCRIPTION <board.toml>)
#
# Prints what cores need of the memory between them (docs/memory.md). Who links <t>, an interface library:
#     includes <link>_memory.h and <core>_resource_table.h
#     has <core>_memory.ld where its linker script says INCLUDE
# For each core that Linux loads: <t>_<core>_table, an object library with <core>_resource_table.c.
# It runs while CMake configures, and again when the description has changed: which files there are is known by then.
function(weft_memory)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;DESCRIPTION" "")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES OR NOT arg_TARGET OR NOT arg_DESCRIPTION)
    message(FATAL_ERROR "weft_memory(TARGET <t> DESCRIPTION <board.toml>), not: ${ARGV}")
  endif()
  get_filename_component(description ${arg_DESCRIPTION} ABSOLUTE)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/weft/${arg_TARGET})
  weft_find_generator()
  weft_generator_files(generator)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${description} ${generator})
  execute_process(
    COMMAND ${WEFT_GENERATOR} memory --list --out ${out} ${description}
    RESULT_VARIABLE code OUTPUT_VARIABLE files ERROR_VARIABLE errors OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT code EQUAL 0)
    string(REPLACE "\n" "\n  " errors "${errors}") # CMake breaks no line that is indented
    message(FATAL_ERROR "weft_memory(TARGET ${arg_TARGET}):\n  ${errors}")
  endif()

  string(REPLACE "\n" ";" files "${files}")
  list(TRANSFORM files PREPEND ${out}/)
  # The header of a link that is no more would compile, and lie.
  file(GLOB stale ${out}/*)
  list(REMOVE_ITEM stale ${files})
  if(stale)
    file(REMOVE ${stale})
  endif()

  add_library(${arg_TARGET} INTERFACE)
  target_include_directories(${arg_TARGET} INTERFACE ${out})
  target_link_options(${arg_TARGET} INTERFACE -L${out}) # a directory of libraries would be in the rpath
  target_link_libraries(${arg_TARGET} INTERFACE weft)
  list(FILTER files INCLUDE REGEX "(_memory\\.ld|_resource_table\\.c)$")
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    if(file MATCHES "\\.ld$")
      set_property(TARGET ${arg_TARGET} APPEND PROPERTY INTERFACE_LINK_DEPENDS ${file})
    else()
      string(REGEX REPLACE "_resource_table$" "_table" name ${name})
      add_library(${arg_TARGET}_${name} OBJECT ${file})
      target_link_libraries(${arg_TARGET}_${name} PRIVATE ${arg_TARGET})
      weft_generated(${arg_TARGET}_${name})
    endif()
  endforeach()
endfunction()
