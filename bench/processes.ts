/** CPU time and memory of processes and their children, from /proc (Linux) — elsewhere nothing is reported. */
import { readdir, readFile } from 'node:fs/promises';

export interface Usage {
  /** User and system time since the process started, milliseconds, children included. */
  readonly cpu_ms: number;
  /** Resident memory, bytes, children included. */
  readonly rss: number;
}

/** Linux counts in hundredths of a second on every platform that Node supports. */
const TICK_MS = 10;
const PAGE = 4096;

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly usage: Usage;
}

/** Usage of each named process tree; null where it cannot be known. */
export async function usageOf(
  pids: Readonly<Record<string, number | null>>,
): Promise<Record<string, Usage | null>> {
  const rows = await allProcesses();
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      pid === null || rows.length === 0 ? null : treeUsage(rows, pid),
    ]),
  );
}

function treeUsage(rows: readonly Row[], root: number): Usage {
  const tree = new Set([root]);
  let grown = true;
  while (grown) {
    const children = rows.filter(({ pid, parent }) => tree.has(parent) && !tree.has(pid));
    children.forEach(({ pid }) => tree.add(pid));
    grown = children.length > 0;
  }
  const members = rows.filter(({ pid }) => tree.has(pid));
  return {
    cpu_ms: members.reduce((sum, { usage }) => sum + usage.cpu_ms, 0),
    rss: members.reduce((sum, { usage }) => sum + usage.rss, 0),
  };
}

async function allProcesses(): Promise<Row[]> {
  const names = await readdir('/proc').catch(() => []);
  const rows = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return rows.filter((row) => row !== null);
}

/** One line of `/proc/<pid>/stat`; the command in parentheses may contain anything, so fields count from behind it. */
async function readProcess(pid: string): Promise<Row | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const fields = line
    ?.slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  if (!fields) return null;
  const at = (index: number): number => fields[index] ?? 0;
  // Own user and system time, and that of children that have ended and been waited for.
  const ticks = at(11) + at(12) + at(13) + at(14);
  return { pid: Number(pid), parent: at(1), usage: { cpu_ms: ticks * TICK_MS, rss: at(21) * PAGE } };
}
