# Matching: rows, keys, scores, epochs, clusters, and all of it over a batch in memory.
add_library(bn_match STATIC
    batch.c batch_pair.c batch_score.c block.c block_pass.c cluster.c compare.c epoch.c feature.c
    levels_address.c levels_contact.c levels_name.c logarithm.c model.c org.c row.c row_contact.c
    row_name.c score.c train.c train_sample.c train_terms.c union_find.c)
target_link_libraries(bn_match PUBLIC bn_match_normal bn_base PRIVATE bn_crypto Threads::Threads)
