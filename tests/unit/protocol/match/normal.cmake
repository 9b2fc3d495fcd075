foreach(part normalise pinyin date idnumber phone name email address)
  bn_unit_test(protocol/match/${part} test_${part}.c bn_match_normal)
endforeach()
