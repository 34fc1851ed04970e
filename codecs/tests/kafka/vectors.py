"""Prints `vectors.rs`: batches as kafka-python writes them, an implementation that shares no code with this one.

    pip install kafka-python lz4 python-snappy zstandard
    python vectors.py > vectors.rs
"""

from kafka.record.default_records import DefaultRecordBatchBuilder

RECORDS = [
    (0, 1_700_000_000_000, None, b"", []),
    (1, 1_700_000_000_005, b"key", b"value" * 20, [("trace", b"\x00\x01"), ("none", None), ("", b"")]),
    (2, 1_699_999_999_997, b"", None, []),
    (3, 1_700_000_100_000, "schlüssel".encode(), b"x" * 200, []),
]


def escaped(data):
    letters = {0x22: '\\"', 0x5C: "\\\\"}
    return "".join(letters.get(b, chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in data)


def batch(compression, transactional, producer, epoch, sequence, records):
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=compression,
        is_transactional=transactional,
        producer_id=producer,
        producer_epoch=epoch,
        base_sequence=sequence,
        batch_size=1 << 20,
    )
    for offset, timestamp, key, value, headers in records:
        assert builder.append(offset, timestamp, key, value, headers)
    return bytes(builder.build())


print("// By `vectors.py`, with kafka-python.\n")
for number, name in enumerate(["NONE", "GZIP", "SNAPPY", "LZ4", "ZSTD"]):
    data = batch(number, True, 4242, 7, 100, RECORDS)
    # Compressors leave what does not become shorter as it is; these do become shorter.
    assert data[22] & 7 == number, name
    print(f'pub(crate) const {name}: &[u8] = b"{escaped(data)}";\n')
print(f'pub(crate) const PLAIN: &[u8] = b"{escaped(batch(0, False, -1, -1, -1, [(0, 1, None, b"v", [])]))}";')
