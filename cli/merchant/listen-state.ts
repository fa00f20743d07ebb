/**
 * How far `sarraf listen` has come, kept in a file. Events appear in the order of their ids almost always, but not quite: one that was
 * committed by another process may appear a moment later with an earlier id. So what was seen in the last minute is remembered one by
 * one, and read again; the cursor is what lies before.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Client, Event } from '../../client/src/index.ts';

const SETTLED_AFTER_MS = 60_000;
const START_PAGE = 100;

export interface ListenState {
  /** Signs what is forwarded, the same after each start. */
  readonly secret: string;
  /** All up to this one are settled; null: there were so few that none has to be left out. */
  readonly cursor: string | null;
  /** Seen after the cursor, in the order of their ids. */
  readonly seen: readonly { readonly id: string; readonly at: string }[];
}

/** The state of an earlier run; else one in which everything that is there has been seen. */
export async function openState(path: string, client: Client): Promise<ListenState> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ListenState;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const { data, has_more } = await client.events.list({ limit: START_PAGE }).page();
  const seen = data.map(({ id, created_at: at }) => ({ id, at })).reverse();
  const state: ListenState = { secret: `whsec_${randomBytes(24).toString('base64')}`, cursor: null, seen };
  return has_more ? { ...state, cursor: seen[0]?.id ?? null, seen: seen.slice(1) } : state;
}

/** Whole or not at all; readable by the owner only, because of the secret. */
export async function saveState(path: string, state: ListenState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
  await rename(draft, path);
}

/** What has not been seen yet, the oldest first. */
export async function unseen(
  client: Client,
  { cursor, seen }: ListenState,
  signal: AbortSignal,
): Promise<Event[]> {
  const known = new Set(seen.map(({ id }) => id));
  const query = cursor === null ? {} : { ending_before: cursor };
  const found = await client.events.list(query, { signal }).toArray();
  const inOrder = cursor === null ? found.reverse() : found;
  return inOrder.filter(({ id }) => !known.has(id));
}

/** The state after `event` was seen. */
export function withSeen(state: ListenState, { id, created_at: at }: Event): ListenState {
  const seen = [...state.seen, { id, at }].sort((a, b) => (a.id < b.id ? -1 : 1));
  const newest = Math.max(...seen.map((each) => Date.parse(each.at)));
  const recent = seen.findIndex((each) => Date.parse(each.at) > newest - SETTLED_AFTER_MS);
  return { ...state, cursor: seen[recent - 1]?.id ?? state.cursor, seen: seen.slice(recent) };
}
