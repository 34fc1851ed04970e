"""Run by redis_clients.rs: a Python client against the server at port argv[1], speaking RESP argv[2]."""

import sys

import redis

port, version = map(int, sys.argv[1:])
r = redis.Redis(port=port, protocol=version)
r.flushall()
assert r.ping()
assert r.set("k", b"\x00\r\n\xff") and r.get("k") == b"\x00\r\n\xff"
assert r.get("none") is None
assert r.set("k", "v", nx=True) is None and r.set("k", "v", ex=100) and r.ttl("k") == 100
assert r.incr("n") == 1 and r.decr("n") == 0 and r.append("n", "1") == 2
assert r.mset({"x": 1, "y": 2}) and r.mget("x", "none", "y") == [b"1", None, b"2"]
assert r.lpush("l", "b", "a") == 2 and r.rpush("l", "c") == 3 and r.lrange("l", 0, -1) == [b"a", b"b", b"c"]
assert r.hset("h", mapping={"f": "v", "g": "w"}) == 2 and r.hget("h", "g") == b"w"
assert r.sadd("s", "a", "b", "a") == 2
assert r.exists("x", "y", "none") == 2 and r.delete("x", "none") == 1
assert r.config_get("save") == {"save": ""}
assert r.info()["redis_mode"] == "standalone"
large = bytes(range(256)) * 8192
assert r.set("large", large) and r.get("large") == large
try:
    r.get("l")
    raise AssertionError("a list is no string")
except redis.ResponseError as error:
    assert str(error).startswith("WRONGTYPE"), error

pipeline = r.pipeline(transaction=False)
for i in range(10_000):
    pipeline.set(f"key:{i}", i).get(f"key:{i}")
answers = pipeline.execute()
assert answers == [answer for i in range(10_000) for answer in (True, str(i).encode())]

listener = r.pubsub()
listener.subscribe("news", "other")


def heard():
    message = listener.get_message(timeout=30)
    return message["type"], message["channel"], message["data"]


assert heard() == ("subscribe", b"news", 1) and heard() == ("subscribe", b"other", 2)
assert r.publish("news", "hello") == 1 and r.publish("nobody", "hello") == 0
assert heard() == ("message", b"news", b"hello")
assert r.publish("other", large) == 1 and heard() == ("message", b"other", large)
listener.unsubscribe("news")
assert heard() == ("unsubscribe", b"news", 1) and r.publish("news", "hello") == 0
listener.close()
