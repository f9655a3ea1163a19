/* A gate: loads the lists that it was given, then reads a code a line and says whether to open.
 *
 *   gate FOLDER < codes
 *
 * FOLDER holds what the school gave to this integrator: `root` (number, suite and key of its root, in words), `school`
 * and `integrator` (hex), and the signed lists `trust`, `status` and, where another system's cards are still used,
 * `legacy` (bytes). The gate keeps `memory` there. A second argument is its clock in Unix ms, instead of the
 * machine's. */
#include "yitong_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Phones that pass within 48 hours. */
#define MEMORY 20000
/* A legacy list of a million cards. */
#define LIST_BYTES_MAX (32 * 1024 * 1024)
/* How far off this machine's clock may be: set by a server of the campus, checked each minute. */
#define UNCERTAINTY_MS 2000

static FILE *open_in(const char *folder, const char *name, const char *how) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return fopen(path, how);
}

/* A file as bytes; NULL when it is not there. */
static unsigned char *read_file(const char *folder, const char *name, size_t *length) {
  FILE *file = open_in(folder, name, "rb");
  unsigned char *bytes = file ? malloc(LIST_BYTES_MAX) : NULL;
  *length = bytes ? fread(bytes, 1, LIST_BYTES_MAX, file) : 0;
  if (file) fclose(file);
  return bytes;
}

static int read_hex(const char *folder, const char *name, unsigned char *out, size_t bytes) {
  FILE *file = open_in(folder, name, "r");
  unsigned value;
  size_t i;
  for (i = 0; file && i < bytes && fscanf(file, "%2x", &value) == 1; i++) out[i] = (unsigned char)value;
  if (file) fclose(file);
  return file && i == bytes;
}

static int read_root(const char *folder, yitong_root *root) {
  FILE *file = open_in(folder, "root", "r");
  char hex[2 * 33 + 1] = "";
  unsigned kid = 0, value;
  int suite = 0, good = file && fscanf(file, "%u %d %66s", &kid, &suite, hex) == 3;
  size_t i;
  memset(root, 0, sizeof *root);
  root->kid = kid;
  root->suite = suite;
  for (i = 0; good && i < strlen(hex) / 2; i++) {
    good = sscanf(hex + 2 * i, "%2x", &value) == 1;
    root->key[i] = (unsigned char)value;
  }
  if (file) fclose(file);
  return good;
}

typedef yitong_problem (*loader)(yitong_reader *, const uint8_t *, size_t);

/* Says what was wrong with a list. A gate without `legacy` or `memory` is a gate; one without the others is not. */
static void load(yitong_reader *reader, const char *folder, const char *name, loader take) {
  size_t length;
  unsigned char *bytes = read_file(folder, name, &length);
  yitong_problem problem = bytes ? take(reader, bytes, length) : YITONG_PROBLEM_OK;
  if (problem != YITONG_PROBLEM_OK) fprintf(stderr, "gate: %s: %s\n", name, yitong_problem_word(problem));
  free(bytes);
}

/* Beside the old one first: a power cut leaves one of the two whole. A true gate does it every few seconds as well. */
static void keep_memory(yitong_reader *reader, const char *folder) {
  size_t length = 0;
  unsigned char *bytes;
  FILE *file;
  yitong_memory_export(reader, NULL, 0, &length);
  bytes = malloc(length);
  if (bytes && yitong_memory_export(reader, bytes, length, &length) == YITONG_PROBLEM_OK) {
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/memory.new", folder);
    snprintf(to, sizeof to, "%s/memory", folder);
    file = fopen(from, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0 || rename(from, to) != 0) {
      fprintf(stderr, "gate: the memory could not be kept\n");
    }
  }
  free(bytes);
}

/* The verdict, on one line each: a screen shows the text, a door hears the first word. */
static void tell(yitong_reason reason, const yitong_verified *said) {
  int i;
  if (reason != YITONG_REASON_VERIFIED) {
    printf("refused %s %s / %s", yitong_reason_word(reason), yitong_reason_text(reason, YITONG_LANGUAGE_CHINESE),
           yitong_reason_text(reason, YITONG_LANGUAGE_ENGLISH));
    if (said->seconds) printf(" (%u s)", (unsigned)said->seconds);
    printf("\n");
    return;
  }
  printf("open ");
  for (i = 0; i < 16; i++) printf("%02x", said->pairwise[i]);
  printf(" class %u\n", (unsigned)said->holder_class);
}

int main(int count, char **arguments) {
  const char *folder = count > 1 ? arguments[1] : ".";
  unsigned char school[16], integrator[32];
  yitong_root root;
  yitong_reader *reader;
  char line[1200];
  if (!read_root(folder, &root) || !read_hex(folder, "school", school, 16) ||
      !read_hex(folder, "integrator", integrator, 32)) {
    fprintf(stderr, "gate: %s lacks root, school or integrator\n", folder);
    return 2;
  }
  reader = yitong_reader_new(&root, 1, school, integrator, MEMORY);
  if (!reader) {
    fprintf(stderr, "gate: root, school or integrator make no reader\n");
    return 2;
  }
  load(reader, folder, "trust", yitong_load_trust);
  load(reader, folder, "status", yitong_load_status);
  load(reader, folder, "legacy", yitong_load_legacy);
  load(reader, folder, "memory", yitong_memory_restore);
  while (fgets(line, sizeof line, stdin)) {
    size_t length = strcspn(line, "\r\n");
    int64_t now = count > 2 ? (int64_t)strtoll(arguments[2], NULL, 10) : (int64_t)time(NULL) * 1000;
    yitong_verified said;
    yitong_reason reason;
    memset(&said, 0, sizeof said);
    reason = yitong_verify(reader, line, length, now, UNCERTAINTY_MS, &said);
    tell(reason, &said);
    fflush(stdout);
  }
  keep_memory(reader, folder);
  yitong_reader_free(reader);
  return 0;
}
