//! The C library and its users in other languages: each runs every vector, the C ones also under valgrind and with a
//! sanitizer, and a checker that knows only the specification says the same.

use crate::tools::{self, Outcome, ask, finish, root, run, step};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a static Rust library asks of the C linker.
const SYSTEM: [&str; 3] = ["-lpthread", "-ldl", "-lm"];
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];
/// Whose SM3, strictness and old ciphers the checkers rely on.
const CRYPTOGRAPHY: u32 = 43;

/// `cargo xtask languages`: with what it needs, and no more.
pub fn alone() -> Outcome {
    step("tools", || {
        let missing: Vec<_> = needed().into_iter().filter(|(_, there)| !there).map(|(package, _)| package).collect();
        tools::get(&missing)
    })?;
    run_all()
}

pub fn run_all() -> Outcome {
    let at = Places::new()?;
    // The tests of the crate also write the vectors as lines and the layout of the structs.
    step("library and header", || {
        tools::built()?;
        tools::tests_of("yitong-code-c", "code/c", &[])
    })?;
    step("layout in C and C++", || at.layout())?;
    step("C", || {
        at.compile("vectors", "code/c/tests/vectors.c", &[])?;
        at.compile("gate", "code/c/sample/gate.c", &[])?;
        finish(Command::new(at.out("vectors")).arg(&at.lines))?;
        at.gate("C", || Command::new(at.out("gate")))
    })?;
    step("C under valgrind", || {
        finish(valgrind(&at.out("vectors")).arg(&at.lines))?;
        at.gate("C under valgrind", || valgrind(&at.out("gate")))
    })?;
    step("C with sanitizers", || {
        let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];
        at.compile("vectors-asan", "code/c/tests/vectors.c", &sanitizers)?;
        at.compile("gate-asan", "code/c/sample/gate.c", &sanitizers)?;
        finish(Command::new(at.out("vectors-asan")).arg(&at.lines))?;
        at.gate("C with sanitizers", || Command::new(at.out("gate-asan")))
    })?;
    step("Java", || at.java())?;
    step("Python", || at.python())?;
    step("codes of a running server", || at.server())
}

/// Codes that a running server issued, altered and judged, in the form of the vectors: its tests write them.
pub fn of_server() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("tmp/server-codes.json")
}

struct Places {
    /// Where cargo leaves the libraries of a package that it built for its tests.
    library: PathBuf,
    made: PathBuf,
    /// The vectors as lines.
    lines: PathBuf,
    /// What the sample gates are given, and have to say.
    gate: PathBuf,
}

impl Places {
    fn new() -> Result<Places, String> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let made = target.join("languages");
        std::fs::create_dir_all(&made).map_err(|why| format!("{}: {why}", made.display()))?;
        let tmp = target.join("tmp");
        Ok(Places { library: target.join("debug/deps"), made, lines: tmp.join("codes.txt"), gate: tmp.join("gate") })
    }

    fn out(&self, name: &str) -> PathBuf {
        self.made.join(name)
    }

    /// Nothing is run: what is wrong does not compile.
    fn layout(&self) -> Outcome {
        for (compiler, language) in [("gcc", "-std=c99"), ("g++", "-std=c++11")] {
            let mut command = Command::new(compiler);
            command.args(STRICT).arg(language).arg("-I").arg(root().join("code/c/include"));
            command.args(self.lines.parent().map(|tmp| format!("-I{}", tmp.display()))).arg("-fsyntax-only");
            let language = if compiler == "g++" { "c++" } else { "c" };
            finish(command.args(["-x", language]).arg(root().join("code/c/tests/layout.c")))?;
        }
        Ok(())
    }

    /// With the static library, so that the program is whole wherever it is run.
    fn compile(&self, name: &str, source: &str, more: &[&str]) -> Outcome {
        let mut command = Command::new("gcc");
        // The sample reads a folder: snprintf and such are C99, nothing else is asked of the system.
        command.args(STRICT).args(["-std=c99", "-O1"]).args(more).arg("-I").arg(root().join("code/c/include"));
        command.arg("-o").arg(self.out(name)).arg(root().join(source));
        finish(command.arg(self.library.join("libyitong_code_c.a")).args(SYSTEM))
    }

    /// The same codes twice, with being switched off in between: every language says the same.
    fn gate(&self, name: &str, program: impl Fn() -> Command) -> Outcome {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()));
        let now = read(&self.gate.join("now"))?;
        // A gate without a memory is one that was switched on for the first time.
        let _ = std::fs::remove_file(self.gate.join("memory"));
        for expected in ["first", "again"] {
            let codes = File::open(self.gate.join("codes")).map_err(|why| format!("the gate's codes: {why}"))?;
            let mut command = program();
            let output = command.arg(&self.gate).arg(now.trim()).stdin(codes).stderr(std::process::Stdio::inherit());
            let output = output.output().map_err(|why| format!("the gate in {name} can't be started: {why}"))?;
            let (said, meant) = (String::from_utf8_lossy(&output.stdout), read(&self.gate.join(expected))?);
            if !output.status.success() || said != meant {
                return Err(format!("the gate in {name} ({expected}) said\n{said}\ninstead of\n{meant}"));
            }
        }
        Ok(())
    }

    fn java(&self) -> Outcome {
        let home = java_home()?;
        let includes = ["include", "include/linux", "include/darwin"].map(|folder| home.join(folder));
        let mut shim = Command::new("gcc");
        shim.args(STRICT).args(["-std=c99", "-O1", "-shared", "-fPIC"]).arg("-I").arg(root().join("code/c/include"));
        includes.iter().filter(|folder| folder.exists()).for_each(|folder| {
            shim.arg("-I").arg(folder);
        });
        shim.arg("-o").arg(self.out("libyitong_code_jni.so")).arg(root().join("code/java/jni/yitong_jni.c"));
        finish(shim.arg(self.library.join("libyitong_code_c.a")).args(SYSTEM))?;
        let classes = self.out("classes");
        let mut compiler = Command::new("javac");
        compiler.args(["-encoding", "UTF-8", "--release", "17", "-Xlint:all", "-Werror", "-d"]).arg(&classes);
        for folder in ["code/java/src/org/yitong/code", "code/java/sample", "code/java/tests"] {
            compiler.args(sources(&root().join(folder), "java")?);
        }
        finish(&mut compiler)?;
        let java = || {
            let mut java = Command::new("java");
            // The checks of the virtual machine for what the shim does with it.
            java.args(["-Xcheck:jni", "-cp"]).arg(&classes);
            java.arg(format!("-Djava.library.path={}", self.made.display()));
            java
        };
        finish(java().arg("Vectors").arg(&self.lines))?;
        self.gate("Java", || {
            let mut gate = java();
            gate.arg("Gate");
            gate
        })
    }

    fn python(&self) -> Outcome {
        let python = python()?;
        let script = |name: &str| self.script(&python, name);
        finish(&mut script("run_vectors.py"))?;
        self.gate("Python", || script("gate.py"))?;
        finish(script("check_vectors.py").env_remove("YITONG_CODE_LIBRARY"))?;
        finish(script("compare.py").arg("300"))?;
        finish(&mut script("check_legacy.py"))
    }

    fn script(&self, python: &Path, name: &str) -> Command {
        let library = if cfg!(target_os = "macos") { "libyitong_code_c.dylib" } else { "libyitong_code_c.so" };
        let mut command = Command::new(python);
        command.arg(root().join("code/python").join(name)).env("YITONG_CODE_LIBRARY", self.library.join(library));
        // Nothing is left beside the sources.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The same reason from the server, from the C library, and from the checker that shares no code with either.
    fn server(&self) -> Outcome {
        let codes = of_server();
        if !codes.exists() {
            run("cargo", &["test", "--quiet", "--package", "yitong", "--test", "all", "acceptance"])?;
        }
        let python = python()?;
        finish(self.script(&python, "run_vectors.py").arg(&codes))?;
        finish(self.script(&python, "check_vectors.py").arg(&codes).env_remove("YITONG_CODE_LIBRARY"))
    }
}

fn valgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--error-exitcode=1", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]);
    command.arg(program);
    command
}

fn sources(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let listed = std::fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let files = listed.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    Ok(files.filter(|path| path.extension().is_some_and(|of| of == ending)).collect())
}

/// Where `jni.h` is: beside the compiler that is used.
fn java_home() -> Result<PathBuf, String> {
    let compiler = tools::find("javac").ok_or("javac is missing")?;
    let compiler = std::fs::canonicalize(&compiler).map_err(|why| format!("{}: {why}", compiler.display()))?;
    let home = compiler.parent().and_then(Path::parent).ok_or("javac is not in a folder of a JDK")?;
    Ok(home.to_owned())
}

/// A Python with the package `cryptography` for the checker: the system's, or one of our own in `target`.
pub fn python() -> Result<PathBuf, String> {
    let own = root().join("target/python");
    let candidates = [own.join("bin/python3"), PathBuf::from("python3")];
    if let Some(there) = candidates.iter().find(|python| has_cryptography(python)) {
        return Ok(there.clone());
    }
    run("python3", &["-m", "venv", "--clear", "target/python"])?;
    let wanted = format!("cryptography>={CRYPTOGRAPHY}");
    finish(Command::new(own.join("bin/python3")).args(["-m", "pip", "install", "--quiet", &wanted]))?;
    Ok(own.join("bin/python3"))
}

fn has_cryptography(python: &Path) -> bool {
    let version = ask(&python.to_string_lossy(), &["-c", "import cryptography; print(cryptography.__version__)"]);
    let major = version.and_then(|version| version.split('.').next().and_then(|major| major.parse::<u32>().ok()));
    major.is_some_and(|major| major >= CRYPTOGRAPHY)
}

/// What is needed, as packages of Debian, and whether it is there.
pub fn needed() -> Vec<(&'static str, bool)> {
    let there = |program: &str| tools::find(program).is_some();
    let venv = there("python3")
        && (has_cryptography(Path::new("python3")) || ask("python3", &["-m", "ensurepip", "--version"]).is_some());
    vec![
        ("gcc", there("gcc")),
        ("g++", there("g++")),
        ("valgrind", there("valgrind")),
        ("default-jdk-headless", java_home().is_ok_and(|home| home.join("include/jni.h").exists()) && there("java")),
        ("python3-venv", venv),
    ]
}
