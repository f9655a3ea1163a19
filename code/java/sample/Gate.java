import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.yitong.code.Answer;
import org.yitong.code.Problem;
import org.yitong.code.Reader;
import org.yitong.code.Reason;
import org.yitong.code.Root;

/** A gate: {@code java Gate FOLDER [NOW_MS] < codes}. The folder is described in code/c/sample/gate.c. */
final class Gate {
    /** Phones that pass within 48 hours. */
    private static final int MEMORY = 20_000;
    /** How far off this machine's clock may be: set by a server of the campus, checked each minute. */
    private static final int UNCERTAINTY_MS = 2_000;

    private interface Loader {
        Problem take(byte[] bytes);
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        String[] root = Files.readString(folder.resolve("root")).trim().split(" ");
        Root.Suite suite = root[1].equals("1") ? Root.Suite.ED25519 : Root.Suite.SM2;
        List<Root> roots = List.of(new Root(Integer.parseInt(root[0]), suite, unhex(root[2])));
        byte[] school = unhex(Files.readString(folder.resolve("school")).trim());
        byte[] key = unhex(Files.readString(folder.resolve("integrator")).trim());
        try (Reader reader = new Reader(roots, school, key, MEMORY)) {
            load(folder, "trust", reader::loadTrust);
            load(folder, "status", reader::loadStatus);
            load(folder, "legacy", reader::loadLegacy);
            load(folder, "memory", reader::restoreMemory);
            Long fixed = arguments.length > 1 ? Long.valueOf(arguments[1]) : null;
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            BufferedReader scanner = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = scanner.readLine(); line != null; line = scanner.readLine()) {
                long now = fixed != null ? fixed : System.currentTimeMillis();
                out.println(told(reader.verify(line, now, UNCERTAINTY_MS)));
            }
            keepMemory(folder, reader.exportMemory());
        }
    }

    /** The verdict: a screen shows the text, a door hears the first word. */
    private static String told(Answer answer) {
        if (answer.verified != null) {
            return "open " + answer.verified.pairwiseHex() + " class " + answer.verified.holderClass;
        }
        String seconds = answer.seconds == 0 ? "" : " (" + answer.seconds + " s)";
        Reason reason = answer.reason;
        return "refused " + reason.word() + " " + reason.chinese() + " / " + reason.english() + seconds;
    }

    /** A gate without `legacy` or `memory` is a gate; one without the others refuses everything. */
    private static void load(Path folder, String name, Loader loader) throws IOException {
        Path file = folder.resolve(name);
        Problem problem = Files.exists(file) ? loader.take(Files.readAllBytes(file)) : Problem.OK;
        if (problem != Problem.OK) {
            System.err.println("gate: " + name + ": " + problem.word());
        }
    }

    /** Beside the old one first: a power cut leaves one of the two whole. A true gate does it every few seconds too. */
    private static void keepMemory(Path folder, byte[] memory) throws IOException {
        Path beside = folder.resolve("memory.new");
        Files.write(beside, memory);
        Files.move(beside, folder.resolve("memory"), StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] unhex(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }
}
