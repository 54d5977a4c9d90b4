# SPDX-License-Identifier: Apache-2.0
# weft_generate(TARGET <t> PROTOS <file.proto>... [IMPORTS <dir>...] [MTU <bytes>])
#
# Makes three static libraries from .proto files; a core links the half that it is:
#     <t>         the messages (nanopb), and x_weft.h: names, numbers, sizes
#     <t>_client  the calling half, x_client.h
#     <t>_server  the serving half, x_server.h
# IMPORTS are searched for imports, as protoc's -I. A file is named relative to the first of them that is above it,
# else by its own directory: sensor.proto gives sensor_client.h. MTU: refuse messages whose frames are larger.
# A .proto that imports one of another target needs target_link_libraries(<t> PUBLIC <other>).
# The generator is WEFT_GENERATOR: the project's build/venv/bin/weft, else the weft in PATH.

function(weft_generate)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;MTU" "PROTOS;IMPORTS")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES OR NOT arg_TARGET OR NOT arg_PROTOS)
    message(FATAL_ERROR
      "weft_generate(TARGET <t> PROTOS <file.proto>... [IMPORTS <dir>...] [MTU <bytes>]), not: ${ARGV}")
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/weft/${arg_TARGET})
  set(options --no-well-known)
  if(arg_MTU)
    list(APPEND options --mtu ${arg_MTU})
  endif()

  weft_well_known()
  weft_generate_libraries(${arg_TARGET} ${out} "${arg_PROTOS}" "${arg_IMPORTS}" "${options}")
  target_link_libraries(${arg_TARGET} PUBLIC weft_well_known)
endfunction()

# weft_well_known: the messages of protobuf's own files that have a fixed size, once for all.
function(weft_well_known)
  if(TARGET weft_well_known)
    return()
  endif()
  set(out ${CMAKE_BINARY_DIR}/weft/well_known)
  set(names google/protobuf/duration google/protobuf/empty google/protobuf/timestamp)
  list(TRANSFORM names APPEND .proto OUTPUT_VARIABLE protos)
  list(TRANSFORM names PREPEND ${out}/ OUTPUT_VARIABLE stems)
  list(TRANSFORM stems APPEND .pb.c OUTPUT_VARIABLE sources)
  list(TRANSFORM stems APPEND .pb.h OUTPUT_VARIABLE headers)

  weft_find_generator()
  weft_generator_files(generator)
  add_custom_command(
    OUTPUT ${out}/weft.stamp
    BYPRODUCTS ${sources} ${headers}
    COMMAND ${WEFT_GENERATOR} generate --quiet --nanopb ${NANOPB_DIR} --out ${out} ${protos}
    COMMAND ${CMAKE_COMMAND} -E touch ${out}/weft.stamp
    DEPENDS ${generator}
    COMMENT "weft: well-known messages"
    VERBATIM)
  add_custom_target(weft_well_known_generate DEPENDS ${out}/weft.stamp)
  add_library(weft_well_known STATIC EXCLUDE_FROM_ALL ${sources} ${headers})
  add_dependencies(weft_well_known weft_well_known_generate)
  target_include_directories(weft_well_known PUBLIC ${out})
  target_link_libraries(weft_well_known PUBLIC weft_nanopb)
  weft_generated(weft_well_known)
endfunction()

function(weft_generate_libraries target out protos imports options)
  weft_find_generator()
  weft_generator_files(depends)
  set(folders)
  foreach(folder ${imports})
    get_filename_component(folder ${folder} ABSOLUTE)
    list(APPEND folders ${folder})
    list(APPEND options -I ${folder})
  endforeach()

  set(files)
  foreach(proto ${protos})
    get_filename_component(proto ${proto} ABSOLUTE)
    get_filename_component(folder ${proto} DIRECTORY)
    get_filename_component(name ${proto} NAME_WLE)
    # Named as the generator does: by the first import directory above it, else its own joins them.
    weft_name_below(${proto} "${folders}" stem)
    if(NOT stem)
      list(APPEND folders ${folder})
      set(stem ${name})
    endif()
    list(APPEND files ${proto})
    # A .options file that appears later is seen as well.
    file(GLOB sizes CONFIGURE_DEPENDS ${folder}/${name}.options)
    list(APPEND depends ${proto} ${sizes})
    list(APPEND message_files ${out}/${stem}.pb.c ${out}/${stem}.pb.h ${out}/${stem}_weft.h)
    list(APPEND client_files ${out}/${stem}_client.c ${out}/${stem}_client.h)
    list(APPEND server_files ${out}/${stem}_server.c ${out}/${stem}_server.h)
  endforeach()

  # A file whose text is the same is not written, so what includes it is not built. That the command has run is said by
  # a stamp: by the times of its files, make would run it for ever.
  add_custom_command(
    OUTPUT ${out}/weft.stamp
    BYPRODUCTS ${message_files} ${client_files} ${server_files}
    COMMAND ${WEFT_GENERATOR} generate --quiet --nanopb ${NANOPB_DIR} --out ${out} ${options}
            --depfile ${out}/weft.d --depfile-target ${out}/weft.stamp ${files}
    COMMAND ${CMAKE_COMMAND} -E touch ${out}/weft.stamp
    DEPENDS ${depends}
    DEPFILE ${out}/weft.d
    COMMENT "weft: ${target}"
    VERBATIM)
  # One target runs the command, so that the libraries may be built at the same time.
  add_custom_target(${target}_generate DEPENDS ${out}/weft.stamp)

  add_library(${target} STATIC ${message_files})
  target_include_directories(${target} PUBLIC ${out})
  target_link_libraries(${target} PUBLIC weft_nanopb weft) # weft/view.h
  add_library(${target}_client STATIC ${client_files})
  add_library(${target}_server STATIC ${server_files})
  foreach(half client server)
    target_link_libraries(${target}_${half} PUBLIC ${target} weft)
  endforeach()
  foreach(library ${target} ${target}_client ${target}_server)
    add_dependencies(${library} ${target}_generate)
    weft_generated(${library})
  endforeach()
endfunction()

# The path of a .proto below the first folder that is above it, without its ending; empty: below none.
function(weft_name_below proto folders result)
  set(${result} "" PARENT_SCOPE)
  foreach(folder ${folders})
    file(RELATIVE_PATH name ${folder} ${proto})
    if(NOT name MATCHES "^\\.\\./" AND NOT IS_ABSOLUTE "${name}")
      string(REGEX REPLACE "\\.[^./]*$" "" name ${name})
      set(${result} ${name} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# What is generated compiles without warnings; where this is our own build, that is checked.
function(weft_generated target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
  if(TARGET weft_warnings)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:weft_warnings>)
  endif()
endfunction()

# A change of the generator generates anew.
function(weft_generator_files result)
  get_filename_component(root ${CMAKE_CURRENT_FUNCTION_LIST_DIR} DIRECTORY)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS
    ${root}/generator/weft/*.py ${root}/templates/*.j2 ${root}/schemas/weft/*.proto)
  set(${result} ${files} PARENT_SCOPE)
endfunction()

function(weft_find_generator)
  # The folder of this file: where weft_generate() is called, variables of Weft's own CMakeLists.txt are not seen.
  get_filename_component(root ${CMAKE_CURRENT_FUNCTION_LIST_DIR} DIRECTORY)
  find_program(WEFT_GENERATOR weft
    HINTS ${root}/build/venv/bin ${root}/build/venv/Scripts
    NO_CMAKE_FIND_ROOT_PATH
    DOC "The weft generator")
  if(NOT WEFT_GENERATOR)
    message(FATAL_ERROR
      "The generator weft is missing: run ${root}/scripts/setup demo, or pip install ${root} and set WEFT_GENERATOR "
      "to its weft.")
  endif()
endfunction()
