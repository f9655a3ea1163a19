package org.yitong.code;

/** What a reader says to a text: verified, or the first reason against it. Numbers are those of the C library. */
public enum Reason {
    VERIFIED(0),
    NOT_A_CAMPUS_CODE(1),
    MALFORMED(2),
    UNSUPPORTED_VERSION(3),
    UNKNOWN_KEY(4),
    WRONG_SCHOOL(5),
    WRONG_PURPOSE(6),
    KEY_NOT_VALID_NOW(7),
    BAD_SIGNATURE(8),
    BAD_DEVICE_SIGNATURE(9),
    CLOCK_WRONG(10),
    EXPIRED(11),
    LOST(12),
    CANCELLED(13),
    ACCOUNT_STOPPED(14),
    FROM_THE_FUTURE(15),
    STALE(16),
    REPLAYED(17),
    MEMORY_FULL(18),
    /** Nothing is verified before a trust list was loaded. */
    NO_TRUST_LIST(64),
    /** Nothing is verified before a status list was loaded: what was lost would pass. */
    NO_STATUS_LIST(65);

    private final int number;

    Reason(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** Stable, for programs: "bad_signature". */
    public String word() {
        return Native.reasonWord(number);
    }

    /** What a screen may show. */
    public String chinese() {
        return Native.reasonText(number, 0);
    }

    public String english() {
        return Native.reasonText(number, 1);
    }

    static Reason numbered(int number) {
        for (Reason reason : values()) {
            if (reason.number == number) {
                return reason;
            }
        }
        // The library speaks of a fault of the caller (-1) or of its own (-2), or it is newer than this class.
        throw new IllegalStateException("the library says " + number + " (" + Native.reasonWord(number) + ")");
    }
}
