# Golden records: decisions, survivorship, resolving one component.
add_library(bn_golden STATIC decision.c golden.c golden_row.c resolve.c resolve_ask.c explain.c
    survivor.c survivor_rank.c survivor_value.c)
target_link_libraries(bn_golden PUBLIC bn_base bn_crypto bn_model bn_wire bn_match_normal
    PRIVATE bn_flags)
if(TARGET bn_match)
  target_link_libraries(bn_golden PUBLIC bn_match)
endif()
