/** The connection pool. Timestamps come back as RFC 3339 strings and bigints as safe integers, never as floats. */
import pg from 'pg';

const INT8 = 20;
const TIMESTAMPTZ = 1184;

/** `bigint` as a number; throws when it would not be exact. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`the database returned ${text}, which is not a safe integer`);
  return value;
}

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    if (oid === INT8) return parseInt8;
    if (oid === TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

export interface PoolOptions {
  readonly url: string;
  /** Connections at most. */
  readonly size: number;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** False: commits do not wait for the disk, and a server that loses power loses the last ones. Default true. */
  readonly durable?: boolean;
  /** Idle connections break now and then (a restart of the server); the pool replaces them. */
  readonly onError: (error: Error) => void;
}

/** What `pg` is told about a pool. */
export function poolConfig({ url, size, name, durable = true }: Omit<PoolOptions, 'onError'>): pg.PoolConfig {
  return {
    connectionString: url,
    max: size,
    application_name: name,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 10_000,
    types,
    ...(durable ? {} : { options: '-c synchronous_commit=off' }),
  };
}

export function createPool({ onError, ...options }: PoolOptions): pg.Pool {
  const pool = new pg.Pool(poolConfig(options));
  pool.on('error', onError);
  return pool;
}
