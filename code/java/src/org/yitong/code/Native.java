package org.yitong.code;

/** The functions of jni/yitong_jni.c. Only {@link Reader} holds a handle, and it holds it alone. */
final class Native {
    /** Places in the numbers of a verified code. */
    static final int KIND = 0;
    static final int HOLDER_CLASS = 1;
    static final int ENDS_MS = 2;
    static final int PROTECTION = 3;
    static final int ALLOWANCE = 4;
    static final int USE_FEN = 5;
    static final int TOTAL_FEN = 6;
    static final int USES = 7;
    static final int SECONDS = 8;
    static final int NUMBERS = 9;

    /** What `load` loads. */
    static final int TRUST = 1;
    static final int STATUS = 2;
    static final int LEGACY = 3;
    static final int DELTA = 4;
    static final int MEMORY = 5;

    static {
        System.loadLibrary("yitong_code_jni");
    }

    private Native() {}

    static native String version();

    /** 0: an argument is out of its range. Each key takes 33 bytes of `keys`. */
    static native long open(int[] kids, int[] suites, byte[] keys, byte[] school, byte[] integratorKey, int capacity);

    static native void close(long reader);

    static native int load(long reader, int what, byte[] bytes);

    static native int require(long reader, int list, long version);

    /** Version and moment. */
    static native long[] head(long reader, int list);

    static native int verify(long reader, byte[] text, long nowMs, long uncertaintyMs, long[] numbers, byte[] pairwise);

    static native byte[] export(long reader);

    static native String reasonWord(int reason);

    static native String reasonText(int reason, int language);

    static native String problemWord(int problem);
}
