"""A real vLLM server with a small model, one for all tests of a session that need it, whichever process they run in.

    with serving(folder) as address:         # "http://127.0.0.1:41233"; starting one takes half a minute, or more
        OpenAILLM(MODEL, address).complete(prompt)

Rules kept here
- Who uses it holds a shared lock on a file; a keeper, a process apart, stops the server once it gets that lock alone.
  So it goes when the last who needs it has gone, even by kill -9, and nobody has to be the one who started it.
- It listens on this machine only, fetches nothing, reports nothing, and writes into the session's folder.

vLLM lives in an environment of its own, which ``make .venv-vllm/.ready`` makes.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
MODEL = "tiny"
"""As the server calls it, unless it is told another name."""
PATIENCE = 600
"""Seconds that it may take to start; half a minute where nothing else is done."""
CACHE = 256 * 2**20
"""Bytes for keys and values: more than one text as long as the window."""

LOCK, STARTING, ADDRESS, LOG = "in-use", "starting", "address", "server.log"


def absent() -> str | None:
    """Why no server can be had."""
    return None if (ROOT / ".venv-vllm" / ".ready").is_file() else "no vLLM: make .venv-vllm/.ready"


@contextmanager
def serving(folder: Path, model: Path, window: int, name: str = MODEL) -> Iterator[str]:
    """Its address, while it is needed; ``folder`` is where all who share it look."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as used, (folder / STARTING).open("a") as starting:
        fcntl.flock(used, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not (folder / ADDRESS).exists():
            _start(folder, model, window, name)
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield (folder / ADDRESS).read_text()


def _start(folder: Path, model: Path, window: int, name: str) -> None:
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(folder), str(model), str(window), name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "keeper.log").open("w"),
        start_new_session=True,  # Ctrl-C is for the tests to handle
    )
    while not (folder / ADDRESS).exists():
        if keeper.poll() is not None:
            said = [(folder / name).read_text()[-3000:] for name in ("keeper.log", LOG) if (folder / name).exists()]
            raise RuntimeError("vLLM did not start:\n" + "\n".join(said))
        time.sleep(0.1)


def keep(folder: Path, model: str, window: str, name: str) -> None:
    """Start the server, tell where it is, and stop it when nobody needs it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / LOG).open("w") as log, (folder / LOCK).open("a") as used:
        server = subprocess.Popen(
            command(model, window, port, name), env=environment(folder), cwd=folder, stdout=log, stderr=log
        )
        try:
            wait_for(server, f"{address}/health")
            (folder / "told").write_text(address)
            (folder / "told").rename(folder / ADDRESS)
            while not _alone(used) and server.poll() is None:
                time.sleep(0.2)
        finally:
            (folder / ADDRESS).unlink(missing_ok=True)
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def command(model: str, window: int | str, port: int, name: str = MODEL, *, log_requests: bool = False) -> list[str]:
    """What starts a server; with ``log_requests`` it says in its log what it answered."""
    structured = {"backend": "xgrammar", "disable_any_whitespace": True}  # else a model that talks nonsense writes tabs
    settings = {
        "--model": model,
        "--served-model-name": name,
        "--host": "127.0.0.1",
        "--port": port,
        "--max-model-len": window,
        "--max-num-batched-tokens": window,
        "--dtype": "float32",
        "--kv-cache-memory-bytes": CACHE,
        "--structured-outputs-config": json.dumps(structured),
    }
    # Drawing by a seed after a prompt that was read in parts stops vLLM on a processor, which cannot wind dice back.
    flags = [
        "--no-enable-chunked-prefill",
        "--enforce-eager",
        "--enable-prefix-caching",
        *([] if log_requests else ["--disable-uvicorn-access-log"]),
    ]
    server = [str(PYTHON), "-m", "vllm.entrypoints.openai.api_server"]
    return [*server, *(str(each) for pair in settings.items() for each in pair), *flags]


def environment(folder: Path) -> dict[str, str]:
    """Of a server that writes into this folder."""
    kept = os.environ.copy()
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, each start takes twice as long
    return kept | {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CACHE_ROOT": str(folder / "cache"),
    }


def wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    """Until it answers; raises ``SystemExit`` where it ended or took too long."""
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        if server.poll() is not None:
            raise SystemExit(f"vLLM ended with {server.returncode}")
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"vLLM did not start within {PATIENCE} s")


def _alone(used: object) -> bool:
    try:
        fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[call-overload]
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    keep(Path(sys.argv[1]), *sys.argv[2:5])
