package org.yitong.code;

/** A reason, and what goes with it. */
public final class Answer {
    public final Reason reason;
    /** How far the phone's clock and the reader's differ: {@link Reason#FROM_THE_FUTURE}, {@link Reason#STALE}. */
    public final long seconds;
    /** Null unless the reason is {@link Reason#VERIFIED}. */
    public final Verified verified;

    Answer(Reason reason, long seconds, Verified verified) {
        this.reason = reason;
        this.seconds = seconds;
        this.verified = verified;
    }
}
