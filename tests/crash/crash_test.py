#!/usr/bin/python3
"""Kills a writing process in mid-load, again and again, and looks for every row that it had acknowledged.

    crash_test.py PROGRAM        (crash_writer)
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading

RUNS = 6


def write_and_kill(program, path, run):
    """Returns the keys the process had acknowledged when it was killed."""
    writer = subprocess.Popen([program, "write", path, run], stdout=subprocess.PIPE)
    acknowledged = []

    def read():
        for line in writer.stdout:
            if line.endswith(b"\n"):
                acknowledged.append(line.rstrip(b"\n").decode())

    reader = threading.Thread(target=read)
    reader.start()
    first = threading.Event()
    while not acknowledged and writer.poll() is None:
        first.wait(0.005)
    first.wait(random.uniform(0.05, 0.6))
    if writer.poll() is not None:
        raise SystemExit(f"the writing process ended by itself with {writer.returncode}")
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    reader.join()
    return acknowledged


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="sigap-crash-") as folder:
        path = os.path.join(folder, "crash.db")
        acknowledged = []
        for run in range(RUNS):
            keys = write_and_kill(program, path, f"run{run}")
            acknowledged += keys
            answer = subprocess.run([program, "read", path], stdout=subprocess.PIPE, check=True, text=True)
            stored = answer.stdout.splitlines()
            if stored.pop() != "without pair 0":
                raise SystemExit("a command was kept by half")
            if len(stored) != len(set(stored)):
                raise SystemExit("a row is there twice")
            lost = set(acknowledged) - set(stored)
            if lost:
                raise SystemExit(f"{len(lost)} acknowledged rows are lost, the first is {min(lost)}")
            print(f"killed after {len(keys)} acknowledged rows: all {len(acknowledged)} of {run + 1} runs are there, {len(stored)} stored")


if __name__ == "__main__":
    main()
