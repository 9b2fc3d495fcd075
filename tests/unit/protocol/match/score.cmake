foreach(part compare feature block score epoch cluster batch)
  bn_unit_test(protocol/match/${part} test_${part}.c bn_match bn_crypto)
endforeach()

# Accuracy on public sets with known truth; skipped where they are not at hand.
bn_unit_test(protocol/match/evaluation test_evaluation.c bn_match_tool)
set_tests_properties(unit/protocol/match/evaluation PROPERTIES LABELS evaluation)
target_compile_definitions(test_protocol_match_evaluation PRIVATE
    BN_TEST_MAPS="${PROJECT_SOURCE_DIR}/tests/match")
