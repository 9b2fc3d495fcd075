bn_unit_test(protocol/match/decision test_decision.c bn_golden)
bn_unit_test(protocol/match/survivor test_survivor.c bn_golden bn_version)
bn_unit_test(protocol/match/golden test_golden.c bn_golden)
