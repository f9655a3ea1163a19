package org.yitong.code;

/** Which version of a list is held; 0 for none. */
public final class Head {
    public final long version;
    /** The moment whose truth the list holds, Unix ms. */
    public final long issuedMs;

    Head(long version, long issuedMs) {
        this.version = version;
        this.issuedMs = issuedMs;
    }
}
