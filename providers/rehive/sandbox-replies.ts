/** The shapes of the Rehive simulator's answers: errors, pages of a list, and what is wrong with a field. */
import type { Reply, SimulatorRequest } from '../../sandbox/http-server.ts';
import { InvalidField } from './sandbox-requests.ts';

/** Pages of 15 unless asked for more, 250 at most. */
export function paginated(request: SimulatorRequest, origin: string, rows: readonly unknown[]): unknown {
  const asked = (name: string, otherwise: number): number => {
    const value = request.query.get(name) ?? '';
    return /^[1-9]\d{0,5}$/.test(value) ? Number(value) : otherwise;
  };
  const size = Math.min(asked('page_size', 15), 250);
  const page = asked('page', 1);
  const link = (to: number): string => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(to));
    return `${origin}${request.path}?${query.toString()}`;
  };
  return {
    count: rows.length,
    next: page * size < rows.length ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
    results: rows.slice((page - 1) * size, page * size),
  };
}

export function withFieldErrors(handle: () => Reply): Reply {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    return errorReply(400, error.message, { [error.field]: [error.message] });
  }
}

export function errorReply(status: number, message: string, data?: unknown): Reply {
  return reply(status, { status: 'error', message, ...(data === undefined ? {} : { data }) });
}

export function reply(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}
