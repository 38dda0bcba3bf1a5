"""The load generator, in a process of its own: it sends a plan over keep-alive connections, as fast as the answers come
or at a rate, and says what came back.

Instants are of the system-wide clocks, so that other processes can compare theirs.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

HOST = "127.0.0.1"


@dataclass
class Plan:
    """What to send. `rate` 0: as fast as the answers come; `follow` is an event stream to listen to meanwhile."""

    port: int
    requests: list[dict[str, Any]]
    cookie: str
    connections: int = 8
    rate: float = 0.0
    follow: str = ""
    follow_cookie: str = ""


@dataclass
class Sent:
    """What came back: when it began and ended (`time.monotonic`), answers by status, and with `follow` when each event
    arrived (`time.time`)."""

    began: float = 0.0
    ended: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)


def encode(request: dict[str, Any], cookie: str) -> bytes:
    """One HTTP/1.1 POST of a JSON body."""
    body = json.dumps(request["body"]).encode()
    lines = [
        f"POST {request['path']} HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json",
        f"Cookie: relais_session={cookie}", f"Content-Length: {len(body)}",
    ]  # fmt: skip
    if "key" in request:
        lines.append(f"Idempotency-Key: {request['key']}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """Send, and read the whole answer: status and body."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(head[9:12]), await reader.readexactly(length)


async def send(plan: Plan) -> Sent:
    """Carry the plan out."""
    sent, counted = Sent(), Counter[str]()
    todo = [encode(one, plan.cookie) for one in plan.requests]
    todo.reverse()
    listener = asyncio.create_task(_follow(plan, sent)) if plan.follow else None

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, plan.port)
        while todo:
            if plan.rate:
                due = sent.began + (len(plan.requests) - len(todo)) / plan.rate
                request = todo.pop()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            else:
                request = todo.pop()
            status, body = await exchange(reader, writer, request)
            counted[str(status)] += 1
            sent.refs.extend([json.loads(body)["ref"]] if status < 300 else [])
        writer.close()

    sent.began = time.monotonic() + (0.5 if listener else 0.0)
    await asyncio.gather(*(connection(number) for number in range(plan.connections)))
    sent.ended, sent.answers = time.monotonic(), dict(counted)
    if listener is not None:
        await asyncio.sleep(2.0)  # what is under way still arrives
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    return sent


async def _follow(plan: Plan, sent: Sent) -> None:
    reader, writer = await asyncio.open_connection(HOST, plan.port)
    head = f"GET {plan.follow} HTTP/1.1\r\nHost: {HOST}\r\nCookie: relais_session={plan.follow_cookie}\r\n\r\n"
    writer.write(head.encode())
    try:
        async for line in reader:
            if line.startswith(b"event: moved"):
                sent.moved.append(time.time())
    finally:
        writer.close()


async def in_own_process(plan: Plan) -> Sent:
    """Carry the plan out in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.bench", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        said, _ = await process.communicate(json.dumps(asdict(plan)).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError("the load generator failed")
    return Sent(**json.loads(said))
