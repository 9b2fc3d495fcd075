add_library(bn_unlock STATIC ${CMAKE_CURRENT_LIST_DIR}/unlock.c)
target_link_libraries(bn_unlock PUBLIC bn_flags bn_store bn_crypto)
