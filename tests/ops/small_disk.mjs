// File systems that a test can fill.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A small file system of its own, or why there is none. */
export function mount(megabytes) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sigap-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    return { why: `a small file system can't be mounted here: ${String(error.stderr ?? error.message).trim()}` };
  }
  return {
    folder,
    unmount() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Takes all space but `left` bytes; returns the file that holds it. */
export function fill(folder, left) {
  const file = path.join(folder, 'filler');
  const fd = openSync(file, 'a');
  for (let info = statfsSync(folder); info.bavail * info.bsize > left + 4096; info = statfsSync(folder)) {
    try {
      writeSync(fd, Buffer.alloc(info.bavail * info.bsize > left + 2 ** 20 ? 2 ** 19 : 4096, 1));
    } catch {
      break;
    }
  }
  closeSync(fd);
  return file;
}
