/* Runs a fuzz target over its corpus without libFuzzer: part of every test run. Each seed
 * is given as it is, cut at many lengths, and with single bytes changed, always alike. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_MAX_BYTES = 1 << 20, CUTS_MAX = 256, CHANGES = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A target may have something to set up before the first input. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A copy of exactly this length, so that the sanitizer sees a read beyond it. */
static void run_copy(const uint8_t *bytes, size_t len, size_t changed, uint8_t value) {
  uint8_t *copy = malloc(len > 0 ? len : 1);
  if (copy == NULL) {
    abort();
  }
  if (len > 0) {
    memcpy(copy, bytes, len);
  }
  if (changed < len) {
    copy[changed] = value;
  }
  LLVMFuzzerTestOneInput(copy, len);
  free(copy);
}

static void run_seed(const uint8_t *bytes, size_t len) {
  run_copy(bytes, len, SIZE_MAX, 0);
  size_t step = len / CUTS_MAX + 1;
  for (size_t cut = 0; cut < len; cut += step) {
    run_copy(bytes, cut, SIZE_MAX, 0);
  }
  uint32_t dice = 2463534242U;
  for (int i = 0; i < CHANGES && len > 0; i++) {
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    run_copy(bytes, len, dice % len, (uint8_t)(dice >> 24));
  }
}

static int run_file(const char *folder, const char *name) {
  static uint8_t bytes[SEED_MAX_BYTES];
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return 1;
  }
  size_t len = fread(bytes, 1, sizeof(bytes), file);
  int failed = ferror(file) != 0 || len == sizeof(bytes);
  fclose(file);
  if (failed) {
    fprintf(stderr, "%s: can't be read, or is a mebibyte or more\n", path);
    return 1;
  }
  /* Before it runs, so that the last line names the seed of a crash. */
  printf("%s (%zu bytes)\n", name, len);
  fflush(stdout);
  run_seed(bytes, len);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  if (LLVMFuzzerInitialize != NULL) {
    LLVMFuzzerInitialize(&argc, &argv);
  }
  struct dirent **entries;
  int count = scandir(argv[1], &entries, NULL, alphasort);
  if (count < 0) {
    fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  int seeds = 0;
  int failed = 0;
  for (int i = 0; i < count; i++) {
    if (entries[i]->d_name[0] != '.') {
      failed |= run_file(argv[1], entries[i]->d_name);
      seeds++;
    }
    free(entries[i]);
  }
  free(entries);
  if (seeds == 0) {
    fprintf(stderr, "%s: there are no seeds\n", argv[1]);
    return 1;
  }
  return failed;
}
