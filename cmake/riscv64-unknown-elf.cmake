# SPDX-License-Identifier: Apache-2.0
# Debian's gcc-riscv64-unknown-elf and picolibc-riscv64-unknown-elf. The hart: CMAKE_C_FLAGS of the preset, where
# -misa-spec=2.2 lets the assembler take CSRs and fence.i without a name in -march that no library was built for.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
# A program cannot be linked before the board is known.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
