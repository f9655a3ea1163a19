package org.yitong.code;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Verifies campus codes for one school, without a network. Give it the school's lists, then texts.
 *
 * <p>May be used from any thread: its methods wait for each other. Close it when it is no longer needed; what it
 * remembers of dynamic codes is gone then, unless it was exported.
 */
public final class Reader implements AutoCloseable {
    private static final int KEY_BYTES = 33;

    private long handle;

    /**
     * @param roots the public keys that sign the trust list, pinned in your program or its settings
     * @param school the school's id, 16 bytes
     * @param integratorKey what the school gave to you, 32 bytes; keep it secret
     * @param memoryCapacity how many phones are remembered at once: as many as pass in 48 hours
     */
    public Reader(List<Root> roots, byte[] school, byte[] integratorKey, int memoryCapacity) {
        int[] kids = new int[roots.size()];
        int[] suites = new int[roots.size()];
        byte[] keys = new byte[roots.size() * KEY_BYTES];
        for (int i = 0; i < kids.length; i++) {
            Root root = roots.get(i);
            kids[i] = root.kid;
            suites[i] = root.suite.number;
            System.arraycopy(root.key, 0, keys, i * KEY_BYTES, root.key.length);
        }
        handle = Native.open(kids, suites, keys, school, integratorKey, memoryCapacity);
        if (handle == 0) {
            throw new IllegalArgumentException("roots, school (16 bytes), key (32 bytes) or capacity make no reader");
        }
    }

    public static String version() {
        return Native.version();
    }

    public synchronized Problem loadTrust(byte[] signed) {
        return Problem.numbered(Native.load(open(), Native.TRUST, signed));
    }

    public synchronized Problem loadStatus(byte[] signed) {
        return Problem.numbered(Native.load(open(), Native.STATUS, signed));
    }

    /** The difference to the status list that is held. */
    public synchronized Problem loadDelta(byte[] signed) {
        return Problem.numbered(Native.load(open(), Native.DELTA, signed));
    }

    public synchronized Problem loadLegacy(byte[] signed) {
        return Problem.numbered(Native.load(open(), Native.LEGACY, signed));
    }

    public synchronized Head trustHead() {
        return head(Native.TRUST);
    }

    public synchronized Head statusHead() {
        return head(Native.STATUS);
    }

    public synchronized Head legacyHead() {
        return head(Native.LEGACY);
    }

    private Head head(int list) {
        long[] head = Native.head(open(), list);
        return new Head(head[0], head[1]);
    }

    /** Refuses lists below these versions from now on: what was held before being switched off. 0 for none. */
    public synchronized void require(long trust, long status, long legacy) {
        long[] versions = {trust, status, legacy};
        for (int i = 0; i < versions.length; i++) {
            if (versions[i] < 0 || versions[i] > 0xffffffffL) {
                throw new IllegalArgumentException("a version has 32 bits, not " + versions[i]);
            }
            Problem.numbered(Native.require(open(), Native.TRUST + i, versions[i]));
        }
    }

    /**
     * Verifies what a scanner read. A dynamic code that is taken is remembered, so the same text is refused the next
     * time.
     *
     * @param nowMs the Unix clock
     * @param uncertaintyMs how far off that may be
     */
    public synchronized Answer verify(String text, long nowMs, long uncertaintyMs) {
        long[] numbers = new long[Native.NUMBERS];
        byte[] pairwise = new byte[16];
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Reason reason = Reason.numbered(Native.verify(open(), bytes, nowMs, uncertaintyMs, numbers, pairwise));
        Verified verified = reason == Reason.VERIFIED ? new Verified(numbers, pairwise) : null;
        return new Answer(reason, numbers[Native.SECONDS], verified);
    }

    /** What it remembers of dynamic codes, to be kept while it is switched off. */
    public synchronized byte[] exportMemory() {
        return Native.export(open());
    }

    public synchronized Problem restoreMemory(byte[] exported) {
        return Problem.numbered(Native.load(open(), Native.MEMORY, exported));
    }

    @Override
    public synchronized void close() {
        if (handle != 0) {
            Native.close(handle);
            handle = 0;
        }
    }

    private long open() {
        if (handle == 0) {
            throw new IllegalStateException("the reader was closed");
        }
        return handle;
    }
}
