bn_unit_test(core/store/records test_records.c bn_records)
bn_unit_test(core/store/records_index test_records_index.c bn_records)
