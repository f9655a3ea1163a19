import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.yitong.code.Answer;
import org.yitong.code.Problem;
import org.yitong.code.Reader;
import org.yitong.code.Reason;
import org.yitong.code.Root;
import org.yitong.code.Verified;

/** Every case of the vectors through the Java classes: {@code java Vectors codes.txt}, as the Rust tests write it. */
final class Vectors {
    private byte[] school;
    private byte[] key;
    private byte[] trust;
    private byte[] legacy;
    private final List<Root> roots = new ArrayList<>();
    private final Map<String, byte[]> status = new HashMap<>();
    private String[] current;
    private final List<byte[]> before = new ArrayList<>();
    private byte[] text;
    private int cases;
    private int lists;
    private int wrong;
    private boolean whole;

    public static void main(String[] arguments) throws IOException {
        Vectors vectors = new Vectors();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            vectors.line(line);
        }
        vectors.memorySurvives();
        vectors.wordsAreThere();
        if (!vectors.whole) {
            throw new IllegalStateException("the file is cut, or not everything was run");
        }
        System.out.printf(
                "Java %s: %d codes and %d lists, %d wrong%n",
                Reader.version(), vectors.cases, vectors.lists, vectors.wrong);
        System.exit(vectors.wrong == 0 ? 0 : 1);
    }

    private void line(String line) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "school" -> school = unhex(words[1]);
            case "integrator_key" -> key = unhex(words[1]);
            case "root" -> {
                Root.Suite suite = words[2].equals("1") ? Root.Suite.ED25519 : Root.Suite.SM2;
                roots.add(new Root(Integer.parseInt(words[1]), suite, unhex(words[3])));
            }
            case "trust" -> trust = unhex(words[1]);
            case "legacy" -> legacy = unhex(words[1]);
            case "status" -> status.put(words[1], unhex(words[2]));
            case "case" -> {
                current = line.split(" ", 7);
                before.clear();
            }
            case "before" -> before.add(unhex(words[1]));
            case "text" -> text = unhex(words[1]);
            case "verified", "refused" -> code(line);
            case "list" -> list(line.split(" ", 7));
            case "end" ->
                whole = cases > 0 && cases == Integer.parseInt(words[1]) && lists == Integer.parseInt(words[2]);
            default -> throw new IllegalArgumentException("a line that this does not know: " + words[0]);
        }
    }

    private void code(String expected) {
        long now = Long.parseLong(current[4]);
        long uncertain = Long.parseLong(current[5]);
        try (Reader reader = reader(Integer.parseInt(current[3]))) {
            must(reader.loadTrust(trust));
            must(reader.loadLegacy(legacy));
            byte[] list = status.get(current[2]);
            if (list != null) {
                must(reader.loadStatus(list));
            } else if (current[2].equals("elsewhere")) {
                // Another maker's reader always has a list; without one it must not say yes.
                expected = "refused no_status_list 0";
            } else {
                throw new IllegalArgumentException("no such status list: " + current[2]);
            }
            for (byte[] text : before) {
                reader.verify(new String(text, StandardCharsets.UTF_8), now, uncertain);
            }
            String said = said(reader.verify(new String(text, StandardCharsets.UTF_8), now, uncertain));
            compare(current[6], expected, said);
        }
        cases++;
    }

    private static String said(Answer answer) {
        if (answer.verified == null) {
            return "refused " + answer.reason.word() + " " + answer.seconds;
        }
        Verified of = answer.verified;
        return String.join(
                " ",
                "verified",
                of.kind.name().toLowerCase(Locale.ROOT),
                String.valueOf(of.holderClass),
                String.valueOf(of.endsMs),
                String.valueOf(of.protection),
                of.allowance.name().toLowerCase(Locale.ROOT),
                String.valueOf(of.useFen),
                String.valueOf(of.totalFen),
                String.valueOf(of.uses),
                of.pairwiseHex());
    }

    private void list(String[] words) {
        long held = Long.parseLong(words[2]);
        // To hold a version is to take nothing below the next one.
        long least = held == 0 ? 0 : held + 1;
        byte[] bytes = unhex(words[5]);
        try (Reader reader = reader(1)) {
            if (!words[1].equals("trust")) {
                must(reader.loadTrust(trust));
            }
            if (!words[4].equals("-")) {
                must(reader.loadStatus(unhex(words[4])));
            }
            Problem problem;
            switch (words[1]) {
                case "trust" -> {
                    reader.require(least, 0, 0);
                    problem = reader.loadTrust(bytes);
                }
                case "legacy" -> {
                    reader.require(0, 0, least);
                    problem = reader.loadLegacy(bytes);
                }
                case "delta" -> problem = reader.loadDelta(bytes);
                default -> {
                    reader.require(0, least, 0);
                    problem = reader.loadStatus(bytes);
                }
            }
            compare(words[1] + " list, " + words[6], words[3], problem.word());
        }
        lists++;
    }

    /** What it remembers comes back or is refused; a closed reader says so. */
    private void memorySurvives() {
        Reader closed;
        try (Reader reader = reader(4)) {
            byte[] kept = reader.exportMemory();
            compare("no trust list", "0", String.valueOf(reader.trustHead().version));
            must(reader.restoreMemory(kept));
            kept[0] ^= 1;
            compare("a bent memory", "malformed", reader.restoreMemory(kept).word());
            compare("no list", "no_trust_list", reader.verify("1", 0, 0).reason.word());
            closed = reader;
        }
        String said = "an answer";
        try {
            closed.verify("1", 0, 0);
        } catch (IllegalStateException refused) {
            said = refused.getMessage();
        }
        compare("a closed reader", "the reader was closed", said);
    }

    /** The enums are written by hand; the library knows each number, under the same word. */
    private void wordsAreThere() {
        for (Reason reason : Reason.values()) {
            compare("a reason", reason.name().toLowerCase(Locale.ROOT), reason.word());
            if (reason.chinese().isEmpty() || reason.english().isEmpty()) {
                compare("the texts of " + reason, "some", "none");
            }
        }
        for (Problem problem : Problem.values()) {
            compare("a problem", problem.name().toLowerCase(Locale.ROOT), problem.word());
        }
    }

    private Reader reader(int memory) {
        return new Reader(roots, school, key, memory);
    }

    private void compare(String comment, String expected, String said) {
        if (!expected.equals(said)) {
            System.err.printf("vectors: %s%n  expected %s%n  but was  %s%n", comment, expected, said);
            wrong++;
        }
    }

    private static void must(Problem problem) {
        if (problem != Problem.OK) {
            throw new IllegalStateException("a good list was not taken: " + problem.word());
        }
    }

    private static byte[] unhex(String hex) {
        if (hex.equals("-")) {
            return new byte[0];
        }
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }
}
