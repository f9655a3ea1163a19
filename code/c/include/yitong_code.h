/*
 * Verifies campus codes (README.md beside this folder, and SPEC.md). Made by cbindgen from code/c/src: do not edit.
 *
 * Threads: a reader belongs to one thread at a time. It may move between threads; two threads with one reader need a
 * lock of theirs. Different readers know nothing of each other. Functions without a reader can be called from anywhere.
 *
 * Safety: pointers that are null or misaligned are answered with `bad_argument`. Others must point to what is said. No
 * function keeps a pointer that it was handed.
 */

#ifndef YITONG_CODE_H
#define YITONG_CODE_H

#include <stddef.h>
#include <stdint.h>

// Phones that a reader can remember: 40 MB.
#define YITONG_MEMORY_CAPACITY_MAX 1000000

// Why a list, a memory or a question was not taken. Nothing that the reader held is lost then.
enum yitong_problem
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  YITONG_PROBLEM_OK = 0,
  YITONG_PROBLEM_MALFORMED = 1,
  YITONG_PROBLEM_UNKNOWN_KEY = 2,
  YITONG_PROBLEM_WRONG_PURPOSE = 3,
  YITONG_PROBLEM_BAD_SIGNATURE = 4,
  // Not above the version held or required: an old list could hide a loss.
  YITONG_PROBLEM_NOT_NEWER = 5,
  // This delta does not fit what is held: load the whole list.
  YITONG_PROBLEM_NEED_WHOLE = 6,
  // Of another school than the reader's.
  YITONG_PROBLEM_WRONG_SCHOOL = 7,
  // More than the room handed in, or than the memory's capacity.
  YITONG_PROBLEM_NO_ROOM = 8,
  // Load a trust list first.
  YITONG_PROBLEM_NO_TRUST_LIST = 64,
  YITONG_PROBLEM_BAD_ARGUMENT = -1,
  // As in `yitong_reason`.
  YITONG_PROBLEM_BROKEN = -2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yitong_problem yitong_problem;
#else
typedef int32_t yitong_problem;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What `yitong_verify` says. Above zero: the first reason against the code, or what the reader lacks.
enum yitong_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Everything was checked; `out` says what may be known of the holder.
  YITONG_REASON_VERIFIED = 0,
  YITONG_REASON_NOT_A_CAMPUS_CODE = 1,
  YITONG_REASON_MALFORMED = 2,
  YITONG_REASON_UNSUPPORTED_VERSION = 3,
  YITONG_REASON_UNKNOWN_KEY = 4,
  YITONG_REASON_WRONG_SCHOOL = 5,
  YITONG_REASON_WRONG_PURPOSE = 6,
  YITONG_REASON_KEY_NOT_VALID_NOW = 7,
  YITONG_REASON_BAD_SIGNATURE = 8,
  YITONG_REASON_BAD_DEVICE_SIGNATURE = 9,
  YITONG_REASON_CLOCK_WRONG = 10,
  YITONG_REASON_EXPIRED = 11,
  YITONG_REASON_LOST = 12,
  YITONG_REASON_CANCELLED = 13,
  YITONG_REASON_ACCOUNT_STOPPED = 14,
  // `out->seconds`: by how much.
  YITONG_REASON_FROM_THE_FUTURE = 15,
  // `out->seconds`: by how much.
  YITONG_REASON_STALE = 16,
  YITONG_REASON_REPLAYED = 17,
  YITONG_REASON_MEMORY_FULL = 18,
  // Nothing is verified before a trust list was loaded.
  YITONG_REASON_NO_TRUST_LIST = 64,
  // Nothing is verified before a status list was loaded: what was lost would pass.
  YITONG_REASON_NO_STATUS_LIST = 65,
  // A null or misaligned pointer, or a length that no memory has. `out` was not written.
  YITONG_REASON_BAD_ARGUMENT = -1,
  // A bug of this library. The reader answers nothing else from now on; make another, and please tell us.
  YITONG_REASON_BROKEN = -2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yitong_reason yitong_reason;
#else
typedef int32_t yitong_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

enum yitong_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Not verified.
  YITONG_KIND_NONE = 0,
  // Printed on a card.
  YITONG_KIND_STATIC = 1,
  // Shown by a phone, for seconds.
  YITONG_KIND_DYNAMIC = 2,
  // Another system's print.
  YITONG_KIND_LEGACY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yitong_kind yitong_kind;
#else
typedef int32_t yitong_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What the age of the status list leaves of a code's caps.
enum yitong_allowance
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  YITONG_ALLOWANCE_FULL = 0,
  YITONG_ALLOWANCE_HALF = 1,
  YITONG_ALLOWANCE_MINIMUM = 2,
  // The code says who somebody is, and pays nothing.
  YITONG_ALLOWANCE_IDENTITY_ONLY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yitong_allowance yitong_allowance;
#else
typedef int32_t yitong_allowance;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The lists that a reader holds.
enum yitong_list
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  YITONG_LIST_TRUST = 1,
  YITONG_LIST_STATUS = 2,
  YITONG_LIST_LEGACY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yitong_list yitong_list;
#else
typedef int32_t yitong_list;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

enum yitong_language
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  YITONG_LANGUAGE_CHINESE = 0,
  YITONG_LANGUAGE_ENGLISH = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yitong_language yitong_language;
#else
typedef int32_t yitong_language;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

typedef struct yitong_reader yitong_reader;

// A public key that the reader is given when it is set up. It signs trust lists.
typedef struct {
  uint32_t kid;
  // 1: Ed25519, 2: SM2 with SM3.
  int32_t suite;
  // 32 bytes and a zero, or 33 bytes (compressed, SEC 1).
  uint8_t key[33];
} yitong_root;

// Which list is held: version 0 for none.
typedef struct {
  // The moment whose truth the list holds, Unix ms.
  int64_t issued_ms;
  uint32_t version;
  // The version that `yitong_require` was told; 0 for none.
  uint32_t required;
} yitong_head;

// What may be known of a verified code. Not verified: kind 0, protection -1, allowance `IDENTITY_ONLY`, else zeros,
// and `seconds` for the two reasons that have some.
typedef struct {
  // The first moment at which the card or credential is no longer valid, Unix ms.
  int64_t ends_ms;
  // What may be spent in one use until the reader has asked the server again, fen.
  uint32_t use_fen;
  // The same, all uses together.
  uint32_t total_fen;
  uint32_t uses;
  // By how much the phone's clock and the reader's differ.
  uint32_t seconds;
  yitong_kind kind;
  // How the phone keeps its key: 0 a script can read it, 1 it can't be copied, 2 a secure element; -1 for print.
  int32_t protection;
  yitong_allowance allowance;
  // Class of the holder; 0 where the school does not want it read.
  uint32_t holder_class;
  // The same holder at the same integrator: the same bytes, whatever card or phone is shown.
  uint8_t pairwise[16];
} yitong_verified;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Version of the library, such as "0.1.0". Lives as long as the program.
const char *yitong_version(void);

// Makes a reader for one school, from the public keys of its roots (1 to 16), the id of the school, the key that the
// school gave to this integrator, and the number of phones that it can remember at once: as many as pass in 48 hours;
// each takes 40 bytes.
//
// NULL: an argument is null or out of its range, two roots have one number, or the integrator's key is all zeros.
//
// # Safety
// `roots` points to `roots_count` roots, `school` to 16 bytes, `integrator_key` to 32 bytes.
yitong_reader *yitong_reader_new(const yitong_root *roots,
                                 size_t roots_count,
                                 const uint8_t *school,
                                 const uint8_t *integrator_key,
                                 size_t memory_capacity);

// Frees a reader; NULL is nothing to free. Write its memory down first.
//
// # Safety
// `reader` comes from `yitong_reader_new`, was not freed, and is not used by another thread or later.
void yitong_reader_free(yitong_reader *reader);

// Loads a trust list. Status and legacy list stay, unless the key that signed them is no longer in it: then
// `yitong_verify` says `no_status_list` until a new one is loaded.
//
// # Safety
// `reader` is a live reader, `bytes` points to `length` bytes.
yitong_problem yitong_load_trust(yitong_reader *reader, const uint8_t *bytes, size_t length);

// Loads a whole status list.
//
// # Safety
// As for `yitong_load_trust`.
yitong_problem yitong_load_status(yitong_reader *reader, const uint8_t *bytes, size_t length);

// Loads the difference to the status list that is held. `need_whole`: fetch the whole list instead.
//
// # Safety
// As for `yitong_load_trust`.
yitong_problem yitong_load_delta(yitong_reader *reader, const uint8_t *bytes, size_t length);

// Loads the list of another system's printed codes. Only schools that still use those have one.
//
// # Safety
// As for `yitong_load_trust`.
yitong_problem yitong_load_legacy(yitong_reader *reader, const uint8_t *bytes, size_t length);

// Refuses lists below `version` from now on. A reader that was switched off says here which versions it had, before it
// loads files that somebody may have exchanged for older ones. `list` is a `yitong_list`.
//
// # Safety
// `reader` is a live reader.
yitong_problem yitong_require(yitong_reader *reader, int32_t list, uint32_t version);

// Which version of a list is held, to know what to fetch. `list` is a `yitong_list`.
//
// # Safety
// `reader` is a live reader, `out` has room for a head.
yitong_problem yitong_list_head(yitong_reader *reader, int32_t list, yitong_head *out);

// Verifies what a scanner read. A dynamic code that is taken is remembered, so the same text is `replayed` the next
// time. `now_ms` is the Unix clock; `uncertainty_ms` says how far off that may be (0 to 180,000; more counts as that).
// Writes `out` always, except for `bad_argument` and `broken`. Asks for no memory.
//
// # Safety
// `reader` is a live reader, `text` points to `length` bytes (UTF-8, no zero at the end needed), `out` has room for
// one.
yitong_reason yitong_verify(yitong_reader *reader,
                            const char *text,
                            size_t length,
                            int64_t now_ms,
                            int64_t uncertainty_ms,
                            yitong_verified *out);

// Writes down the memory of uses, to be kept while the reader is switched off. `length` becomes the number of bytes,
// also for `no_room`; with `out` NULL and `room` 0 that is all it does.
//
// # Safety
// `reader` is a live reader, `out` has `room` bytes or is NULL, `length` has room for a number.
yitong_problem yitong_memory_export(yitong_reader *reader, uint8_t *out, size_t room, size_t *length);

// Takes back what `yitong_memory_export` wrote; of each phone the later use counts. `malformed`: not written by it,
// or cut; then no dynamic code from before can be told from a new one, and the reader has to wait, as README.md says.
//
// # Safety
// As for `yitong_load_trust`.
yitong_problem yitong_memory_restore(yitong_reader *reader, const uint8_t *bytes, size_t length);

// The stable word of a reason, such as "bad_signature"; "unknown" for other numbers. Lives as long as the program.
const char *yitong_reason_word(int32_t reason);

// What a screen may show for a reason, UTF-8; `language` is a `yitong_language`. Empty for other numbers. Lives as
// long as the program.
const char *yitong_reason_text(int32_t reason, int32_t language);

// The stable word of a problem, such as "not_newer"; "unknown" for other numbers. Lives as long as the program.
const char *yitong_problem_word(int32_t problem);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* YITONG_CODE_H */
