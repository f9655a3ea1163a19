/* Every case of the vectors, through the C functions. Reads the lines that the Rust tests write from codes.json:
 * `vectors codes.txt`. A reader is made anew for each case, so a leak or a wrong byte shows under valgrind. */
#include "yitong_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  unsigned char *at;
  size_t length;
} bytes;

static const bytes NOTHING = {NULL, 0};

static void fail(const char *what, const char *line) {
  fprintf(stderr, "vectors: %s: %.100s\n", what, line);
  exit(1);
}

static int digit(char c, const char *line) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  fail("not hex", line);
  return 0;
}

/* In memory of exactly its size, so that reading one byte too far is seen. */
static bytes unhex(const char *hex) {
  bytes out = NOTHING;
  size_t i;
  out.length = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
  out.at = (unsigned char *)malloc(out.length ? out.length : 1);
  if (out.at == NULL) fail("no memory", hex);
  for (i = 0; i < out.length; i++) {
    out.at[i] = (unsigned char)(digit(hex[2 * i], hex) << 4 | digit(hex[2 * i + 1], hex));
  }
  return out;
}

static void release(bytes *of) {
  free(of->at);
  *of = NOTHING;
}

#define STATUS_MAX 16
#define BEFORE_MAX 8
#define ROOTS_MAX 4

static struct {
  bytes school, key, trust, legacy;
  yitong_root roots[ROOTS_MAX];
  size_t roots_count;
  char status_name[STATUS_MAX][32];
  bytes status[STATUS_MAX];
  size_t status_count;
} world;

static struct {
  char status[32];
  size_t memory;
  long long now, uncertain;
  bytes before[BEFORE_MAX], text;
  size_t before_count;
  const char *comment;
} current;

static int cases, lists, wrong;

static yitong_reader *reader_with(size_t memory) {
  yitong_reader *reader = yitong_reader_new(world.roots, world.roots_count, world.school.at, world.key.at, memory);
  if (reader == NULL) fail("no reader", "");
  return reader;
}

static void load(yitong_problem problem, const char *what) {
  if (problem != YITONG_PROBLEM_OK) fail(what, yitong_problem_word(problem));
}

static const char *kind_word(yitong_kind kind) {
  static const char *words[] = {"none", "static", "dynamic", "legacy"};
  return kind >= 0 && kind <= 3 ? words[kind] : "?";
}

static const char *allowance_word(yitong_allowance allowance) {
  static const char *words[] = {"full", "half", "minimum", "identity_only"};
  return allowance >= 0 && allowance <= 3 ? words[allowance] : "?";
}

/* The answer in the words of the file. */
static void say(char *line, yitong_reason reason, const yitong_verified *said) {
  int i;
  if (reason != YITONG_REASON_VERIFIED) {
    sprintf(line, "refused %s %lu", yitong_reason_word(reason), (unsigned long)said->seconds);
    return;
  }
  line += sprintf(line, "verified %s %lu %lld %ld %s %lu %lu %lu ", kind_word(said->kind),
                  (unsigned long)said->holder_class, (long long)said->ends_ms, (long)said->protection,
                  allowance_word(said->allowance), (unsigned long)said->use_fen, (unsigned long)said->total_fen,
                  (unsigned long)said->uses);
  for (i = 0; i < 16; i++) line += sprintf(line, "%02x", said->pairwise[i]);
}

static yitong_reason verify(yitong_reader *reader, bytes text, yitong_verified *said) {
  return yitong_verify(reader, (const char *)text.at, text.length, current.now, current.uncertain, said);
}

static void run_case(const char *expected) {
  yitong_reader *reader = reader_with(current.memory);
  yitong_verified said;
  char line[256];
  size_t i, found = STATUS_MAX;
  load(yitong_load_trust(reader, world.trust.at, world.trust.length), "trust list");
  load(yitong_load_legacy(reader, world.legacy.at, world.legacy.length), "legacy list");
  for (i = 0; i < world.status_count; i++) {
    if (strcmp(world.status_name[i], current.status) == 0) found = i;
  }
  if (found < STATUS_MAX) {
    load(yitong_load_status(reader, world.status[found].at, world.status[found].length), "status list");
  } else if (strcmp(current.status, "elsewhere") == 0) {
    /* Another maker's reader always has a list; without one it must not say yes. */
    expected = "refused no_status_list 0";
  } else {
    fail("no such status list", current.status);
  }
  for (i = 0; i < current.before_count; i++) verify(reader, current.before[i], &said);
  say(line, verify(reader, current.text, &said), &said);
  if (strcmp(line, expected) != 0) {
    fprintf(stderr, "vectors: %s\n  expected %s\n  but was  %s\n", current.comment, expected, line);
    wrong++;
  }
  yitong_reader_free(reader);
  for (i = 0; i < current.before_count; i++) release(&current.before[i]);
  current.before_count = 0;
  release(&current.text);
  cases++;
}

static void run_list(const char *kind, unsigned long held, const char *expected, bytes base, bytes of,
                     const char *comment) {
  yitong_reader *reader = reader_with(1);
  int32_t list = strcmp(kind, "trust") == 0 ? YITONG_LIST_TRUST : strcmp(kind, "legacy") == 0 ? YITONG_LIST_LEGACY
                                                                                               : YITONG_LIST_STATUS;
  yitong_problem problem;
  if (list != YITONG_LIST_TRUST) load(yitong_load_trust(reader, world.trust.at, world.trust.length), "trust list");
  if (base.length > 0) load(yitong_load_status(reader, base.at, base.length), "base");
  /* To hold a version is to take nothing below the next one. */
  if (held > 0) load(yitong_require(reader, list, (uint32_t)held + 1), "version");
  if (strcmp(kind, "delta") == 0) {
    problem = yitong_load_delta(reader, of.at, of.length);
  } else if (list == YITONG_LIST_TRUST) {
    problem = yitong_load_trust(reader, of.at, of.length);
  } else if (list == YITONG_LIST_LEGACY) {
    problem = yitong_load_legacy(reader, of.at, of.length);
  } else {
    problem = yitong_load_status(reader, of.at, of.length);
  }
  if (strcmp(yitong_problem_word(problem), expected) != 0) {
    fprintf(stderr, "vectors: %s list, %s\n  expected %s\n  but was  %s\n", kind, comment, expected,
            yitong_problem_word(problem));
    wrong++;
  }
  yitong_reader_free(reader);
  lists++;
}

/* Cuts off the next word; what is left begins after the space. */
static char *word(char **rest) {
  char *start = *rest, *space;
  if (start == NULL) fail("a line is too short", "");
  space = strchr(start, ' ');
  *rest = space ? space + 1 : NULL;
  if (space) *space = '\0';
  return start;
}

static void read_root(char *rest) {
  yitong_root *root = &world.roots[world.roots_count++];
  bytes key;
  if (world.roots_count > ROOTS_MAX) fail("too many roots", rest);
  memset(root, 0, sizeof *root);
  root->kid = (uint32_t)strtoul(word(&rest), NULL, 10);
  root->suite = (int32_t)strtol(word(&rest), NULL, 10);
  key = unhex(rest);
  if (key.length > sizeof root->key) fail("a key is too long", rest);
  memcpy(root->key, key.at, key.length);
  release(&key);
}

static void read_case(char *rest) {
  word(&rest);
  strncpy(current.status, word(&rest), sizeof current.status - 1);
  current.memory = strtoul(word(&rest), NULL, 10);
  current.now = strtoll(word(&rest), NULL, 10);
  current.uncertain = strtoll(word(&rest), NULL, 10);
  current.comment = rest;
}

static void read_list(char *rest) {
  char *kind = word(&rest), *held = word(&rest), *expected = word(&rest);
  bytes base = unhex(word(&rest)), of = unhex(word(&rest));
  run_list(kind, strtoul(held, NULL, 10), expected, base, of, rest);
  release(&base);
  release(&of);
}

static int read_line(char *line) {
  char *rest = line, *name;
  if (strncmp(line, "verified ", 9) == 0 || strncmp(line, "refused ", 8) == 0) {
    run_case(line);
    return 0;
  }
  name = word(&rest);
  if (strcmp(name, "school") == 0) world.school = unhex(rest);
  else if (strcmp(name, "integrator_key") == 0) world.key = unhex(rest);
  else if (strcmp(name, "root") == 0) read_root(rest);
  else if (strcmp(name, "trust") == 0) world.trust = unhex(rest);
  else if (strcmp(name, "legacy") == 0) world.legacy = unhex(rest);
  else if (strcmp(name, "status") == 0 && world.status_count < STATUS_MAX) {
    strncpy(world.status_name[world.status_count], word(&rest), sizeof world.status_name[0] - 1);
    world.status[world.status_count++] = unhex(rest);
  }
  else if (strcmp(name, "case") == 0) read_case(rest);
  else if (strcmp(name, "before") == 0 && current.before_count < BEFORE_MAX) {
    current.before[current.before_count++] = unhex(rest);
  }
  else if (strcmp(name, "text") == 0) current.text = unhex(rest);
  else if (strcmp(name, "list") == 0) read_list(rest);
  else if (strcmp(name, "end") == 0) {
    int cases_there = (int)strtol(word(&rest), NULL, 10), lists_there = (int)strtol(rest, NULL, 10);
    return cases == cases_there && lists == lists_there && cases > 0 && lists > 0;
  }
  else fail("a line that this does not know", name);
  return 0;
}

static char *whole_file(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text;
  long size;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) fail("can't read", path);
  rewind(file);
  text = (char *)malloc((size_t)size + 1);
  if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) fail("can't read", path);
  text[size] = '\0';
  fclose(file);
  return text;
}

int main(int count, char **arguments) {
  char *text, *line, *next;
  int whole = 0;
  size_t i;
  if (count != 2) fail("say where the vectors are", "vectors codes.txt");
  text = whole_file(arguments[1]);
  for (line = text; line && *line; line = next) {
    next = strchr(line, '\n');
    if (next) *next++ = '\0';
    whole = read_line(line);
  }
  free(text);
  release(&world.school);
  release(&world.key);
  release(&world.trust);
  release(&world.legacy);
  for (i = 0; i < world.status_count; i++) release(&world.status[i]);
  if (!whole) fail("the file is cut, or not everything was run", arguments[1]);
  printf("C %s: %d codes and %d lists, %d wrong\n", yitong_version(), cases, lists, wrong);
  return wrong == 0 ? 0 : 1;
}
