/* test_banks.c - banks laid out by branch: made-up ones, and one in the format of PKDD'99.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit/unit.h"

#include "tools/gen/gen.h"

#include <banyan/base/check.h>

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32];
static char text[1 << 20];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/banyan-gen-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *in_folder(const char *name)
{
    static char path[2][128];
    static unsigned turn;
    turn ^= 1u;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static const char *read_text(const char *name)
{
    FILE *file = fopen(in_folder(name), "re");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    return text;
}

static unsigned count_lines(const char *name)
{
    unsigned count = 0;
    for (const char *c = read_text(name); *c != '\0'; c++) {
        count += *c == '\n';
    }
    return count;
}

static void write_text(const char *name, const char *content)
{
    FILE *file = fopen(in_folder(name), "we");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void bank__gives_every_person_a_branch_and_some_a_second(void **state)
{
    (void)state;
    bn_err err = {0};
    gen_options options = {.people = 500, .branches = 3, .overlap = 20, .seed = 9, .out = folder};
    assert_ok(gen_bank(&options, &err), err);
    unsigned customers = count_lines("0001/customers.csv") + count_lines("0002/customers.csv") +
                         count_lines("0003/customers.csv") - 3;
    assert_in_range(customers, 550, 650);
    assert_int_equal(count_lines("truth.csv"), customers + 1);
    assert_int_equal(count_lines("branches.csv"), 4);
    assert_non_null(strstr(read_text("interactions.map"),
                           "\ncustomer:external_id = customer\n"));
}

static void bank__of_one_branch_has_no_second_records(void **state)
{
    (void)state;
    bn_err err = {0};
    gen_options options = {.people = 50, .branches = 1, .overlap = 100, .seed = 9, .out = folder};
    assert_ok(gen_bank(&options, &err), err);
    assert_int_equal(count_lines("0001/customers.csv"), 51);
}

static void write_small_bank(void)
{
    write_text("district.asc",
               "A1;A2;A3;A4\r\n1;\"Brno\";\"south\";1\r\n2;\"Most\";\"north\";?\r\n");
    write_text("client.asc", "\"client_id\";\"birth_number\";\"district_id\"\r\n"
                             "1;\"706213\";1\r\n7;\"450204\";2\r\n");
    write_text("account.asc", "\"account_id\";\"district_id\";\"frequency\";\"date\"\r\n"
                              "5;1;\"POPLATEK MESICNE\";930101\r\n");
    write_text("disp.asc", "\"disp_id\";\"client_id\";\"account_id\";\"type\"\r\n"
                           "3;1;5;\"OWNER\"\r\n4;7;5;\"DISPONENT\"\r\n");
    write_text("card.asc", "\"card_id\";\"disp_id\";\"type\";\"issued\"\r\n"
                           "8;3;\"gold\";931107 00:00:00\r\n");
    write_text("loan.asc",
               "\"loan_id\";\"account_id\";\"date\";\"amount\";\"duration\";"
               "\"payments\";\"status\"\r\n"
               "9;5;930705;96396;12;8033.00;\"B\"\r\n");
    write_text("order.asc",
               "\"order_id\";\"account_id\";\"bank_to\";\"account_to\";\"amount\";\"k_symbol\"\r\n"
               "2;5;\"YZ\";\"87144583\";2452.00;\" \"\r\n");
    write_text("trans.asc",
               "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";"
                            "\"balance\";\"k_symbol\";\"bank\";\"account\"\r\n"
                            "6;5;930101;\"VYBER\";\"VYBER\";700.00;-3.50;\" \";;\r\n");
}

static void berka__lays_a_bank_out_by_branch(void **state)
{
    (void)state;
    bn_err err = {0};
    write_small_bank();
    gen_options options = {.from = folder, .out = folder};
    assert_ok(gen_berka(&options, &err), err);
    assert_string_equal(read_text("branches.csv"),
                        "number,name,region\n0001,Brno,south\n0002,Most,north\n");
    assert_non_null(strstr(read_text("0001/customers.csv"),
                           "\n1,person,client 1,female,1970-12-13,CZ,south,Brno\n"));
    assert_non_null(strstr(read_text("0002/customers.csv"),
                           "\n7,person,client 7,male,1945-02-04,"));
    /* The second holder lives elsewhere: no reference, but a share and a link to be made. */
    const char *holdings = read_text("0001/holdings.csv");
    assert_non_null(strstr(holdings, "\nA5-C1,1,account,5,owner,"));
    assert_non_null(strstr(holdings, "\nA5-C7,,account,5,authorised,"));
    assert_non_null(strstr(holdings, "\nK8,1,card,5,owner,active,CZK,1993-11-07,"));
    assert_non_null(strstr(holdings, "\nL9,1,loan,5,borrower,defaulted,CZK,1993-07-05,96396,12,"));
    assert_string_equal(read_text("served.csv"), "customer,branch\n7,0001\n");
    assert_string_equal(read_text("links.csv"), "branch,holding,customer\n0001,A5-C7,7\n");
    assert_non_null(strstr(read_text("0001/orders.csv"), "\nO2,1,A5-C1,standing_payment,YZ,"));
    assert_non_null(strstr(read_text("0001/transactions.csv"),
                           "\nT6,1,A5-C1,1993-01-01,debit,cash_out,700.00,-3.50,CZK,,,\n"));
}

static void berka__names_file_and_line_of_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *content;
        const char *text;
    } cases[] = {
        {"client.asc", "client_id;birth_number;district_id\n1;706213;3\n", "client.asc:2"},
        {"client.asc", "client_id;birth_number;district_id\n1;701313;1\n7;709913;1\n",
         "client.asc:2"},
        {"client.asc", "client_id;birth_number\n1;706213\n", "no column district_id"},
        {"client.asc", "client_id;birth_number;district_id\n1;706213\n", "2 columns instead of 3"},
        {"disp.asc", "disp_id;client_id;account_id;type\n3;2;5;OWNER\n", "disp.asc:2"},
        {"disp.asc", "disp_id;client_id;account_id;type\n3;1;5;OWNER\n4;7;5;OWNER\n",
         "is there twice"},
        {"loan.asc", "loan_id;account_id;date;amount;duration;payments;status\n"
                     "9;5;930230;1;12;8;B\n", "not a date"},
        {"card.asc", "card_id;disp_id;type;issued\n8;3;tin;931107\n", "unknown word"},
        {"trans.asc", "trans_id;account_id\n1;1\n", "no column date"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        write_small_bank();
        write_text(cases[i].file, cases[i].content);
        bn_err err = {0};
        gen_options options = {.from = folder, .out = folder};
        assert_int_equal(gen_berka(&options, &err), BN_E_FORMAT);
        if (strstr(err.text, cases[i].text) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, cases[i].text);
        }
    }
}

static void berka__says_which_file_is_missing(void **state)
{
    (void)state;
    bn_err err = {0};
    gen_options options = {.from = folder, .out = folder};
    assert_int_equal(gen_berka(&options, &err), BN_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "district.asc"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(bank__gives_every_person_a_branch_and_some_a_second),
        TEST(bank__of_one_branch_has_no_second_records),
        TEST(berka__lays_a_bank_out_by_branch),
        TEST(berka__names_file_and_line_of_what_is_wrong),
        TEST(berka__says_which_file_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
