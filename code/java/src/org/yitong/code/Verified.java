package org.yitong.code;

/** What may be known of the holder of a verified code. A plain class, so that old Androids take it. */
public final class Verified {
    public enum Kind {
        /** Printed on a card. */
        STATIC,
        /** Shown by a phone, for seconds. */
        DYNAMIC,
        /** Another system's print. */
        LEGACY
    }

    /** What the age of the status list leaves of a code's caps. */
    public enum Allowance {
        FULL,
        HALF,
        MINIMUM,
        /** The code says who somebody is, and pays nothing. */
        IDENTITY_ONLY
    }

    public final Kind kind;
    /** 0 where the school does not want it read. */
    public final int holderClass;
    /** The first moment at which the card or credential is no longer valid, Unix ms. */
    public final long endsMs;
    /** How the phone keeps its key: 0 a script can read it, 1 it can't be copied, 2 a secure element; -1 for print. */
    public final int protection;
    public final Allowance allowance;
    /** What may be spent in one use until the reader has asked the server again, fen. */
    public final long useFen;
    /** The same, all uses together. */
    public final long totalFen;
    public final int uses;
    private final byte[] pairwise;

    Verified(long[] numbers, byte[] pairwise) {
        // In the order in which the shim writes them; kind 0 would be "not verified", and that is never handed in.
        this.kind = Kind.values()[(int) numbers[Native.KIND] - 1];
        this.holderClass = (int) numbers[Native.HOLDER_CLASS];
        this.endsMs = numbers[Native.ENDS_MS];
        this.protection = (int) numbers[Native.PROTECTION];
        this.allowance = Allowance.values()[(int) numbers[Native.ALLOWANCE]];
        this.useFen = numbers[Native.USE_FEN];
        this.totalFen = numbers[Native.TOTAL_FEN];
        this.uses = (int) numbers[Native.USES];
        this.pairwise = pairwise;
    }

    /** The same holder at the same integrator: the same 16 bytes, whatever card or phone is shown. */
    public byte[] pairwise() {
        return pairwise.clone();
    }

    /** The same as 32 signs. */
    public String pairwiseHex() {
        StringBuilder hex = new StringBuilder();
        for (byte b : pairwise) {
            hex.append(String.format("%02x", b));
        }
        return hex.toString();
    }
}
