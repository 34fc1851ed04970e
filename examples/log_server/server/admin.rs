//! CreateTopics, DeleteTopics.

use std::result::Result as StdResult;

use wireview::{Payload, Result};
use wireview_codecs::kafka::{
    CreatableTopic, CreateTopicsRequest, CreateTopicsResponse, CreatedConfig, CreatedTopic, DeleteTopicsRequest,
    DeleteTopicsResponse, DeletedTopic, ErrorCode, List, Tags, Version,
};

use super::connection::owned;
use super::{Broker, Config};

/// The origin of a setting: of the topic, of the server.
const DYNAMIC_TOPIC_CONFIG: i8 = 1;
const DEFAULT_CONFIG: i8 = 5;

/// Makes topics.
pub(super) fn create(
    broker: &Broker,
    asked: &CreateTopicsRequest<&[u8]>,
    version: Version,
) -> Result<CreateTopicsResponse<Payload<'static>>> {
    let mut topics = List::new(version);
    for topic in asked.topics.iter() {
        let topic = topic?;
        let made = wanted(broker, &topic).and_then(|(partitions, config)| {
            let id = if asked.validate_only {
                [0; 16]
            } else {
                broker.topics.lock().create(topic.name, partitions, &config)?.id
            };
            Ok((id, partitions, config))
        });
        let mut created = CreatedTopic {
            name: owned(topic.name),
            topic_id: [0; 16],
            error_code: ErrorCode::NONE,
            error_message: None,
            num_partitions: -1,
            replication_factor: -1,
            configs: None,
            tags: Tags::none(),
        };
        match made {
            Ok((id, partitions, config)) => {
                (created.topic_id, created.num_partitions, created.replication_factor) = (id, partitions, 1);
                created.configs = Some(List::of(version, configs(&config, &broker.settings.config))?);
            }
            Err(error) => created.error_code = error,
        }
        topics.push(created)?;
    }
    Ok(CreateTopicsResponse { throttle_time_ms: 0, topics: topics.into_array(), tags: Tags::none() })
}

/// How many partitions, and how it is kept.
fn wanted(broker: &Broker, topic: &CreatableTopic<&[u8]>) -> StdResult<(i32, Config), ErrorCode> {
    let given = topic.assignments.len() as i32;
    for replica in topic.assignments.iter() {
        let replica = replica.map_err(|_| ErrorCode::INVALID_REQUEST)?;
        if replica.broker_ids.len() != 1 || !(0..given).contains(&replica.partition_index) {
            return Err(ErrorCode::INVALID_REPLICA_ASSIGNMENT);
        }
    }
    let partitions = match topic.num_partitions {
        _ if given > 0 => given,
        -1 => broker.settings.partitions,
        wanted => wanted,
    };
    if !matches!(topic.replication_factor, -1 | 1) {
        return Err(ErrorCode::INVALID_REPLICATION_FACTOR);
    }
    let mut config = broker.settings.config.clone();
    for setting in topic.configs.iter() {
        let setting = setting.map_err(|_| ErrorCode::INVALID_REQUEST)?;
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| ErrorCode::INVALID_CONFIG);
        let Some(value) = setting.value else { continue };
        config.set(text(setting.name)?, text(value)?).ok_or(ErrorCode::INVALID_CONFIG)?;
    }
    Ok((partitions, config))
}

fn configs(config: &Config, defaults: &Config) -> Vec<CreatedConfig<Payload<'static>>> {
    let told = config.entries().into_iter().zip(defaults.entries());
    told.map(|((name, value), (_, default))| CreatedConfig {
        name: Payload::Static(name.as_bytes()),
        config_source: if value == default { DEFAULT_CONFIG } else { DYNAMIC_TOPIC_CONFIG },
        value: Some(owned(value.as_bytes())),
        read_only: false,
        is_sensitive: false,
        tags: Tags::none(),
    })
    .collect()
}

/// Deletes topics.
pub(super) fn delete(
    broker: &Broker,
    asked: &DeleteTopicsRequest<&[u8]>,
    version: Version,
) -> Result<DeleteTopicsResponse<Payload<'static>>> {
    let mut responses = List::new(version);
    let by_name = asked.topic_names.iter().map(|name| name.map(|name| (Some(name.0), [0; 16])));
    let by_id = asked.topics.iter().map(|topic| topic.map(|topic| (topic.name, topic.topic_id)));
    for topic in by_name.chain(by_id) {
        let (name, topic_id) = topic?;
        let mut topics = broker.topics.lock();
        let found = match name {
            Some(name) => topics.get(name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            None => topics.get_by_id(&topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID),
        };
        let told = match &found {
            Ok(topic) => Some(owned(topic.name.as_bytes())),
            Err(_) => name.map(owned),
        };
        let gone = found.and_then(|topic| topics.delete(&topic.name).map(|()| topic.id));
        responses.push(DeletedTopic {
            name: told,
            topic_id: gone.unwrap_or(topic_id),
            error_code: gone.err().unwrap_or(ErrorCode::NONE),
            error_message: None,
            tags: Tags::none(),
        })?;
    }
    Ok(DeleteTopicsResponse { throttle_time_ms: 0, topics: responses.into_array(), tags: Tags::none() })
}
