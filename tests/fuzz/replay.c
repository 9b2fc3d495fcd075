/* replay.c - runs a fuzz target over its saved corpus, and over damaged copies of each entry.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX (1024 * 1024)
#define DAMAGES_PER_INPUT 2000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static uint64_t random_state = 42;

static uint64_t next_random(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* One to four bytes replaced, or the tail cut off: what a broken peer sends. */
static size_t damage(uint8_t *bytes, size_t len)
{
    if (len == 0 || next_random() % 4 == 0) {
        return len == 0 ? 0 : next_random() % len;
    }
    for (uint64_t n = next_random() % 4 + 1; n > 0; n--) {
        bytes[next_random() % len] = (uint8_t)next_random();
    }
    return len;
}

static int replay_file(const char *path)
{
    static uint8_t original[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t len = fread(original, 1, sizeof original, file);
    fclose(file);
    for (int round = 0; round <= DAMAGES_PER_INPUT; round++) {
        /* An exact-size copy, so that the address sanitizer sees a read past the end. */
        uint8_t *copy = malloc(len > 0 ? len : 1);
        if (copy == NULL) {
            return 1;
        }
        memcpy(copy, original, len);
        size_t used = round == 0 ? len : damage(copy, len);
        uint8_t *exact = realloc(copy, used > 0 ? used : 1);
        LLVMFuzzerTestOneInput(exact, used);
        free(exact);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    DIR *folder = opendir(argv[1]);
    if (folder == NULL) {
        perror(argv[1]);
        return 1;
    }
    int inputs = 0;
    int failed = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[4096];
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
            failed |= replay_file(path);
            inputs++;
        }
    }
    closedir(folder);
    printf("%d inputs, each also damaged %d times\n", inputs, DAMAGES_PER_INPUT);
    return failed != 0 || inputs == 0;
}
