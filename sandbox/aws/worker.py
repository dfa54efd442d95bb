"""Runs inside a Lambda worker: starts ministack's runtime loop and ends with the process that started it."""

import os
import runpy
import sys
import threading
import time


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    runpy.run_path(sys.argv[1], run_name="__main__")
