# Flags every target gets through bn_flags.
add_library(bn_flags INTERFACE)
target_compile_options(bn_flags INTERFACE
    -include ${PROJECT_SOURCE_DIR}/include/banyan/base/banned.h
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wcast-qual -Wvla -Wundef -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Werror
    -Wno-gnu-statement-expression -Wno-unknown-warning-option
    -fno-strict-aliasing -fstack-protector-strong
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_compile_definitions(bn_flags INTERFACE _GNU_SOURCE)
if(BN_FUZZ)
  target_compile_options(bn_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(bn_flags INTERFACE -fsanitize=address,undefined)
elseif(BN_SANITIZE)
  target_compile_options(bn_flags INTERFACE -fsanitize=address,undefined
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(bn_flags INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(bn_flags INTERFACE -U_FORTIFY_SOURCE
      $<$<AND:$<C_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-D_FORTIFY_SOURCE=3>)
  target_link_options(bn_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
