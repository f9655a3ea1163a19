/* Between Java and the C library. Copies arrays in and numbers out; decides nothing. An array that is null or too short
 * is answered with `bad_argument`, and a Java exception that is waiting (no memory) is left to Java. */
#include <jni.h>

#include <stdlib.h>

#include "yitong_code.h"

/* As in Native.java. */
enum { TRUST = 1, STATUS, LEGACY, DELTA, MEMORY };
enum { NUMBERS = 9, PAIRWISE_BYTES = 16, SCHOOL_BYTES = 16, KEY_BYTES = 32, ROOTS_MAX = 16 };

#define NATIVE(type, name) JNIEXPORT type JNICALL Java_org_yitong_code_Native_##name

static yitong_reader *reader_of(jlong handle) { return (yitong_reader *)(intptr_t)handle; }

static jsize length_of(JNIEnv *env, jarray array) { return array ? (*env)->GetArrayLength(env, array) : -1; }

NATIVE(jstring, version)(JNIEnv *env, jclass of) {
  (void)of;
  return (*env)->NewStringUTF(env, yitong_version());
}

NATIVE(jlong, open)
(JNIEnv *env, jclass of, jintArray kids, jintArray suites, jbyteArray keys, jbyteArray school, jbyteArray integrator,
 jint capacity) {
  yitong_root roots[ROOTS_MAX] = {{0, 0, {0}}};
  jint kid, suite;
  uint8_t school_bytes[SCHOOL_BYTES], key[KEY_BYTES];
  jsize count = length_of(env, kids), i;
  const jsize each = (jsize)sizeof roots[0].key;
  (void)of;
  if (count < 1 || count > ROOTS_MAX || capacity < 0 || length_of(env, suites) != count ||
      length_of(env, keys) != count * each || length_of(env, school) != SCHOOL_BYTES ||
      length_of(env, integrator) != KEY_BYTES) {
    return 0;
  }
  for (i = 0; i < count; i++) {
    (*env)->GetIntArrayRegion(env, kids, i, 1, &kid);
    (*env)->GetIntArrayRegion(env, suites, i, 1, &suite);
    (*env)->GetByteArrayRegion(env, keys, i * each, each, (jbyte *)roots[i].key);
    roots[i].kid = (uint32_t)kid;
    roots[i].suite = suite;
  }
  (*env)->GetByteArrayRegion(env, school, 0, SCHOOL_BYTES, (jbyte *)school_bytes);
  (*env)->GetByteArrayRegion(env, integrator, 0, KEY_BYTES, (jbyte *)key);
  return (jlong)(intptr_t)yitong_reader_new(roots, (size_t)count, school_bytes, key, (size_t)capacity);
}

NATIVE(void, close)(JNIEnv *env, jclass of, jlong handle) {
  (void)env, (void)of;
  yitong_reader_free(reader_of(handle));
}

NATIVE(jint, load)(JNIEnv *env, jclass of, jlong handle, jint what, jbyteArray array) {
  jsize length = length_of(env, array);
  jbyte *bytes = length < 0 ? NULL : (*env)->GetByteArrayElements(env, array, NULL);
  jint problem = YITONG_PROBLEM_BAD_ARGUMENT;
  (void)of;
  if (bytes == NULL) return problem;
  switch (what) {
    case TRUST: problem = yitong_load_trust(reader_of(handle), (uint8_t *)bytes, (size_t)length); break;
    case STATUS: problem = yitong_load_status(reader_of(handle), (uint8_t *)bytes, (size_t)length); break;
    case LEGACY: problem = yitong_load_legacy(reader_of(handle), (uint8_t *)bytes, (size_t)length); break;
    case DELTA: problem = yitong_load_delta(reader_of(handle), (uint8_t *)bytes, (size_t)length); break;
    case MEMORY: problem = yitong_memory_restore(reader_of(handle), (uint8_t *)bytes, (size_t)length); break;
  }
  (*env)->ReleaseByteArrayElements(env, array, bytes, JNI_ABORT);
  return problem;
}

NATIVE(jint, require)(JNIEnv *env, jclass of, jlong handle, jint list, jlong version) {
  (void)env, (void)of;
  return yitong_require(reader_of(handle), list, (uint32_t)version);
}

NATIVE(jlongArray, head)(JNIEnv *env, jclass of, jlong handle, jint list) {
  yitong_head head = {0, 0, 0};
  jlongArray out = (*env)->NewLongArray(env, 2);
  (void)of;
  if (out != NULL) {
    jlong numbers[2];
    yitong_list_head(reader_of(handle), list, &head);
    numbers[0] = head.version;
    numbers[1] = head.issued_ms;
    (*env)->SetLongArrayRegion(env, out, 0, 2, numbers);
  }
  return out;
}

NATIVE(jint, verify)
(JNIEnv *env, jclass of, jlong handle, jbyteArray text, jlong now, jlong uncertain, jlongArray numbers,
 jbyteArray pairwise) {
  yitong_verified said;
  jsize length = length_of(env, text);
  jbyte *bytes;
  jint reason;
  (void)of;
  if (length < 0 || length_of(env, numbers) != NUMBERS || length_of(env, pairwise) != PAIRWISE_BYTES) {
    return YITONG_REASON_BAD_ARGUMENT;
  }
  bytes = (*env)->GetByteArrayElements(env, text, NULL);
  if (bytes == NULL) return YITONG_REASON_BAD_ARGUMENT;
  reason = yitong_verify(reader_of(handle), (const char *)bytes, (size_t)length, now, uncertain, &said);
  (*env)->ReleaseByteArrayElements(env, text, bytes, JNI_ABORT);
  /* Below zero nothing was written. */
  if (reason >= 0) {
    const jlong values[NUMBERS] = {said.kind,    said.holder_class, said.ends_ms, said.protection, said.allowance,
                                   said.use_fen, said.total_fen,    said.uses,    said.seconds};
    (*env)->SetLongArrayRegion(env, numbers, 0, NUMBERS, values);
    (*env)->SetByteArrayRegion(env, pairwise, 0, PAIRWISE_BYTES, (const jbyte *)said.pairwise);
  }
  return reason;
}

NATIVE(jbyteArray, export)(JNIEnv *env, jclass of, jlong handle) {
  size_t length = 0;
  uint8_t *bytes;
  jbyteArray out = NULL;
  (void)of;
  yitong_memory_export(reader_of(handle), NULL, 0, &length);
  bytes = (uint8_t *)malloc(length ? length : 1);
  if (bytes && yitong_memory_export(reader_of(handle), bytes, length, &length) == YITONG_PROBLEM_OK) {
    out = (*env)->NewByteArray(env, (jsize)length);
    if (out) (*env)->SetByteArrayRegion(env, out, 0, (jsize)length, (const jbyte *)bytes);
  }
  free(bytes);
  return out;
}

/* The words have no signs outside of the basic plane, so Java's form of UTF-8 is UTF-8. */
NATIVE(jstring, reasonWord)(JNIEnv *env, jclass of, jint reason) {
  (void)of;
  return (*env)->NewStringUTF(env, yitong_reason_word(reason));
}

NATIVE(jstring, reasonText)(JNIEnv *env, jclass of, jint reason, jint language) {
  (void)of;
  return (*env)->NewStringUTF(env, yitong_reason_text(reason, language));
}

NATIVE(jstring, problemWord)(JNIEnv *env, jclass of, jint problem) {
  (void)of;
  return (*env)->NewStringUTF(env, yitong_problem_word(problem));
}
