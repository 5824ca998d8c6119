//! Which part of a study a run is: `--shard`, or a task of a SLURM job array; and the command that a
//! folder's shards were run with, so that `study merge` can read the same recordings.

use crate::failure::Failure;
use nervering::grid::{Shard, shards_folder, write_apart};
use serde::{Deserialize, Serialize};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The shard asked for, or that of the task of a job array that this is, or the whole study.
///
/// # Errors
/// [`Failure::Shard`] for an array whose numbers do not fit.
pub fn shard(asked: Option<Shard>) -> Result<Shard, Failure> {
    match asked {
        Some(shard) => Ok(shard),
        None => of_array(|name| env::var(name).ok()),
    }
}

/// SLURM numbers the tasks of an array from MIN in steps of STEP.
fn of_array(variable: impl Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
    let number = |name: &str| -> Result<Option<usize>, Failure> {
        let name = format!("SLURM_ARRAY_TASK_{name}");
        let Some(text) = variable(&name) else { return Ok(None) };
        let number = text.parse().map(Some);
        number.map_err(|_| Failure::Shard { reason: format!("{name} is {text:?}, no number") })
    };
    let (Some(id), Some(count)) = (number("ID")?, number("COUNT")?) else {
        return Ok(Shard::WHOLE);
    };
    let (first, step) = (number("MIN")?.unwrap_or(1), number("STEP")?.unwrap_or(1).max(1));
    let index = id.saturating_sub(first) / step + 1;
    Shard::new(index, count).map_err(|error| Failure::Shard {
        reason: format!("{error}, in SLURM_ARRAY_TASK_ID and _COUNT; say --shard I/N"),
    })
}

/// The command that a folder's shards are run with.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardCommand {
    /// Where it was given: paths in it may be relative.
    pub directory: PathBuf,
    /// What followed `nervering study run`, without what says where, how and which shard.
    pub arguments: Vec<String>,
}

/// Options that say where and how, each with a value.
const HOW: [&str; 4] = ["--out", "--shard", "--threads", "--checkpoint-every"];

impl ShardCommand {
    /// What this program was asked for: the arguments after the name of the action.
    ///
    /// # Errors
    /// [`Failure::Shard`] for arguments that are no text.
    pub fn now(also_without: &[&str]) -> Result<Self, Failure> {
        let given = env::args_os().skip_while(|argument| argument != "study").skip(1);
        let mut arguments = without(&texts(given)?, &[&HOW, also_without].concat());
        // The action: `run` or `submit`. Options may stand before it.
        arguments.drain(..1.min(arguments.len()));
        let directory = env::current_dir()
            .map_err(|source| Failure::Read { path: PathBuf::from("."), source })?;
        Ok(Self { directory, arguments })
    }

    /// Keeps it in the folder of a study.
    ///
    /// # Errors
    /// [`Failure::Grid`].
    pub fn keep(&self, root: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).expect("a command is plain data") + "\n";
        Ok(write_apart(&place(root), text.as_bytes())?)
    }

    /// That of the first folder that has one.
    ///
    /// # Errors
    /// [`Failure::NoShards`] when none has.
    pub fn of(folders: &[PathBuf]) -> Result<Self, Failure> {
        for root in folders {
            let path = place(root);
            match std::fs::read(&path) {
                Ok(bytes) => {
                    let failed = |source: serde_json::Error| Failure::Read {
                        path: path.clone(),
                        source: source.into(),
                    };
                    return serde_json::from_slice(&bytes).map_err(failed);
                }
                Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(Failure::Read { path, source }),
            }
        }
        Err(Failure::NoShards { path: folders.first().cloned().unwrap_or_default() })
    }
}

fn place(root: &Path) -> PathBuf {
    shards_folder(root).join("command.json")
}

fn texts(arguments: impl Iterator<Item = OsString>) -> Result<Vec<String>, Failure> {
    let text = |argument: OsString| {
        let told = |argument: OsString| Failure::Shard {
            reason: format!(
                "the argument {argument:?} is no text, so that no other task could be given it"
            ),
        };
        argument.into_string().map_err(told)
    };
    arguments.map(text).collect()
}

/// Arguments without some options and their values; those that end in `!` have none.
fn without(arguments: &[String], options: &[&str]) -> Vec<String> {
    let (mut kept, mut skips) = (Vec::new(), false);
    for argument in arguments {
        let name = argument.split_once('=').map_or(argument.as_str(), |(name, _)| name);
        let is_of = |option: &&&str| option.trim_end_matches('!') == name;
        let found = options.iter().find(is_of);
        if std::mem::take(&mut skips) {
            continue;
        }
        match found {
            Some(option) => skips = !option.ends_with('!') && !argument.contains('='),
            None => kept.push(argument.clone()),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Shard, Failure> {
        let find = |name: &str| {
            let name = name.strip_prefix("SLURM_ARRAY_TASK_").unwrap();
            variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned())
        };
        of_array(find)
    }

    #[test]
    fn a_task_of_an_array_is_a_shard_wherever_the_array_begins() {
        assert_eq!(of(&[]).unwrap(), Shard::WHOLE);
        assert_eq!(of(&[("ID", "2")]).unwrap(), Shard::WHOLE);
        let of_four = |id, min, step| {
            of(&[("ID", id), ("COUNT", "4"), ("MIN", min), ("STEP", step)]).unwrap().to_string()
        };
        assert_eq!(of_four("0", "0", "1"), "1/4");
        assert_eq!(of_four("4", "1", "1"), "4/4");
        assert_eq!(of_four("14", "10", "2"), "3/4");
        assert!(of(&[("ID", "9"), ("COUNT", "4"), ("MIN", "1")]).is_err());
        assert!(of(&[("ID", "x"), ("COUNT", "4")]).is_err());
    }

    #[test]
    fn what_says_where_and_how_is_left_out() {
        let given = ["s.toml", "--out", "a b", "--kato=x", "--shard=1/2", "--json", "--seed", "3"];
        let kept = without(&given.map(str::to_owned), &["--out", "--shard", "--json!"]);
        assert_eq!(kept, ["s.toml", "--kato=x", "--seed", "3"]);
    }
}
