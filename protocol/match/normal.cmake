# Normalisation: pure functions from a text to what is compared.
add_library(bn_match_normal STATIC
    hanzi.c normalise.c)
target_link_libraries(bn_match_normal PUBLIC bn_base PRIVATE ${UTF8PROC_LIBRARY})
