//! Every statement of `docs/contract` and every row of `docs/differences.md` has a test that names it, or says why not.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One file of statements.
struct Section {
    title: String,
    statements: Vec<Statement>,
}

struct Statement {
    id: String,
    text: String,
}

impl Statement {
    fn is_untested(&self) -> bool {
        self.text.contains("(not tested: ")
    }
}

/// A test of the suite and the statements that it names.
struct Test {
    name: String,
    shows: Vec<String>,
}

#[test]
fn every_statement_is_tested_or_says_why_not() {
    let sections = sections();
    let tests = tests();
    let mut faults = Vec::new();

    let mut untested = BTreeMap::new();
    for statement in sections.iter().flat_map(|section| &section.statements) {
        if untested.insert(&*statement.id, statement.is_untested()).is_some() {
            faults.push(format!("there are two statements {}", statement.id));
        }
    }
    let shown: BTreeSet<&str> = tests.iter().flat_map(|test| &test.shows).map(String::as_str).collect();
    for (&id, &is_untested) in &untested {
        match (is_untested, shown.contains(id)) {
            (false, false) => faults.push(format!("no test shows {id}")),
            (true, true) => faults.push(format!("{id} says that it is not tested, and is")),
            _ => {}
        }
    }
    for test in &tests {
        if test.shows.is_empty() {
            faults.push(format!("`{}` does not say what it shows", test.name));
        }
        for id in test.shows.iter().filter(|id| !untested.contains_key(id.as_str())) {
            faults.push(format!("`{}` shows {id}, which is no statement", test.name));
        }
    }
    print!("{}", summary(&sections, &tests));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// How many statements and tests each section has.
fn summary(sections: &[Section], tests: &[Test]) -> String {
    let row = |title: &str, statements: usize, untested: usize, tests: usize| {
        format!("{title:<45}{statements:>12}{:>8}{untested:>12}{tests:>7}\n", statements - untested)
    };
    let mut text =
        format!("{:<45}{:>12}{:>8}{:>12}{:>7}\n", "section", "statements", "tested", "not tested", "tests");
    let (mut statements, mut untested) = (0, 0);
    for section in sections {
        let ids: BTreeSet<&str> = section.statements.iter().map(|statement| &*statement.id).collect();
        let without = section.statements.iter().filter(|statement| statement.is_untested()).count();
        let with = tests.iter().filter(|test| test.shows.iter().any(|id| ids.contains(id.as_str()))).count();
        text += &row(&section.title, ids.len(), without, with);
        statements += ids.len();
        untested += without;
    }
    // The differences have a file of their own and are no section.
    let all = format!("{} sections and the differences", sections.len() - 1);
    text + &row(&all, statements, untested, tests.len())
}

/// Reads the statements: list items and rows of tables that begin with a number in bold.
fn sections() -> Vec<Section> {
    let docs = root().join("docs");
    let mut files: Vec<PathBuf> = list(&docs.join("contract"));
    files.retain(|file| file.file_name().is_some_and(|name| name != "README.md"));
    files.push(docs.join("differences.md"));
    files.iter().map(|file| section(file)).collect()
}

fn section(file: &Path) -> Section {
    let text = fs::read_to_string(file).unwrap();
    let title = text.lines().next().unwrap().trim_start_matches("# ").to_owned();
    let statements: Vec<Statement> = text
        .lines()
        .filter_map(|line| {
            let (id, text) =
                line.strip_prefix("- **").or_else(|| line.strip_prefix("| **"))?.split_once("**")?;
            Some(Statement { id: id.to_owned(), text: text.to_owned() })
        })
        .collect();
    let prefix = match title.split_once(". ") {
        Some((number, _)) => format!("{number}."),
        None => "D".to_owned(),
    };
    for (place, statement) in statements.iter().enumerate() {
        assert_eq!(statement.id, format!("{prefix}{}", place + 1), "in `{}`", file.display());
    }
    Section { title, statements }
}

/// Reads the tests: functions marked with `#[test]`, and the documentation above them.
fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for file in list(&root().join("contract/tests/suite")) {
        let code = fs::read_to_string(&file).unwrap();
        let mut shows = Vec::new();
        let mut is_test = false;
        for line in code.lines().map(str::trim_start) {
            if let Some(named) = line.strip_prefix("/// Contract ") {
                let (ids, _) =
                    named.split_once(". ").or_else(|| named.strip_suffix('.').map(|ids| (ids, ""))).unwrap();
                shows = ids.split([',', ';']).map(|id| id.trim().to_owned()).collect();
            } else if line == "#[test]" {
                is_test = true;
            } else if let Some(function) = line.strip_prefix("fn ") {
                if std::mem::take(&mut is_test) {
                    let name = function.split('(').next().unwrap();
                    let name = format!("{}::{name}", file.file_stem().unwrap().display());
                    tests.push(Test { name, shows: std::mem::take(&mut shows) });
                }
                assert!(shows.is_empty(), "`{}` names statements above what is no test", file.display());
            }
        }
    }
    tests
}

/// The files in and below a directory, sorted.
fn list(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(list(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
