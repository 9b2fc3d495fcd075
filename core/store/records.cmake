# Records, conflicts and indexes over a store: what both programs share.
add_library(bn_records STATIC conflicts.c index_form.c indexes.c keys.c meta.c records.c)
target_link_libraries(bn_records PUBLIC bn_store bn_model bn_version bn_wire bn_crypto
    PRIVATE bn_match_normal)
