package org.yitong.code;

/** A public key that the reader is given when it is set up. It signs trust lists. */
public final class Root {
    public enum Suite {
        ED25519(1, 32),
        SM2(2, 33);

        final int number;
        final int bytes;

        Suite(int number, int bytes) {
            this.number = number;
            this.bytes = bytes;
        }
    }

    final int kid;
    final Suite suite;
    final byte[] key;

    public Root(int kid, Suite suite, byte[] key) {
        if (key.length != suite.bytes) {
            throw new IllegalArgumentException(suite + " keys have " + suite.bytes + " bytes, not " + key.length);
        }
        this.kid = kid;
        this.suite = suite;
        this.key = key.clone();
    }
}
