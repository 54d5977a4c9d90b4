# SPDX-License-Identifier: Apache-2.0
# Debian's gcc-arm-none-eabi and libnewlib-arm-none-eabi. The core: CMAKE_C_FLAGS of the preset.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
# A program cannot be linked before the board is known.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
