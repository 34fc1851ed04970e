"""Run by clients.rs and mock.rs: librdkafka against the broker at argv[2], in the mode argv[1]."""

import hashlib
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

POOL = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(4096))


def key(i):
    """Some have none."""
    return None if i % 3 == 0 else b"key %d" % i


def value(i):
    """Of mixed size, some null, some empty, some of a hundred kilobytes; half of it can be compressed."""
    if i % 101 == 7:
        return None
    size = (i * 7919) % 350 if i % 5000 else 90_000
    at = (i * 104729) % (len(POOL) - 400)
    noise = POOL[at : at + size // 2]
    return (b"%d " % i + noise + b"wireview " * (size // 18))[: max(size, 0)]


def headers(i):
    return [("trace", b"%d" % i), ("none", None)] if i % 10 == 0 else []


def produce(producer, topic, count, partitions):
    failed = []

    def delivered(error, message):
        if error:
            failed.append(error)

    for i in range(count):
        while True:
            try:
                producer.produce(
                    topic, value(i), key(i), i % partitions, headers=headers(i), on_delivery=delivered, timestamp=10**12 + i
                )
                break
            except BufferError:
                producer.poll(0.1)
        if i % 1000 == 0:
            producer.poll(0)
    producer.flush(300)
    assert not failed, failed[0]


def consume(broker, topic, count, partitions):
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": "nobody",
            "enable.auto.commit": False,
            "check.crcs": True,
            "queued.max.messages.kbytes": 65536,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    following = list(range(partitions))
    taken, size, last = 0, 0, time.monotonic()
    while taken < count:
        messages = consumer.consume(10_000, timeout=1)
        assert messages or time.monotonic() - last < 60, f"{taken} of {count} came"
        for message in messages:
            assert not message.error(), message.error()
            partition = message.partition()
            i = following[partition]
            following[partition] += partitions
            assert message.offset() == i // partitions, (message.offset(), i)
            assert message.value() == value(i) and message.key() == key(i), i
            assert (message.headers() or []) == headers(i), i
            assert message.timestamp()[1] == 10**12 + i, i
            size += len(message.value() or b"")
            taken += 1
            last = time.monotonic()
    consumer.close()
    return size


def round_trip(broker, count, compression, idempotent):
    count, partitions = int(count), 4
    topic = f"{compression}-{idempotent}"
    producer = Producer(
        {
            "bootstrap.servers": broker,
            "compression.type": compression,
            "enable.idempotence": idempotent == "1",
            "acks": "all",
            "linger.ms": 20,
        }
    )
    begun = time.monotonic()
    produce(producer, topic, count, partitions)
    between = time.monotonic()
    size = consume(broker, topic, count, partitions)
    ended = time.monotonic()
    kind = "idempotent" if idempotent == "1" else "plain"
    print(
        f"the same: {count} messages, {size} bytes of values, {compression}, {kind}:"
        f" produced in {between - begun:.1f} s, consumed in {ended - between:.1f} s"
    )


def fails(code, call):
    try:
        call()
    except KafkaException as error:
        assert error.args[0].code() == code, error
    else:
        raise AssertionError(f"not refused: {code}")


def admin(broker):
    admin = AdminClient({"bootstrap.servers": broker})
    create = lambda topic: admin.create_topics([topic])[topic.topic].result(30)
    create(NewTopic("t", 2, config={"max.message.bytes": "2000"}))
    fails(KafkaError.TOPIC_ALREADY_EXISTS, lambda: create(NewTopic("t", 2)))
    fails(KafkaError.INVALID_PARTITIONS, lambda: create(NewTopic("u", 20_000)))
    fails(KafkaError.INVALID_REPLICATION_FACTOR, lambda: create(NewTopic("u", 1, 3)))
    fails(KafkaError.INVALID_CONFIG, lambda: create(NewTopic("u", 1, config={"cleanup.policy": "compact"})))
    listed = admin.list_topics(timeout=30)
    assert len(listed.topics["t"].partitions) == 2 and list(listed.brokers) == [1]

    told = []
    producer = Producer({"bootstrap.servers": broker, "retries": 0})
    for topic, size in [("t", 100), ("t", 5000)]:
        producer.produce(topic, b"x" * size, partition=0, on_delivery=lambda error, _: told.append(error and error.code()))
        producer.flush(30)
    assert told == [None, KafkaError.MSG_SIZE_TOO_LARGE], told

    consumer = Consumer({"bootstrap.servers": broker, "group.id": "nobody", "auto.offset.reset": "error"})
    assert consumer.get_watermark_offsets(TopicPartition("t", 0), timeout=30) == (0, 1)
    consumer.assign([TopicPartition("t", 0, 99)])
    message = consumer.poll(30)
    assert message.error().code() == KafkaError._AUTO_OFFSET_RESET, message.error()
    consumer.close()

    admin.delete_topics(["t"])["t"].result(30)
    fails(KafkaError.UNKNOWN_TOPIC_OR_PART, lambda: admin.delete_topics(["t"])["t"].result(30))
    print("understood")


def mock(count):
    """A broker of librdkafka's own, with what mock.rs reads: says where it is, and ends with its standard input."""
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"]:
        if compression == "none":
            owner = Producer({"test.mock.num.brokers": 1, "linger.ms": 20})
            brokers = owner.list_topics(timeout=30).brokers.values()
            broker = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
        producer = Producer({"bootstrap.servers": broker, "compression.type": compression, "linger.ms": 20})
        produce(producer, compression, int(count), 1)
    print(broker, flush=True)
    sys.stdin.read()


{"round": round_trip, "admin": admin, "mock": mock}[sys.argv[1]](*sys.argv[2:])
