//! When and where a run was, and of which versions: without it, figures say nothing.

use std::process::Command;
use std::{env, fs, thread};

use jiff::{Timestamp, Unit};
use serde::ser::{Serialize, Serializer};

/// Names and what is known of them; what cannot be found out is left out.
pub(super) struct Facts(Vec<(String, String)>);

impl Facts {
    /// Finds out what can be.
    pub(super) fn gather(rounds: usize) -> Self {
        let facts = [
            ("date", Timestamp::now().round(Unit::Second).ok().map(|now| now.to_string())),
            ("CPU", cpu()),
            ("cores", thread::available_parallelism().ok().map(|cores| cores.to_string())),
            ("kernel", read("/proc/sys/kernel/osrelease")),
            ("load average before", load_average()),
            ("rounds", Some(rounds.to_string())),
            ("cog (this one)", Some(env!("CARGO_PKG_VERSION").to_owned())),
            ("compiler", output("rustc", "--version")),
            ("profile", profile()),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
    }

    pub(super) fn add(&mut self, name: &str, fact: String) {
        self.0.push((name.to_owned(), fact));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, fact)| (name.as_str(), fact.as_str()))
    }
}

impl<T: Into<String>> FromIterator<(&'static str, T)> for Facts {
    fn from_iter<I: IntoIterator<Item = (&'static str, T)>>(facts: I) -> Self {
        Self(facts.into_iter().map(|(name, fact)| (name.to_owned(), fact.into())).collect())
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

fn cpu() -> Option<String> {
    let text = read("/proc/cpuinfo")?;
    let (_, model) = text.lines().find(|line| line.starts_with("model name"))?.split_once(": ")?;
    Some(model.to_owned())
}

/// Of the last minute: what others have taken of the machine, if it was not us.
fn load_average() -> Option<String> {
    read("/proc/loadavg")?.split(' ').next().map(str::to_owned)
}

/// The profile that this program was built with: the directory that it stands in is named so.
fn profile() -> Option<String> {
    Some(env::current_exe().ok()?.parent()?.file_name()?.to_str()?.to_owned())
}

fn output(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::Facts;

    #[test]
    fn what_is_known_everywhere() {
        let facts = Facts::gather(9);
        let of = |name: &str| facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact.to_owned());
        assert_eq!(of("rounds").as_deref(), Some("9"));
        assert_eq!(of("cog (this one)").as_deref(), Some(env!("CARGO_PKG_VERSION")));
        assert!(of("date").unwrap().ends_with('Z'));
        assert!(of("compiler").unwrap().starts_with("rustc "));
    }
}
