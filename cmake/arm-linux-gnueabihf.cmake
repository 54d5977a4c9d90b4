# SPDX-License-Identifier: Apache-2.0
# Debian's gcc-arm-linux-gnueabihf and libc6-dev-armhf-cross: programs for a Linux on 32-bit Arm.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
