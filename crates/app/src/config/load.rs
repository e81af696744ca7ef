//! The layers put on top of each other.

use std::path::{Path, PathBuf};

use ::config::builder::DefaultState;
use ::config::{ConfigBuilder, File, FileFormat, Value, ValueKind};

use super::{Config, ConfigError, DEFAULT_FILE};

/// Looked for in the data directory, then in the current one.
const FILE_NAME: &str = "touchstone.toml";
/// Variables with short names; the later ones are stronger.
pub(super) const SHORT_NAMES: [(&str, &str); 8] = [
    ("DATABASE_URL", "database.url"),
    ("TOUCHSTONE_DATABASE_URL", "database.url"),
    ("DATABASE_DIRECT_URL", "database.direct_url"),
    ("TOUCHSTONE_DATABASE_DIRECT_URL", "database.direct_url"),
    ("REDIS_URL", "redis.url"),
    ("TOUCHSTONE_REDIS_URL", "redis.url"),
    ("TOUCHSTONE_DATA_DIR", "server.data_dir"),
    ("TOUCHSTONE_LISTEN", "server.listen"),
];
pub(super) const LONG_PREFIX: &str = "TOUCHSTONE__";
/// Variables that are no settings of the server: those of the tests, of the fault injection in test builds and of
/// `touchstone demo`.
const FOREIGN_PREFIXES: [&str; 3] = ["TOUCHSTONE_TEST_", "TOUCHSTONE_FAIL", "TOUCHSTONE_DEMO_"];

/// Settings of earlier versions, and what to do instead.
const GONE: [(&str, &str); 1] = [(
    "auth.jwt_secret",
    "signing keys are made by the program and kept in the database, wrapped by security.master_key; remove the setting, and \
     see auth.jwt_algorithm and `touchstone keys`",
)];

/// Where settings come from besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--config`; must exist.
    pub file: Option<PathBuf>,
    /// Names and values; what does not begin with `TOUCHSTONE_` is looked at only for the short names and by
    /// [`super::ModelsConfig`].
    pub environment: Vec<(String, String)>,
    /// Settings given as flags: key with section, value.
    pub flags: Vec<(&'static str, String)>,
}

impl Sources {
    /// The environment of this process with a file and flags.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(&'static str, String)>) -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            file,
            environment: std::env::vars_os().filter_map(text).collect(),
            flags,
        }
    }
}

pub(super) fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let overrides = overrides(sources)?;
    let mut builder = with_defaults();
    if let Some(path) = file(sources, &overrides)? {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    for (key, value) in overrides {
        builder = builder.set_override(key, value)?;
    }
    let merged = builder.build()?;
    let known = with_defaults().build()?;
    refuse_unknown("", &merged.cache, &known.cache)?;
    let mut config: Config = merged.try_deserialize()?;
    config.validate()?;
    config.models.fill_from(&sources.environment);
    Ok(config)
}

fn with_defaults() -> ConfigBuilder<DefaultState> {
    ::config::Config::builder().add_source(File::from_str(DEFAULT_FILE, FileFormat::Toml))
}

/// Environment, then flags, as keys with their section; a later one of the same key wins.
fn overrides(sources: &Sources) -> Result<Vec<(String, String)>, ConfigError> {
    let mut found = Vec::new();
    for (name, key) in SHORT_NAMES {
        let set = sources
            .environment
            .iter()
            .find(|(variable, value)| variable == name && !value.is_empty());
        found.extend(set.map(|(_, value)| (key.to_owned(), value.clone())));
    }
    for (name, value) in &sources.environment {
        if let Some(path) = name.strip_prefix(LONG_PREFIX) {
            let key = path.to_lowercase().replace("__", ".");
            if key.split('.').any(str::is_empty) {
                return Err(ConfigError::UnknownVariable(name.clone()));
            }
            if !value.is_empty() {
                found.push((key, value.clone()));
            }
        } else if is_misspelt(name) {
            return Err(ConfigError::UnknownVariable(name.clone()));
        }
    }
    found.extend(
        sources
            .flags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone())),
    );
    Ok(found)
}

fn is_misspelt(name: &str) -> bool {
    name.starts_with("TOUCHSTONE_")
        && !SHORT_NAMES.iter().any(|(known, _)| *known == name)
        && !FOREIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn file(sources: &Sources, overrides: &[(String, String)]) -> Result<Option<PathBuf>, ConfigError> {
    if let Some(named) = &sources.file {
        return if named.is_file() {
            Ok(Some(named.clone()))
        } else {
            Err(ConfigError::NoFile(named.clone()))
        };
    }
    let data_dir = overrides.iter().rev().find(|(key, _)| key == "server.data_dir");
    let data_dir = data_dir.map_or_else(
        || Config::default().server.data_dir,
        |(_, value)| PathBuf::from(value),
    );
    let candidates = [data_dir.join(FILE_NAME), Path::new(FILE_NAME).to_path_buf()];
    Ok(candidates.into_iter().find(|path| path.is_file()))
}

/// Every key must be one of the default file, which has all of them.
fn refuse_unknown(section: &str, given: &Value, known: &Value) -> Result<(), ConfigError> {
    let (ValueKind::Table(given), ValueKind::Table(known)) = (&given.kind, &known.kind) else {
        return Ok(());
    };
    for (name, value) in given {
        let key = if section.is_empty() {
            name.clone()
        } else {
            format!("{section}.{name}")
        };
        let Some(expected) = known.get(name) else {
            if let Some(&(key, instead)) = GONE.iter().find(|(gone, _)| *gone == key) {
                return Err(ConfigError::Gone { key, instead });
            }
            let mut names: Vec<_> = known.keys().cloned().collect();
            names.sort();
            return Err(ConfigError::Unknown {
                key,
                known: names.join(", "),
            });
        };
        refuse_unknown(&key, value, expected)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Registration;

    fn sources(environment: &[(&str, &str)]) -> Sources {
        let pairs = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Sources {
            environment: pairs.collect(),
            ..Sources::default()
        }
    }

    fn with_file(text: &str) -> (tempfile::TempDir, Sources) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        (
            directory,
            Sources {
                file: Some(path),
                ..Sources::default()
            },
        )
    }

    #[test]
    fn nothing_given_gives_the_defaults() {
        assert_eq!(load(&Sources::default()).unwrap(), Config::default());
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let (_directory, mut sources) = with_file(
            "[server]\nlisten = \"0.0.0.0:1\"\nshutdown_seconds = 7\n[auth]\nregistration = \"closed\"\n",
        );
        sources.environment = vec![
            ("TOUCHSTONE_LISTEN".to_owned(), "0.0.0.0:2".to_owned()),
            ("TOUCHSTONE__LIMITS__JSON_BODY_KIB".to_owned(), "2048".to_owned()),
            ("TOUCHSTONE__JOBS__CONCURRENCY__LLM".to_owned(), "3".to_owned()),
            (
                "TOUCHSTONE__DATABASE__MIGRATE_ON_START".to_owned(),
                "true".to_owned(),
            ),
        ];
        sources.flags = vec![("server.listen", "0.0.0.0:3".to_owned())];
        let config = load(&sources).unwrap();
        assert_eq!(config.server.listen.port(), 3);
        assert_eq!(config.server.shutdown_seconds, 7);
        assert_eq!(config.auth.registration, Registration::Closed);
        assert_eq!(
            (config.limits.json_body_kib, config.jobs.concurrency.llm),
            (2048, 3)
        );
        assert!(config.database.migrate_on_start);
    }

    #[test]
    fn the_own_database_variable_beats_the_common_one_and_empty_means_unset() {
        let both = [
            ("TOUCHSTONE_DATABASE_URL", "postgres://b/b"),
            ("DATABASE_URL", "postgres://a/a"),
        ];
        assert_eq!(
            load(&sources(&both)).unwrap().database.url.expose(),
            "postgres://b/b"
        );
        let common = [
            ("TOUCHSTONE_DATABASE_URL", ""),
            ("DATABASE_URL", "postgres://a/a"),
        ];
        assert_eq!(
            load(&sources(&common)).unwrap().database.url.expose(),
            "postgres://a/a"
        );
    }

    #[test]
    fn the_file_in_the_data_directory_is_found() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE_NAME), "[limits]\njson_body_kib = 7\n").unwrap();
        let config = load(&sources(&[(
            "TOUCHSTONE_DATA_DIR",
            directory.path().to_str().unwrap(),
        )]))
        .unwrap();
        assert_eq!(config.limits.json_body_kib, 7);
    }

    #[test]
    fn unknown_names_are_refused_by_name() {
        let (_directory, in_file) = with_file("[server]\nlissten = \"0.0.0.0:1\"\n");
        let refused = load(&in_file).unwrap_err().to_string();
        assert!(
            refused.contains("`server.lissten`") && refused.contains("listen"),
            "{refused}"
        );
        let refused = load(&sources(&[("TOUCHSTONE__SERVER__LISSTEN", "x")]))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("`server.lissten`"), "{refused}");
        let refused = load(&sources(&[("TOUCHSTONE_LISSTEN", "x")]))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("TOUCHSTONE_LISSTEN"), "{refused}");
        assert!(load(&sources(&[("TOUCHSTONE_TEST_POSTGRES_URL", "x")])).is_ok());
    }

    #[test]
    fn the_signing_secret_of_earlier_versions_is_refused_with_what_to_do() {
        let (_directory, in_file) = with_file("[auth]\njwt_secret = \"0123456789abcdef0123456789abcdef\"\n");
        let in_environment = sources(&[("TOUCHSTONE__AUTH__JWT_SECRET", "0123456789abcdef0123456789abcdef")]);
        for sources in [in_file, in_environment] {
            let refused = load(&sources).unwrap_err().to_string();
            assert!(
                refused.starts_with("auth.jwt_secret is gone: ") && refused.contains("security.master_key"),
                "{refused}"
            );
            assert!(!refused.contains("0123456789"), "{refused}");
        }
    }

    #[test]
    fn a_missing_named_file_and_values_out_of_range_are_refused() {
        let missing = Sources {
            file: Some("no/such/file.toml".into()),
            ..Sources::default()
        };
        assert!(
            load(&missing)
                .unwrap_err()
                .to_string()
                .contains("no/such/file.toml")
        );
        let long = load(&sources(&[("TOUCHSTONE__AUTH__ACCESS_TOKEN_MINUTES", "60")]))
            .unwrap_err()
            .to_string();
        assert_eq!(
            long,
            "`auth.access_token_minutes` must be between 1 and 15; it is 60"
        );
        let other = load(&sources(&[("DATABASE_URL", "mysql://x")]))
            .unwrap_err()
            .to_string();
        assert!(other.contains("`database.url`"), "{other}");
    }
}
