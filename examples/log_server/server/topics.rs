//! Topics, each a directory: what it is and how it is kept in a file, a log for each partition below.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wireview_codecs::kafka::ErrorCode;

use super::log::{Config, Log};
use super::partition::Partition;

/// What a topic is, in its directory.
const META: &str = "topic";

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) id: [u8; 16],
    pub(super) partitions: Vec<Arc<Partition>>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Topics {
    dir: PathBuf,
    durable: bool,
    all: HashMap<String, Arc<Topic>>,
    by_id: HashMap<[u8; 16], Arc<Topic>>,
}

impl Topics {
    /// Opens what is in `dir`. Blocks.
    pub(super) fn open(dir: &Path, defaults: &Config, durable: bool) -> io::Result<Self> {
        let mut topics = Self { dir: dir.to_path_buf(), durable, all: HashMap::new(), by_id: HashMap::new() };
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.file_type()?.is_dir() {
                continue;
            }
            if name.starts_with('.') {
                // It was being made, or deleted.
                fs::remove_dir_all(entry.path())?;
                continue;
            }
            let meta = fs::read_to_string(entry.path().join(META))?;
            let told = Meta::parse(&meta, defaults)
                .ok_or_else(|| io::Error::other(format!("{}: not what a topic has there", entry.path().display())))?;
            topics.load(&name, told)?;
        }
        Ok(topics)
    }

    fn load(&mut self, name: &str, Meta { id, partitions, config }: Meta) -> io::Result<Arc<Topic>> {
        let config = Arc::new(config);
        let partitions = (0..partitions)
            .map(|index| {
                let log = Log::open(&self.dir.join(name).join(index.to_string()), config.clone(), self.durable)?;
                Ok(Arc::new(Partition::new(log)))
            })
            .collect::<io::Result<_>>()?;
        let topic = Arc::new(Topic { name: name.into(), id, partitions });
        self.all.insert(name.into(), topic.clone());
        self.by_id.insert(id, topic.clone());
        Ok(topic)
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Arc<Topic>> {
        self.all.get(std::str::from_utf8(name).ok()?).cloned()
    }

    pub(super) fn get_by_id(&self, id: &[u8; 16]) -> Option<Arc<Topic>> {
        self.by_id.get(id).cloned()
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Vec<Arc<Topic>> {
        let mut all: Vec<_> = self.all.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Makes a topic: all of it, or nothing.
    pub(super) fn create(&mut self, name: &[u8], partitions: i32, config: &Config) -> Result<Arc<Topic>, ErrorCode> {
        let name = lawful(name)?;
        if self.all.contains_key(name) {
            return Err(ErrorCode::TOPIC_ALREADY_EXISTS);
        }
        if !(1..=10_000).contains(&partitions) {
            return Err(ErrorCode::INVALID_PARTITIONS);
        }
        self.make(name, partitions, config).map_err(|error| {
            eprintln!("{name}: {error}");
            ErrorCode::KAFKA_STORAGE_ERROR
        })
    }

    fn make(&mut self, name: &str, partitions: i32, config: &Config) -> io::Result<Arc<Topic>> {
        let meta = Meta { id: random_id()?, partitions, config: config.clone() };
        let fresh = self.dir.join(format!(".new-{name}"));
        match fs::remove_dir_all(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&fresh)?,
        }
        let mut file = File::create(fresh.join(META))?;
        file.write_all(meta.to_text().as_bytes())?;
        file.sync_data()?;
        File::open(&fresh)?.sync_all()?;
        fs::rename(fresh, self.dir.join(name))?;
        File::open(&self.dir)?.sync_all()?;
        self.load(name, meta)
    }

    /// Deletes a topic. What is being sent of it is sent to its end.
    pub(super) fn delete(&mut self, name: &str) -> Result<(), ErrorCode> {
        let topic = self.all.remove(name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        self.by_id.remove(&topic.id);
        let gone = self.dir.join(format!(".gone-{name}"));
        let deleted = fs::rename(self.dir.join(name), &gone).and_then(|()| fs::remove_dir_all(gone));
        for partition in &topic.partitions {
            partition.close();
        }
        deleted.map_err(|error| {
            eprintln!("{name}: {error}");
            ErrorCode::KAFKA_STORAGE_ERROR
        })
    }
}

/// A name that a topic may have, and a directory.
fn lawful(name: &[u8]) -> Result<&str, ErrorCode> {
    let name = std::str::from_utf8(name).map_err(|_| ErrorCode::INVALID_TOPIC_EXCEPTION)?;
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if name.is_empty() || name.len() > 200 || !letters || name.starts_with('.') {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    Ok(name)
}

/// An id that no other topic has.
fn random_id() -> io::Result<[u8; 16]> {
    use std::io::Read;
    let mut id = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut id)?;
    Ok(id)
}

/// What is written down of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meta {
    id: [u8; 16],
    partitions: i32,
    config: Config,
}

impl Meta {
    fn to_text(&self) -> String {
        let mut text = format!("id={:032x}\npartitions={}\n", u128::from_be_bytes(self.id), self.partitions);
        for (name, value) in self.config.entries() {
            text += &format!("{name}={value}\n");
        }
        text
    }

    fn parse(text: &str, defaults: &Config) -> Option<Self> {
        let mut meta = Self { id: [0; 16], partitions: 0, config: defaults.clone() };
        for line in text.lines() {
            let (name, value) = line.split_once('=')?;
            match name {
                "id" => meta.id = u128::from_str_radix(value, 16).ok()?.to_be_bytes(),
                "partitions" => meta.partitions = value.parse().ok()?,
                name => meta.config.set(name, value)?,
            }
        }
        (meta.partitions > 0).then_some(meta)
    }
}

impl Config {
    /// As Kafka calls them.
    pub(super) fn entries(&self) -> [(&'static str, String); 5] {
        let time = if self.append_time { "LogAppendTime" } else { "CreateTime" };
        [
            ("retention.bytes", self.retention_bytes.to_string()),
            ("retention.ms", self.retention_ms.to_string()),
            ("segment.bytes", self.segment_bytes.to_string()),
            ("max.message.bytes", self.max_message_bytes.to_string()),
            ("message.timestamp.type", time.into()),
        ]
    }

    /// Changes one; `None` if there is none by that name, or it cannot be so.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "retention.bytes" => self.retention_bytes = at_least(value, -1)?,
            "retention.ms" => self.retention_ms = at_least(value, -1)?,
            "segment.bytes" => self.segment_bytes = at_least(value, 1024)? as u64,
            "max.message.bytes" => self.max_message_bytes = usize::try_from(at_least(value, 0)?).ok()?,
            "message.timestamp.type" => {
                self.append_time = match value {
                    "CreateTime" => false,
                    "LogAppendTime" => true,
                    _ => return None,
                };
            }
            "cleanup.policy" if value == "delete" => {}
            _ => return None,
        }
        Some(())
    }
}

fn at_least(value: &str, least: i64) -> Option<i64> {
    value.parse().ok().filter(|value| *value >= least)
}
