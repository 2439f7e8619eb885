"""A stand-in for the process of a job: it does what its arguments say, and ends with its worker."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path


def tell(said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    given = json.loads(sys.stdin.readline())
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
    arguments, out = given["arguments"], Path(given["out"])
    (out / "half").write_text("half")
    tempfile.mkdtemp(prefix="left-behind-")
    if log := arguments.get("log"):
        with Path(log).open("a") as stream:
            stream.write(f"{os.getpid()}\n")
    tell({"progress": ["Asking Dari", 1, 2]})
    time.sleep(arguments.get("sleep", 0))
    if arguments.get("end") == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if arguments.get("end") == "crash":
        tell({"crashed": True})
    elif arguments.get("end") == "refuse":
        said = {"error": {"en": ["Too little.", "Bring more."], "ko": ["적습니다.", "더하세요."]}}
        tell(said)
    else:
        if "run" in arguments:
            (out / "half").rename(out / f"{arguments['run']}.run")
        (out / "test-set").mkdir()
        (out / "test-set" / "dataset.json").write_text("{}")
        tell({"outcome": {"n": 1}})


if __name__ == "__main__":
    main()
