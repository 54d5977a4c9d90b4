# SPDX-License-Identifier: Apache-2.0
# weft_warnings: the flags of our own code. Empty where Weft is a dependency: a user's compiler is not ours to judge.
add_library(weft_warnings INTERFACE)
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(weft_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
endif()

# Our C for a target: C11 without extensions, with the warnings.
function(weft_c11 target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_link_libraries(${target} PRIVATE weft_warnings)
endfunction()
