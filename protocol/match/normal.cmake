# Normalisation: pure functions from a text to what is compared.
add_library(bn_match_normal STATIC
    address.c address_cn.c alias.c area.c chinese_number.c date.c email.c hanzi.c name.c
    normalise.c org_code.c phone.c phonetic.c pinyin.c resident_id.c surname.c)
target_link_libraries(bn_match_normal PUBLIC bn_base PRIVATE ${UTF8PROC_LIBRARY})
