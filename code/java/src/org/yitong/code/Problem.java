package org.yitong.code;

/** Why a list or a memory was not taken. Nothing that the reader held is lost then. */
public enum Problem {
    OK(0),
    MALFORMED(1),
    UNKNOWN_KEY(2),
    WRONG_PURPOSE(3),
    BAD_SIGNATURE(4),
    /** Not above the version held or required: an old list could hide a loss. */
    NOT_NEWER(5),
    /** This delta does not fit what is held: load the whole list. */
    NEED_WHOLE(6),
    WRONG_SCHOOL(7),
    /** More than the memory's capacity. */
    NO_ROOM(8),
    NO_TRUST_LIST(64);

    private final int number;

    Problem(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** Stable, for programs: "not_newer". */
    public String word() {
        return Native.problemWord(number);
    }

    static Problem numbered(int number) {
        for (Problem problem : values()) {
            if (problem.number == number) {
                return problem;
            }
        }
        throw new IllegalStateException("the library says " + number + " (" + Native.problemWord(number) + ")");
    }
}
