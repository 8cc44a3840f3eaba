"""Crashes of a soak: a process of the stack is killed, and its supervisor starts it again."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

VICTIMS = ("worker", "consumer")
"""What is killed: the one process of all workers, or of all consumers."""


def find(data: Path, name: str) -> "psutil.Process | None":
    """Return the process of this name of the stack that keeps its data here, if it runs."""
    import psutil  # part of the embedded stack alone

    for process in psutil.process_iter():
        try:
            command, folder = process.cmdline(), process.environ().get("ORDERS_DATA_DIR")
        except psutil.Error:  # somebody else's, or gone meanwhile
            continue
        if command[-2:] == [name, "all"] and folder and _same(Path(folder), data):
            return process
    return None


async def keep_killing(data: Path, every_s: float, dice: random.Random, died: Counter[str]) -> None:
    """Kill a process with SIGKILL now and then, until cancelled; count them in `died`."""
    while True:
        await asyncio.sleep(every_s * dice.uniform(0.7, 1.3))
        name = dice.choice(VICTIMS)
        victim = await asyncio.to_thread(find, data, name)
        if victim is not None:
            victim.kill()
            died[name] += 1


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
